"""P3, P10, P14: random steps of phones, office and network; in the end everything made is in the ledger once.

Real phones' cores work over the server's routes, in this process or over a socket to a server that is killed. The model
knows which records teachers made; the rest is what the ledger says. DOORSTEP_STEPS sets how many steps.
"""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx
import pytest
from litestar import Litestar
from sqlalchemy import select

from mobile.bootstrap.native import native_phone
from mobile.usecases import enrol, outbox, records, renew, sync_now
from mobile.usecases.phone import Phone
from shared.digest import sha256_hex
from shared.problems import ProblemError
from shared.records.visit import Visit
from sync_server.office import assignment, phones, placing
from sync_server.services import Services
from sync_server.settings import Settings
from sync_server.store import devices, units
from sync_server.store import tables as t
from tests.faults.conftest import agrees, confirm_all
from tests.support.bad_line import BadLine
from tests.support.copied_phone import Office
from tests.support.county import CLOCK, SEASON, repaid
from tests.support.devices import asgi, case_ids
from tests.support.feed import check_feed
from tests.support.jpegs import jpeg
from tests.support.long_form import Count, amount, counting, dice, rounds
from tests.support.mortal import Mortal, mortal_server, up
from tests.support.one_app import app_over

STEPS = amount("STEPS", short=60, long=10_000)
ROUND = 200
"""Steps of one county."""
OVER_A_SOCKET = 4
"""Of so many rounds one goes over a socket, to a server that is killed."""
PEOPLE = (("01", "甲"), ("01", "乙"), ("01", "丙"), ("02", "丁"))
PHONE_CLOCKS = (CLOCK, CLOCK, "2001-01-01T00:00+08:00", "2047-06-01T00:00+08:00")
SERVER_CLOCKS = (CLOCK, CLOCK, "2019-12-10T07:00+08:00", "2019-12-14T21:00+08:00")
NEEDS_A_CODE = ("device.revoked", "auth.required", "device.not_enrolled")


@dataclass
class Teacher:
    """A teacher's phone, and an earlier state of its folder, if one was kept."""

    unit: str
    name: str
    folder: Path
    line: BadLine
    phone: Phone = field(init=False)
    kept: Path | None = None
    put_back: bool = False

    async def open(self, clock: str) -> None:
        self.phone = await native_phone(self.folder, clock)
        self.phone.transport = self.line


