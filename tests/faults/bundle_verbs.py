"""A bundle is packed, and what a kill may leave of it."""

from __future__ import annotations

from pathlib import Path

from shared.digest import sha256_hex
from sync_server.office import bundles, county_reports, summaries, summary_verdicts
from sync_server.sample import office_staff
from sync_server.services import Services
from sync_server.store import bundles as store
from tests.faults.office_county import acts
from tests.support.crash import Job, open_services, reopened

WHO = "t"


def seal_county(services: Services, folder: Path) -> None:
    """Accept the school's summary; roll up and seal the report to the province."""
    school = summaries.listed(services, "01")[0]
    summary_verdicts.record_verdict(services, school.id, "accepted", "", who=WHO)
    row = county_reports.roll_up(services, partial=True, who=WHO)
    office_staff.stamp_and_seal(services, row.id, folder / "sealed.pdf", who=WHO)


def packing_bundle(folder: Path) -> Job:
    services = open_services(folder / "server")
    return lambda: bundles.make(services, who=WHO)


def packed_whole_or_not(folder: Path) -> str:
    """A row is there with its whole file, or neither; the repeat gives the same bytes."""
    with reopened(folder / "server") as services:
        rows = services.database.read(store.every)
        assert acts(services, "bundle.make") == len(rows) <= 1
        there = set(services.settings.path(bundles.FOLDER).glob("*/*"))
        assert there == {bundles.path_of(services, row) for row in rows}
        for row in rows:
            assert sha256_hex(bundles.path_of(services, row).read_bytes()) == row.sha256
        again = bundles.make(services, who=WHO)
        assert not rows or again == rows[0]
        assert sha256_hex(bundles.path_of(services, again).read_bytes()) == again.sha256
        assert acts(services, "bundle.make") == 1
        assert not list(services.settings.path("tmp").glob("bundle-*"))
    return "packed" if rows else "as before"
