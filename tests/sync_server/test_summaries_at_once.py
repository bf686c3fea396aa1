"""A button pressed by two threads of the server and a process beside it at once: one result, the same for all.

One summary goes through its steps, each step pressed three times in one moment.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from shared.digest import sha256_hex
from sync_server.office import (
    certs,
    county_reports,
    summaries,
    summary_files,
    summary_scans,
    summary_verdicts,
)
from sync_server.services import Services
from sync_server.store import audit
from sync_server.store import summaries as stored
from sync_server.store.scope import WHOLE_COUNTY
from sync_server.store.summaries import SummaryRow
from tests.support import summaries as step
from tests.support.at_once import at_once
from tests.support.crash import reopened

WHO = step.WHO
LATE = "改于封存时"


class Story:
    """The results of each step, and the data folder after the last."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.results: dict[str, list[Any]] = {}

    def press(self, name: str, verb: Any) -> None:
        self.results[name] = at_once(self.services, verb)

    @property
    def row(self) -> SummaryRow:
        (row,) = summaries.listed(self.services, "01")
        return row

    def made_in_folder(self, prefix: str) -> set[str]:
        """The names of the folders in the version's whose names begin so."""
        found = self.services.file_store.below(self.row.folder)
        names = {one.key.removeprefix(f"{self.row.folder}/").split("/")[0] for one in found}
        return {name for name in names if name.startswith(prefix)}

    def noted(self, action: str) -> int:
        return Counter(n.action for n in self.services.database.read(audit.listed))[action]


def _compose(services: Services) -> SummaryRow:
    return summaries.compose(services, "01", who=WHO)


def _print(services: Services, summary_id: str) -> Path:
    return summaries.to_print(services, summary_id, who=WHO)


def _scan(services: Services, summary_id: str, files: step.Scan) -> bool:
    return summary_scans.add(services, summary_id, files, who=WHO).complete


def _seal(services: Services, summary_id: str) -> SummaryRow:
    return summaries.seal(services, summary_id, who=WHO)


def _submit(services: Services, summary_id: str) -> SummaryRow:
    return summary_verdicts.submit(services, summary_id, who=WHO)


def _accept(services: Services, summary_id: str) -> SummaryRow:
    return summary_verdicts.record_verdict(services, summary_id, "accepted", "", who=WHO)


def _roll_up(services: Services) -> SummaryRow:
    return county_reports.roll_up(services, partial=True, who=WHO)


def _first_certificates(services: Services) -> dict[str, str]:
    certs.ensure(services, "02")
    keys = certs.folder(services)
    return {path.name: sha256_hex(path.read_bytes()) for path in sorted(keys.glob("*.*"))}


def _change_while_sealing(services: Services, summary_id: str) -> None:
    """Change the row as soon as somebody seals it."""
    folder, until = services.settings.path("summaries"), time.monotonic() + 60
    while not any(folder.glob("*/work-*/seal")) and time.monotonic() < until:
        time.sleep(0.01)
    services.database.write(
        lambda c: stored.change(c, summary_id, state="stamped", expected="stamped", comment=LATE)
    )


@pytest.fixture(scope="module")
def story(blank: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    data = tmp_path_factory.mktemp("story") / "server"
    shutil.copytree(blank, data)
    with reopened(data) as services:
        step.all_repaid(services)
        made = Story(services)
        made.press("certificates", _first_certificates)
        made.press("compose", _compose)
        made.press("print", partial(_print, summary_id=made.row.id))
        pages = step.scan_of(summary_files.folder_of(services, made.row) / "printed.pdf")
        made.press("scan", partial(_scan, summary_id=made.row.id, files=pages))
        changing = threading.Thread(target=_change_while_sealing, args=(services, made.row.id))
        changing.start()
        made.press("seal", partial(_seal, summary_id=made.row.id))
        changing.join()
        made.press("submit", partial(_submit, summary_id=made.row.id))
        made.press("accept", partial(_accept, summary_id=made.row.id))
        made.press("roll up", _roll_up)
        yield made


@pytest.mark.parametrize("name", ["compose", "seal", "submit", "accept", "roll up"])
def test_every_press_is_answered_with_the_same_version(story: Story, name: str) -> None:
    first, *others = story.results[name]
    assert isinstance(first, SummaryRow), first
    assert others == [first, first]


@pytest.mark.parametrize("action", ["compose", "print", "seal", "submit", "accepted"])
def test_what_was_pressed_three_times_was_done_once(story: Story, action: str) -> None:
    done = {"compose": 3}.get(action, 1)  # the county's is composed, too, for each recipient
    assert story.noted(f"summary.{action}") == done


def test_the_sealed_file_is_the_one_whose_hash_every_press_got(story: Story) -> None:
    pdf = summaries.files(story.services, story.row.id)["summary.pdf"]
    assert {row.sha256 for row in story.results["seal"]} == {sha256_hex(pdf.read_bytes())}
    assert len(story.made_in_folder("seal-")) == 1
    assert summaries.check_file(story.services, pdf)["ok"]


def test_a_row_that_is_changed_while_its_files_are_sealed_is_sealed_as_it_stands(
    story: Story,
) -> None:
    assert {row.comment for row in story.results["seal"]} == {LATE}


def test_the_pages_to_print_are_the_same_for_every_press(story: Story) -> None:
    assert len(set(story.results["print"])) == 1


def test_three_scans_at_once_are_taken_one_after_the_other(story: Story) -> None:
    assert story.results["scan"] == [True, True, True]
    assert story.made_in_folder("scan") == {story.row.scan}


def test_three_first_seals_of_a_county_make_one_set_of_certificates(story: Story) -> None:
    first, *others = story.results["certificates"]
    assert isinstance(first, dict), first
    assert others == [first, first]
    assert {"root.pem", "root.key", "county.pem", "evidence.pem", "02.pem"} <= set(first)


def test_nothing_is_left_of_the_work(story: Story) -> None:
    data = story.services.settings.data_dir
    assert list((data / "claims").iterdir()) == []
    rows = summaries.listed(story.services, WHOLE_COUNTY)
    assert set((data / "summaries").glob("*/work-*")) == set()
    found = {"/".join(f.key.split("/")[:3]) for f in story.services.file_store.below("summaries")}
    assert found == {row.folder for row in rows}