class World:
    """A county, and the model: `made` is in the ledger once in the end, `maybe` may be, nothing else."""

    def __init__(self, settings: Settings, seed: int) -> None:
        self.settings, self.choose = settings, dice("steps", seed)
        self.services = Services.open(settings).in_season()
        self.office = Office(None, self.services, cases=(15, 6))
        self.transport: httpx.AsyncBaseTransport
        self.teachers: list[Teacher] = []
        self.made: set[str] = set()
        self.maybe: set[str] = set()
        self.undone: set[str] = set()
        self.counts: Counter[str] = Counter()

    async def begin(self, folder: Path) -> None:
        """Everybody enrols and gets a share of the cases."""
        for unit, name in PEOPLE:
            line = BadLine(lambda: self.transport, self.choose)
            teacher = Teacher(unit, name, folder / name, line)
            self.teachers.append(teacher)
            await teacher.open(CLOCK)
            await self.enrols(teacher)
        for unit in ("01", "02"):
            assignment.assign_evenly(self.services, unit, who="t")
        for teacher in self.teachers:
            assert (await sync_now.sync_now(teacher.phone)).complete

    async def enrols(self, teacher: Teacher) -> None:
        code = phones.issue(self.services, teacher.unit, teacher.name, who="t").code
        await enrol.enrol(teacher.phone, url=self.office.url, code=code, device_name="")
        confirm_all(self.services, teacher.unit)

    async def restart(self) -> None:
        """The server ends and starts again, by another clock of the season."""
        self.services.close()
        clock = self.choose.choice(SERVER_CLOCKS)
        settings = replace(self.settings, clock_spec=clock)
        self.services = self.office.services = Services.open(settings).in_season()

    # ---- what teachers do ----

    async def record(self, of: Teacher) -> None:
        cases = of.phone.store.cases.all()
        if not cases:
            return
        photos: tuple[str, ...] = ()
        if self.choose.random() < 0.2:
            data = jpeg(self.choose.randbytes(3_000))
            await of.phone.store.photos.add(sha256_hex(data), data, of.phone.now_ms())
            photos = (sha256_hex(data),)
        body = Visit(met="self", outcome="promised", visitors=(of.name, "同行"))
        case = self.choose.choice(cases).case.id
        self.made.add((await records.record(of.phone, case, body, photos)).fact)

    async def correct(self, of: Teacher) -> None:
        here = {state.case.id for state in of.phone.store.cases.all()}
        found = [
            k for k in of.phone.store.facts.all() if k.fact.kind == "visit" and k.fact.case in here
        ]
        if found:
            body = Visit(met="parent", outcome="promised", visitors=(of.name, "同行"))
            fact = self.choose.choice(found).id
            made = await records.correct(of.phone, fact, reason="写错", body=body)
            self.made.add(made.fact)

    async def undo(self, of: Teacher) -> None:
        found = [k.id for k in of.phone.store.facts.unsent()]
        if found and await records.undo(of.phone, last := found[-1]):
            self.made.discard(last)
            self.undone.add(last)

    async def sync(self, of: Teacher) -> None:
        """A sync, and what a teacher does about its answer."""
        report = await sync_now.sync_now(of.phone, background=True)
        self.counts[f"sync {report.problem_code or 'through'}"] += 1
        try:
            if report.problem_code == "device.rewound":
                await renew.renew(of.phone)
            elif report.problem_code in NEEDS_A_CODE:
                await self.enrols(of)
            elif report.problem_code == "device.unconfirmed":
                confirm_all(self.services, of.unit)
        except ProblemError as problem:
            self.counts[f"refused {problem.code}"] += 1

    async def start_again(self, of: Teacher) -> None:
        """The app ends and starts again, by another clock perhaps."""
        of.phone.store.close()
        await of.open(self.choose.choice(PHONE_CLOCKS))

    async def keep(self, of: Teacher) -> None:
        """Somebody makes a backup of the phone."""
        of.kept = of.folder.with_name(f"{of.name}-kept")
        of.phone.store.close()
        shutil.rmtree(of.kept, ignore_errors=True)
        shutil.copytree(of.folder, of.kept)
        await of.open(CLOCK)

    async def put_back(self, of: Teacher) -> None:
        """The phone is put back to its backup: what it had not sent is lost with it."""
        if of.kept is None:
            return
        lost = {k.id for k in of.phone.store.facts.all() if k.state != "sent"}
        of.phone.store.close()
        shutil.rmtree(of.folder)
        shutil.copytree(of.kept, of.folder)
        await of.open(CLOCK)
        lost -= {k.id for k in of.phone.store.facts.all()}
        self.made -= lost
        self.maybe |= lost
        of.put_back = True

    async def line_changes(self, of: Teacher) -> None:
        of.line.up = self.choose.random() < 0.8
        of.line.badness = self.choose.choice((0.0, 0.05, 0.15, 0.3))

    async def late_requests_arrive(self, of: Teacher) -> None:
        await of.line.deliver_late()

    # ---- what the office does ----

    async def revoke(self, of: Teacher) -> None:
        found = self.services.database.read(lambda c: devices.of_unit(c, SEASON, of.unit))
        device = self.choose.choice(found)
        phones.revoke(self.services, device.id, who="t")

    async def case_changes_hands(self, of: Teacher) -> None:
        staff = self.services.database.read(lambda c: units.staff_of(c, SEASON, of.unit))
        cases = case_ids(self.services, of.unit)
        to = self.choose.choice(staff).id
        assignment.assign(self.services, self.choose.sample(cases, 2), to, who="t")

    async def case_moves(self, of: Teacher) -> None:
        cases = case_ids(self.services, of.unit)
        if len(cases) > 4:
            to = "02" if of.unit == "01" else "01"
            one = self.choose.choice(cases)
            placing.move(self.services, [one], to, who="t", reason="搬家", confirmed=True)

    async def repayments(self, of: Teacher) -> None:
        paid = {f"C{self.choose.randrange(15):05d}": 100_00}
        repaid(self.services, "2019-12-12", paid)

    async def server_starts_again(self, of: Teacher) -> None:
        await self.restart()

    # ---- what must hold ----

    def ledger(self) -> list[str]:
        query = select(t.fact.c.id)
        return self.services.database.read(lambda c: list(c.execute(query).scalars()))

    def check_now(self) -> None:
        """Every acknowledged record is stored, and no record is stored twice."""
        found = self.ledger()
        assert len(found) == len(set(found)), "doubled"
        for of in self.teachers:
            sent = {k.id for k in of.phone.store.facts.all() if k.state == "sent"}
            assert sent <= set(found), "an acknowledged record is gone"
        assert set(found) <= self.made | self.maybe, "from nowhere"

    async def check_end(self) -> None:
        """The network recovers; whoever needs a key or a code gets it; everything is there once."""
        for of in self.teachers:
            of.line.up, of.line.badness = True, 0.0
            await of.line.deliver_late()
        for _ in range(8):
            for of in self.teachers:
                await self.sync(of)
            if all([await agrees(of.phone, self.services) for of in self.teachers]):
                break
        for of in self.teachers:
            box = await outbox.outbox(of.phone)
            assert box.all_sent, (of.name, box)
            assert await agrees(of.phone, self.services), of.name
        self.check_now()
        assert self.made <= set(self.ledger()), "lost"
        assert not self.undone & set(self.ledger())
        assert self.office.set_apart() == []
        assert self.office.findings() == []
        for unit in ("01", "02"):
            check_feed(self.services, unit)
        self._check_photos()

    def _check_photos(self) -> None:
        """Every photo that a record names is there, where its phone was never put back."""
        whole = {of.name for of in self.teachers if not of.put_back}
        query = (
            select(t.fact_photo.c.sha256)
            .join_from(t.fact_photo, t.fact, t.fact_photo.c.fact_id == t.fact.c.id)
            .join(t.device, t.device.c.id == t.fact.c.device)
            .join(t.staff, t.staff.c.id == t.device.c.staff)
            .where(t.staff.c.name.in_(whole))
        )
        for sha256 in self.services.database.read(lambda c: list(c.execute(query).scalars())):
            assert sha256_hex(self.services.files.read(sha256)) == sha256


