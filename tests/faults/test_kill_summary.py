"""Work on a summary killed at each of its steps: what is left is a named state whose files are whole, and goes on."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from shared.digest import sha256_hex
from sync_server.office import (
    certs,
    summaries,
    summary_files,
    summary_verdicts,
)
from sync_server.services import Services
from sync_server.store import work_claims
from sync_server.store.summaries import SummaryRow
from tests.support import summaries as step
from tests.support.crash import LONG, Job, crash_matrix, open_services, reopened

WHO = step.WHO


@pytest.fixture(scope="module")
def templates(blank: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder at each step of a school's summary, and its stamped pages."""
    root = tmp_path_factory.mktemp("templates")
    data = root / "now" / "server"
    shutil.copytree(blank, data)

    def keep(name: str, job: Callable[[Services], object]) -> None:
        with reopened(data) as services:
            job(services)
        shutil.copytree(data, root / name / "server")
        if (root / "now" / "pages").exists():
            shutil.copytree(root / "now" / "pages", root / name / "pages")

    def printed(services: Services) -> None:
        pages = summaries.to_print(services, _row(services).id, who=WHO)
        (root / "now" / "pages").mkdir()
        for name, picture in step.scan_of(pages):
            (root / "now" / "pages" / name).write_bytes(picture)

    keep("ready", step.all_repaid)
    keep("composed", step.composed)
    keep("printed", printed)
    keep("stamped", lambda s: summaries.add_scan(s, _row(s).id, _scan(root / "now"), who=WHO))
    keep("sealed", lambda s: summaries.seal(s, _row(s).id, who=WHO))
    keep("submitted", lambda s: summary_verdicts.submit(s, _row(s).id, who=WHO))
    return root


def _row(services: Services, unit: str = "01") -> SummaryRow:
    return summaries.listed(services, unit)[0]


def _scan(folder: Path) -> step.Scan:
    return [(path.name, path.read_bytes()) for path in sorted((folder / "pages").iterdir())]


def compose(services: Services, folder: Path) -> object:
    return summaries.compose(services, "01", who=WHO)


def to_print(services: Services, folder: Path) -> object:
    return summaries.to_print(services, _row(services).id, who=WHO)


def scan(services: Services, folder: Path) -> object:
    return summaries.add_scan(services, _row(services).id, _scan(folder), who=WHO)


def seal(services: Services, folder: Path) -> object:
    return summaries.seal(services, _row(services).id, who=WHO)


def submit(services: Services, folder: Path) -> object:
    return summary_verdicts.submit(services, _row(services).id, who=WHO)


def give_back(services: Services, folder: Path) -> object:
    row = _row(services)
    return summary_verdicts.record_verdict(services, row.id, "returned", "少一人", who=WHO)


def discard(services: Services, folder: Path) -> object:
    for row in summaries.listed(services, "01"):
        summary_verdicts.discard(services, row.id, who=WHO)
    return None


def roll_up(services: Services, folder: Path) -> object:
    return summaries.roll_up(services, partial=True, who=WHO)


def first_certificates(services: Services, folder: Path) -> object:
    return certs.ensure(services, "01")


@dataclass(frozen=True)
class Prepared:
    """What the child that is killed does."""

    verb: Callable[[Services, Path], object]

    def __call__(self, folder: Path) -> Job:
        services = open_services(folder / "server")
        return lambda: self.verb(services, folder)


MATRIX = [
    # verb, the state before, the unit, the states found after a kill, kills of the short form
    (compose, "ready", "01", {"none", "composed"}, 3),
    (to_print, "composed", "01", {"composed", "printed"}, 4),
    (scan, "printed", "01", {"printed", "stamped"}, 3),
    (seal, "stamped", "01", {"stamped", "sealed"}, 3),
    (submit, "sealed", "01", {"sealed", "submitted"}, 3),
    (give_back, "submitted", "01", {"submitted", "returned"}, 3),
    (discard, "composed", "01", {"none", "composed"}, 4),
    (discard, "printed", "01", {"printed", "discarded"}, 3),
    (roll_up, "submitted", "", {"none", "composed"}, 3),
    (first_certificates, "stamped", "01", {"stamped"}, 8),
]


@pytest.mark.parametrize(
    ("verb", "before", "unit", "states", "kills"),
    MATRIX,
    ids=[f"{verb.__name__} {before}" for verb, before, *_ in MATRIX],
)
def test_what_a_kill_leaves_is_a_named_state_with_whole_files_and_goes_on(
    templates: Path,
    tmp_path: Path,
    verb: Callable[[Services, Path], object],
    before: str,
    unit: str,
    states: set[str],
    kills: int,
) -> None:
    def check(folder: Path) -> str:
        with reopened(folder / "server") as services:
            found = _state(services, unit)
            _files_agree(services)
            if found != "none" or verb is not discard:
                verb(services, folder)
            _files_agree(services)
            assert _state(services, unit) in states
        return found

    found = crash_matrix(
        f"{verb.__name__} {before}",
        Prepared(verb),
        templates / before,
        tmp_path,
        check,
        sample=kills,
    )
    assert set(found) <= states


def _state(services: Services, unit: str) -> str:
    rows = summaries.listed(services, unit)
    return rows[0].state if rows else "none"


def _files_agree(services: Services) -> None:
    """Every row's files are those it names by hash, and nothing else lies there."""
    data = services.settings.data_dir
    assert services.database.read(work_claims.every) == {}
    assert list((data / "claims").iterdir()) == []
    rows = summaries.listed(services)
    folders = {summary_files.folder_of(services, row): row for row in rows}
    for row in rows:
        _row_agrees(services, row)
    assert set((data / "summaries").glob("*/*")) == set(folders)
    keys = {path.name for path in (data / "keys").iterdir()}
    assert not [name for name in keys if name.endswith((".new", ".unused", ".lock"))]


def _row_agrees(services: Services, row: SummaryRow) -> None:
    folder = summary_files.folder_of(services, row)
    assert sha256_hex((folder / "summary.json").read_bytes()) == row.data_hash
    served = summaries.files(services, row.id)
    assert served["printed.pdf"].read_bytes().startswith(b"%PDF")
    inside = {path for path in folder.iterdir() if path.is_dir()}
    expected = {summary_files.scan_of(folder, row)} if row.scan else set()
    if row.sha256:
        assert sha256_hex(served["summary.pdf"].read_bytes()) == row.sha256
        if LONG:
            assert summaries.check_file(services, served["summary.pdf"])["ok"]
        expected.add(served["summary.pdf"].parent)
    else:
        assert set(served) == {"printed.pdf"}
    assert inside == expected
