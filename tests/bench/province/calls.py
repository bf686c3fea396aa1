"""What one call of each kind costs, over a database of one size: the kinds apart, one after the other.

Four phones at a time ask without a pause; afterwards what the server still does in the background is waited for and
counted, so that a record's cost holds the standing that is refreshed after it.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence

import httpx
import msgspec

from tests.bench.province.assumed import PAID_TODAY, Kind
from tests.bench.province.county import repay
from tests.bench.province.engines import Engine, Used
from tests.bench.province.line import Line, Wire
from tests.bench.province.phone import Phone
from tests.support.console_browser import PASSWORD

AT_ONCE = 4
SINGLE, BATCHES, BATCH, PICTURES, PAGES = 200, 40, 10, 80, 60
CALIBRATION_DAY = "2019-12-10"

Job = Callable[[], Awaitable[None]]


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """What calls of a kind used.

    Attributes:
        count: How many calls: for `records` the records, for `photo` the photos.
        sent_bytes: From the phones to the server; `received_bytes` the other way.
    """

    count: int
    used: Used
    sent_bytes: int
    received_bytes: int

    @property
    def ms(self) -> float:
        """Processor milliseconds of a call, of server and database together."""
        return (self.used.server_s + self.used.database_s) * 1000 / self.count


async def costs(engine: Engine, phones: Sequence[Phone]) -> dict[Kind, Cost]:
    """Measure each kind, in an order in which each finds what it needs."""
    found: dict[Kind, Cost] = {}

    async def measured(kind: Kind, jobs: Sequence[Job], wire: Wire, each: int = 1) -> None:
        before = engine.quiet()
        await _all(jobs)
        used = engine.quiet().since(before)
        found[kind] = Cost(
            count=len(jobs) * each,
            used=used,
            sent_bytes=wire.sent_bytes,
            received_bytes=wire.received_bytes,
        )

    def of_phones(
        count: int, wire: Wire, act: Callable[[Phone, Line], Awaitable[None]]
    ) -> list[Job]:
        return [_with_line(engine, phones[i % len(phones)], wire, act) for i in range(count)]

    wire = Wire()
    await measured("first list", of_phones(len(phones), wire, Phone.pull), wire)
    wire = Wire()
    await measured("nothing new", of_phones(max(SINGLE, len(phones)), wire, Phone.pull), wire)
    wire = Wire()
    await measured("record", of_phones(SINGLE, wire, _one_record), wire)
    wire = Wire()
    await measured("records", of_phones(BATCHES, wire, _ten_records), wire, BATCH)
    wire = Wire()
    await measured("photo", of_phones(PICTURES, wire, Phone.upload_named), wire)
    await _all(of_phones(len(phones), Wire(), Phone.pull))
    repay(engine.settings, CALIBRATION_DAY, PAID_TODAY)
    wire = Wire()
    await measured("changes", of_phones(len(phones), wire, Phone.pull), wire)
    async with office(engine) as http:
        page = await _page(http)
        await page()  # the first page loads all of them
        wire = Wire()
        await measured("page", [page] * PAGES, wire)
    return found


def office(engine: Engine) -> httpx.AsyncClient:
    """A browser of the centre, not signed in yet."""
    return httpx.AsyncClient(base_url=engine.settings.public_url, trust_env=False, timeout=120)


async def _page(http: httpx.AsyncClient) -> Job:
    """Sign in, and return what opens the page of the first school."""
    await sign_in(http)
    code = await first_school(http)

    async def opened() -> None:
        (await http.get(f"/schools/{code}")).raise_for_status()

    return opened


async def sign_in(http: httpx.AsyncClient) -> None:
    """Sign in as the centre's admin, by the form as it stands on the page."""
    form = (await http.get("/sign-in")).raise_for_status().text
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))
    answer = await http.post("/sign-in", data={**fields, "name": "admin", "password": PASSWORD})
    if answer.status_code != 303:
        raise ValueError(f"sign-in: {answer.status_code}")


async def first_school(http: httpx.AsyncClient) -> str:
    """The code of a school that the county's page names."""
    page = (await http.get("/schools")).raise_for_status().text
    found = re.search(r'href="/schools/(\d+)"', page)
    if found is None:
        raise ValueError("no school on the page of schools")
    return found[1]


def _with_line(
    engine: Engine, phone: Phone, wire: Wire, act: Callable[[Phone, Line], Awaitable[None]]
) -> Job:
    async def job() -> None:
        async with phone.turn, Line(engine.port, wire, phone.token) as line:
            await act(phone, line)

    return job


async def _one_record(phone: Phone, line: Line) -> None:
    await phone.send(line, 1)


async def _ten_records(phone: Phone, line: Line) -> None:
    await phone.send(line, BATCH)


async def _all(jobs: Sequence[Job]) -> None:
    """Do them all, so many at once."""
    left = iter(jobs)

    async def some() -> None:
        for job in left:
            await job()

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(some())