Step = Callable[[World, Teacher], Awaitable[None]]
WEIGHTS: dict[Step, int] = {
    World.record: 30,
    World.sync: 30,
    World.line_changes: 8,
    World.correct: 5,
    World.case_changes_hands: 5,
    World.late_requests_arrive: 4,
    World.start_again: 4,
    World.undo: 3,
    World.case_moves: 3,
    World.keep: 2,
    World.put_back: 2,
    World.server_starts_again: 2,
    World.revoke: 1,
    World.repayments: 1,
}


class InProcess(World):
    """The server's app in this process."""

    def __init__(self, settings: Settings, seed: int, routes: Litestar) -> None:
        super().__init__(settings, seed)
        self._routes = routes
        self._build()

    def _build(self) -> None:
        self.transport = asgi(app_over(self._routes, self.services))

    async def restart(self) -> None:
        await super().restart()
        self._build()


class OverASocket(World):
    """The server as a process of its own, killed by SIGKILL."""

    def __init__(self, settings: Settings, seed: int, server: Mortal) -> None:
        super().__init__(settings, seed)
        self._server = server
        self.office.url = f"http://127.0.0.1:{server.port}"
        self.transport = httpx.AsyncHTTPTransport()

    async def up(self) -> None:
        await asyncio.to_thread(self._server.start)
        async with httpx.AsyncClient(base_url=self.office.url, trust_env=False, timeout=60) as http:
            await up(http)

    async def restart(self) -> None:
        await asyncio.to_thread(self._server.kill)
        await self.transport.aclose()
        self.transport = httpx.AsyncHTTPTransport()
        await self.up()


@asynccontextmanager
async def world_of(settings: Settings, routes: Litestar, number: int) -> AsyncIterator[World]:
    async with AsyncExitStack() as stack:
        world: World
        if number % OVER_A_SOCKET == OVER_A_SOCKET - 1:
            world = OverASocket(settings, number, stack.enter_context(mortal_server(settings)))
            await world.up()
            stack.push_async_callback(lambda: world.transport.aclose())
        else:
            world = InProcess(settings, number, routes)
        stack.callback(lambda: world.services.close())
        stack.callback(lambda: [of.phone.store.close() for of in world.teachers])
        yield world


@pytest.mark.parametrize(("number", "steps"), rounds(STEPS, ROUND))
async def test_whatever_phones_office_and_network_do_every_record_arrives_once(
    app_settings: Settings, routes: Litestar, tmp_path: Path, number: int, steps: int
) -> None:
    with counting("random steps of four phones, office and network") as count:
        async with world_of(app_settings, routes, number) as world:
            await world.begin(tmp_path)
            done: list[str] = []
            try:
                await _walk(world, steps, done)
            except BaseException as error:
                error.add_note(f"round {number}, steps: {' '.join(done)}")
                raise
            _fill_in(count, world, steps)


async def _walk(world: World, steps: int, done: list[str]) -> None:
    choices = world.choose.choices(list(WEIGHTS), list(WEIGHTS.values()), k=steps)
    for step in choices:
        of = world.choose.choice(world.teachers)
        done.append(f"{of.name}:{step.__name__}")
        await step(world, of)
        if len(done) % 20 == 0:
            world.check_now()
    await world.check_end()


def _fill_in(count: Count, world: World, steps: int) -> None:
    count.tried = steps
    named = Counter({"records": len(world.made)}) + world.counts
    for of in world.teachers:
        named += of.line.faults
    count.named = dict(named)
