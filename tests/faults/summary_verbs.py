"""The verbs about a summary that are killed and meet full disks: VERBS lists them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path

from shared.digest import sha256_hex
from shared.season import china_day
from sync_server.office import (
    certs,
    county_reports,
    original_papers,
    receipts,
    summaries,
    summary_files,
    summary_scans,
    summary_verdicts,
)
from sync_server.services import Services
from sync_server.store import audit, work_claims
from sync_server.store.scope import WHOLE_COUNTY
from sync_server.store.summaries import SummaryRow
from tests.faults.bundle_verbs import packed_whole_or_not, packing_bundle, seal_county
from tests.faults.certificate_verbs import (
    renewed_or_made_again,
    renewing,
    withdrawing,
    withdrawn_once_or_not,
)
from tests.support import summaries as step
from tests.support.crash import Job, Verb, open_services, reopened
from tests.support.foreign_seals import sealed_pdf
from tests.support.long_form import LONG

WHO = step.WHO


def templates(root: Path, blank: Path) -> None:
    """Make a data folder at each step of a school's summary, with its stamped pages."""
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
    keep("stamped elsewhere", lambda s: sealed_elsewhere(s, root / "now"))
    keep("stamped", lambda s: summary_scans.add(s, _row(s).id, _scan(root / "now"), who=WHO))
    keep("sealed", lambda s: summaries.seal(s, _row(s).id, who=WHO))
    keep("submitted", lambda s: summary_verdicts.submit(s, _row(s).id, who=WHO))
    keep("reported", lambda s: seal_county(s, root / "now"))


def _row(services: Services, unit: str = "01") -> SummaryRow:
    return summaries.listed(services, unit)[0]


def _scan(folder: Path) -> step.Scan:
    return [(path.name, path.read_bytes()) for path in sorted((folder / "pages").iterdir())]


def compose(services: Services, folder: Path) -> object:
    return summaries.compose(services, "01", who=WHO)


def to_print(services: Services, folder: Path) -> object:
    return summaries.to_print(services, _row(services).id, who=WHO)


def scan(services: Services, folder: Path) -> object:
    return summary_scans.add(services, _row(services).id, _scan(folder), who=WHO)


def sealed_elsewhere(services: Services, folder: Path) -> object:
    row = _row(services)
    pages = summary_files.folder_of(services, row) / "printed.pdf"
    files = [("章.pdf", sealed_pdf(pages.read_bytes()))]
    return summary_scans.add_elsewhere(services, row.id, files, seen=True, who=WHO)


def seal(services: Services, folder: Path) -> object:
    return summaries.seal(services, _row(services).id, who=WHO)


def submit(services: Services, folder: Path) -> object:
    return summary_verdicts.submit(services, _row(services).id, who=WHO)


def give_back(services: Services, folder: Path) -> object:
    row = _row(services)
    return summary_verdicts.record_verdict(services, row.id, "returned", "少一人", who=WHO)


def accept(services: Services, folder: Path) -> object:
    row = _row(services)
    return summary_verdicts.record_verdict(services, row.id, "accepted", "", who=WHO)


def paper_received(services: Services, folder: Path) -> object:
    row, today = _row(services), china_day(services.settings.now())
    return original_papers.receive(services, row.id, pages=3, day=today, who=WHO)


def discard(services: Services, folder: Path) -> object:
    for row in summaries.listed(services, "01"):
        summary_verdicts.discard(services, row.id, who=WHO)
    return None


def roll_up(services: Services, folder: Path) -> object:
    return county_reports.roll_up(services, partial=True, who=WHO)


def first_certificates(services: Services, folder: Path) -> object:
    return certs.ensure(services, "01")


@dataclass(frozen=True)
class Prepared:
    """What the child that is killed does."""

    verb: Callable[[Services, Path], object]

    def __call__(self, folder: Path) -> Job:
        services = open_services(folder / "server")
        return lambda: self.verb(services, folder)


