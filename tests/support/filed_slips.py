"""Scans of slips filed under people, without a scanner."""

from __future__ import annotations

from collections.abc import Sequence

from shared.digest import sha256_hex
from sync_server.services import Services
from sync_server.store import photos, slip_stacks
from sync_server.store.database import Connection
from sync_server.store.slip_stacks import Ink, PageRow, StackRow
from tests.support.county import SEASON
from tests.support.devices import new_id
from tests.support.paper import sheet

FILED_AT = "2019-12-09T02:00:00Z"


def file_slips(
    services: Services, case_ids: Sequence[str], *, unit: str = "01", ink: Ink = "signed"
) -> list[str]:
    """File a scan under each person, in this order; their hashes."""
    stack = StackRow(
        id=new_id(),
        season=SEASON,
        unit=unit,
        at=FILED_AT,
        who="one",
        state="filed",
        digest=new_id(),
        files="[]",
        pages=len(case_ids),
    )
    pictures = [sheet(case_id[-8:], (300, 200)) for case_id in case_ids]
    hashes = [services.files.put(picture) for picture in pictures]
    pages = [
        PageRow(
            id=new_id(),
            season=SEASON,
            stack=stack.id,
            number=number,
            part=1,
            place=f"{number}",
            sha256=sha256,
            code="",
            case_id=case_id,
            ink=ink,
            state="filed",
            why="",
            who="",
            at=FILED_AT,
        )
        for number, (case_id, sha256) in enumerate(zip(case_ids, hashes, strict=True), 1)
    ]
    sizes = {sha256_hex(picture): len(picture) for picture in pictures}

    def job(connection: Connection) -> None:
        slip_stacks.add(connection, stack, pages)
        photos.add(connection, "", sizes, stack.at)

    services.database.write(job)
    return hashes
