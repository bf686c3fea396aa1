"""A bulletin is issued, and what a kill may leave of it."""

from __future__ import annotations

from pathlib import Path

from shared.digest import sha256_hex
from sync_server.office import bulletins, summary_files
from sync_server.services import Services
from sync_server.store import summaries, work_claims
from sync_server.store.bulletins import UNIT, Bulletin
from tests.faults.office_county import acts
from tests.support.county import SEASON
from tests.support.crash import Job, open_services, reopened

REQUEST = "the form"


def issuing(folder: Path) -> Job:
    services = open_services(folder / "server")
    return lambda: bulletins.issue(services, who="t", request=REQUEST)


def issued_once_or_not(folder: Path) -> str:
    """A number stands with whole files or not at all, and the same form never makes a second one."""
    with reopened(folder / "server") as services:
        made = bulletins.listed(services)
        assert acts(services, "bulletin.issue") == len(made) <= 1
        _files_agree(services)
        again = bulletins.issue(services, who="t", request=REQUEST)
        assert again.number == 1
        assert [one.id for one in bulletins.listed(services)] == [again.id]
        _files_agree(services)
    return "issued" if made else "as before"


def _files_agree(services: Services) -> None:
    rows = services.database.read(lambda c: summaries.listed(c, SEASON, UNIT))
    found = {one.id: one for one in bulletins.listed(services)}
    assert {row.id for row in rows} == set(found)
    folders = {summary_files.folder_of(services, row) for row in rows}
    for row in rows:
        _whole(services, row.data, found[row.id])
        folder = summary_files.folder_of(services, row)
        assert (folder / "summary.json").read_bytes() == row.data
        assert (folder / "printed.pdf").read_bytes().rstrip().endswith(b"%%EOF")
    assert set((services.settings.data_dir / "summaries").glob("TB-*/*")) == folders
    assert services.database.read(work_claims.every) == {}


def _whole(services: Services, data: bytes, one: Bulletin) -> None:
    assert sha256_hex(data) == one.sha256