@dataclass(frozen=True)
class Found:
    """What is looked at after a fault: a named state with whole files, from which the work goes on."""

    verb: Callable[[Services, Path], object]
    unit: str
    states: AbstractSet[str]

    def __call__(self, folder: Path) -> str:
        with reopened(folder / "server") as services:
            found = _state(services, self.unit)
            _files_agree(services)
            if found != "none" or self.verb is not discard:
                self.verb(services, folder)
            _files_agree(services)
            assert _state(services, self.unit) in self.states
        return found


def _of(
    verb: Callable[[Services, Path], object],
    before: str,
    after: str,
    *,
    unit: str = "01",
    begins: str = "",
) -> Verb:
    """A verb that brings a summary from one state to the next; it begins with the folder of `begins`."""
    states = {before, after}
    name = f"{verb.__name__} {begins or before}".replace("_", " ")
    return Verb(name, Prepared(verb), Found(verb, unit, states), states, begins or before)


VERBS = [
    _of(compose, "none", "composed", begins="ready"),
    _of(to_print, "composed", "printed"),
    _of(scan, "printed", "stamped"),
    _of(sealed_elsewhere, "printed", "stamped"),
    _of(seal, "stamped", "sealed", begins="stamped elsewhere"),
    _of(seal, "stamped", "sealed"),
    _of(submit, "sealed", "submitted"),
    _of(give_back, "submitted", "returned"),
    _of(accept, "submitted", "accepted"),
    _of(paper_received, "sealed", "sealed"),
    _of(discard, "composed", "none"),
    _of(discard, "printed", "discarded"),
    _of(roll_up, "none", "composed", unit="", begins="submitted"),
    _of(first_certificates, "stamped", "stamped"),
    Verb(
        "withdrawal of a certificate",
        withdrawing,
        withdrawn_once_or_not,
        {"as before", "withdrawn"},
        "sealed",
    ),
    Verb(
        "renewal with a new key",
        renewing,
        renewed_or_made_again,
        {"whole", "put away", "renewed"},
        "sealed",
    ),
    Verb("bundle", packing_bundle, packed_whole_or_not, {"as before", "packed"}, "reported"),
]


def _state(services: Services, unit: str) -> str:
    rows = summaries.listed(services, unit)
    return rows[0].state if rows else "none"


def _files_agree(services: Services) -> None:
    """Every row's files are those it names by hash, and nothing else lies there."""
    data = services.settings.data_dir
    assert services.database.read(work_claims.every) == {}
    assert list((data / "claims").iterdir()) == []
    rows = summaries.listed(services, WHOLE_COUNTY)
    folders = {summary_files.folder_of(services, row): row for row in rows}
    for row in rows:
        _row_agrees(services, row)
    assert set((data / "summaries").glob("*/*")) == set(folders)
    keys = {path.name for path in (data / "keys").iterdir()}
    assert not [name for name in keys if name.endswith((".new", ".unused", ".lock"))]


def _row_agrees(services: Services, row: SummaryRow) -> None:
    folder = summary_files.folder_of(services, row)
    receipt = receipts.of_summary(services, row.id)
    assert (receipt is not None) == (row.state == "accepted")
    papers = original_papers.of_versions(services, [row]).received
    notes = services.database.read(lambda c: audit.listed(c, action="summary.original"))
    assert len(papers) == len([note for note in notes if note.ref == row.sha256])
    assert sha256_hex((folder / "summary.json").read_bytes()) == row.data_hash
    served = summaries.files(services, row.id)
    assert served["printed.pdf"].read_bytes().startswith(b"%PDF")
    inside = {path for path in folder.iterdir() if path.is_dir()}
    expected = {summary_files.scan_of(services, row)} if row.scan else set()
    if row.sha256:
        assert sha256_hex(served["summary.pdf"].read_bytes()) == row.sha256
        if LONG:
            assert summaries.check_file(services, served["summary.pdf"])["ok"]
        expected.add(served["summary.pdf"].parent)
    else:
        assert set(served) == {"printed.pdf"}
    assert inside == expected
