"""What the office does while machines die: imports a list and seals a summary, on the pages of one server."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import httpx
from sqlalchemy import func, select

from sync_server.office import summaries
from sync_server.services import Services
from sync_server.store import tables as t
from tests.cluster.county import Sealable
from tests.cluster.window import Window

BROKEN = (httpx.TransportError, AssertionError, KeyError)
"""How the office notices that its server died."""
TAKEN = "写入完成"


class Import(NamedTuple):
    """A list that is imported; `size` people whom nobody else brings."""

    file: Path
    number: int
    size: int


async def previewed(window: Window, job: Import) -> str:
    """Upload a list and look at its preview; the address of its page."""
    content = {"file": (job.file.name, job.file.read_bytes(), "text/csv")}
    page = await window.send("/imports", "/imports/preview", files=content, kind="due-list")
    found = re.search(r"/imports/[0-9a-f]{32}", page.url.path)
    assert found, f"no preview: {page.status_code} {window.said[-1:]}"
    return found[0]


async def take(window: Window, place: str) -> bool:
    """Press 写入; whether the page said that it is done."""
    page = await window.send(place, "/imports/apply", token=place.rpartition("/")[2], gone="keep")
    return TAKEN in page.text


async def import_again(url: str, job: Import) -> list[str]:
    """The whole way once more, as somebody who does not know what became of the first; what pages said."""
    window = Window(url)
    try:
        await window.sign_in("admin")
        await take(window, await previewed(window, job))
        return window.said
    finally:
        await window.close()


def imported(services: Services, job: Import) -> tuple[int, int]:
    """How many people and contracts of a list are in the database; whole or nothing."""

    def look(connection: object) -> tuple[int, int]:
        contract = t.contract.c
        mine = contract.contract_no.like(f"L{job.number:03d}%")
        rows = connection.execute(
            select(func.count(), func.count(contract.case_id.distinct())).where(mine)
        ).one()
        return int(rows[1]), int(rows[0])

    return services.database.read(look)


async def seal(window: Window, school: Sealable) -> None:
    """Press 封存 and wait for what the page says."""
    page = f"/schools/{school.unit}/summary"
    await window.send(page, f"{page}/{school.summary}/seal")


async def seal_again(url: str, school: Sealable) -> list[str]:
    """Press it once more from another window; what the pages said."""
    window = Window(url)
    try:
        await window.sign_in("admin")
        await seal(window, school)
        return window.said
    finally:
        with suppress(Exception):
            await window.close()


def state_of(services: Services, school: Sealable) -> str:
    (state,) = [r.state for r in summaries.listed(services, school.unit) if r.id == school.summary]
    return state
