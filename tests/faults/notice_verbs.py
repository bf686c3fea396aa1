"""A batch of notices is printed, and what a kill may leave of it."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import RowMapping

from sync_server.office import notices
from sync_server.services import Services
from sync_server.store import cases, notice_prints
from sync_server.store.notice_prints import Batch
from tests.faults.office_county import acts
from tests.support.county import SEASON
from tests.support.crash import Job, open_services, reopened

UNIT = "01"


def printing(folder: Path) -> Job:
    services = open_services(folder / "server")
    return lambda: notices.print_notices(services, UNIT, who="t")


def printed_with_its_file_or_not(folder: Path) -> str:
    """Nobody counts as printed without a whole PDF, and nothing of a batch that came to nothing is seen."""
    with reopened(folder / "server") as services:
        made = _batches(services)
        assert acts(services, "notices.print") == len(made) <= 1
        marked = [row for row in _rows(services) if row["notice_printed_at"]]
        assert len(marked) == (len(_rows(services)) if made else 0)
        for batch in made:
            assert _whole(services, batch)
        again = notices.print_notices(services, UNIT, who="t")
        assert _whole(services, again)
        numbers = services.database.read(lambda c: notice_prints.people_of(c, again.id))
        assert {n for _, n in numbers} == {len(made) + 1}
    return "printed" if made else "as before"


def _batches(services: Services) -> list[Batch]:
    return services.database.read(lambda c: notice_prints.batches(c, SEASON, UNIT))


def _rows(services: Services) -> list[RowMapping]:
    return services.database.read(lambda c: cases.rows(c, SEASON, unit=UNIT))


def _whole(services: Services, batch: Batch) -> bool:
    _, pdf = notices.fetch(services, UNIT, batch.id, who="t")
    return pdf.startswith(b"%PDF-") and pdf.rstrip().endswith(b"%%EOF")
