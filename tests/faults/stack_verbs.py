"""A stack of scanned slips is filed, and what a kill may leave of it."""

from __future__ import annotations

from pathlib import Path

from sync_server.office import slip_stacks
from sync_server.services import Services
from sync_server.store import photos
from sync_server.store import slip_stacks as store
from tests.faults.office_county import acts
from tests.support import slip_stacks as drawn
from tests.support.county import SEASON
from tests.support.crash import Job, open_services, reopened
from tests.support.devices import case_ids

DPI, SCAN = 130, "stack.pdf"


def scan(folder: Path) -> None:
    """Two slips of the school as the scanner sends them."""
    pdf, _ = drawn.notices(2, "01")
    pages = [drawn.cut_off(sheet, DPI) for sheet in drawn.printed(pdf, DPI)]
    (folder / SCAN).write_bytes(drawn.pdf_of(pages, DPI))


def filing(folder: Path) -> Job:
    services = open_services(folder / "server")
    return lambda: _take(services, folder)


def _take(services: Services, folder: Path) -> slip_stacks.Taken:
    return slip_stacks.take(services, "01", [(SCAN, folder / SCAN)], who="t")


def filed_with_pictures_or_not(folder: Path) -> str:
    """All of a stack is filed with its pictures or nothing of it, and the repeat files nothing twice."""
    with reopened(folder / "server") as services:
        before = services.database.read(lambda c: store.stacks(c, SEASON, "01"))
        assert acts(services, "slips.file") == len(before) <= 1
        assert _take(services, folder).again == bool(before)
        (stack,) = services.database.read(lambda c: store.stacks(c, SEASON, "01"))
        pages = services.database.read(lambda c: store.pages(c, [stack.id]))
        assert [p.case_id for p in pages] == case_ids(services, "01")[:2]
        hashes = {p.sha256 for p in pages}
        assert services.database.read(lambda c: photos.stored_of(c, sorted(hashes))) == hashes
        assert all(services.files.read(sha).endswith(b"\xff\xd9") for sha in hashes)
        assert acts(services, "slips.file") == 1
    return "filed" if before else "as before"
