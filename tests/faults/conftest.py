"""Real phones' cores in this process, reaching a server's app without a socket, or real sockets when it is killed."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx
import pytest
from litestar import Litestar

from mobile.bootstrap.native import native_phone
from mobile.usecases import enrol, outbox, sync_now
from mobile.usecases.phone import Phone
from sync_server.office import assignment, phones
from sync_server.services import Services
from sync_server.store import changes, devices
from tests.faults import office_verbs, summary_verbs
from tests.support.county import CLOCK, SEASON
from tests.support.devices import asgi

NewPhone = Callable[..., Awaitable[Phone]]
URL = "http://server"


class Line(httpx.AsyncBaseTransport):
    """The way to an app: up, down, or losing requests and answers at random (`badness` 0 to 1, seeded)."""

    def __init__(self, app: Litestar, seed: int = 0) -> None:
        self.app, self.up, self.badness = app, True, 0.0
        self._random = random.Random(seed)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if not self.up or self._random.random() < self.badness:
            raise httpx.ConnectError("no line", request=request)
        answer = await asgi(self.app).handle_async_request(request)
        if self._random.random() < self.badness:
            await answer.aclose()
            raise httpx.ReadError("the answer was lost", request=request)
        return answer


def confirm_all(services: Services, unit: str) -> None:
    """The liaison recognises every phone that waits."""
    for device in services.database.read(lambda c: devices.of_unit(c, SEASON, unit)):
        if device.state == devices.PENDING:
            phones.confirm(services, device.id, who="t")


async def join(phone: Phone, services: Services, unit: str, teacher: str) -> None:
    """Enrol by a fresh code; confirmed."""
    issued = phones.issue(services, unit, teacher, who="t")
    await enrol.enrol(phone, url=URL, code=issued.code, device_name="")
    confirm_all(services, unit)


async def agrees(phone: Phone, services: Services) -> bool:
    """Cases and versions as the server has them for this phone, and nothing waiting."""
    enrolment = await phone.store.meta.enrolment()
    assert enrolment is not None
    device = services.database.read(lambda c: devices.by_id(c, enrolment.device))
    scope = services.database.read(lambda c: changes.case_set_proof(c, device))
    same = scope == (phone.store.cases.count(), phone.store.cases.digest())
    return same and (await outbox.outbox(phone)).all_sent


@pytest.fixture
async def new_phone(
    app: Litestar, services: Services, county: list[str], tmp_path: Path
) -> AsyncIterator[NewPhone]:
    """`await new_phone(teacher, unit, clock, seed)`: enrolled, confirmed, synced, with the school's free cases."""
    made: list[Phone] = []

    async def make(
        teacher: str = "甲", unit: str = "01", clock: str = CLOCK, seed: int = 0
    ) -> Phone:
        phone = await native_phone(tmp_path / f"{unit}-{teacher}", clock)
        made.append(phone)
        phone.transport = Line(app, seed)
        await join(phone, services, unit, teacher)
        assignment.assign_evenly(services, unit, who="t")
        assert (await sync_now.sync_now(phone)).complete
        return phone

    yield make
    for phone in made:
        phone.store.close()


@pytest.fixture
def county(services: Services) -> list[str]:
    """Two schools: 24 cases and 6."""
    from tests.support.county import fill

    return services.database.write(lambda c: fill(c, (24, 6)))


@pytest.fixture(scope="session")
def office_folders(tmp_path_factory: pytest.TempPathFactory, blank: Path) -> Path:
    """The folders that the office's verbs begin with; each is copied."""
    office_verbs.templates(folder := tmp_path_factory.mktemp("office"), blank)
    return folder


@pytest.fixture(scope="session")
def summary_folders(tmp_path_factory: pytest.TempPathFactory, blank: Path) -> Path:
    """The folders that the verbs about a summary begin with; each is copied."""
    summary_verbs.templates(folder := tmp_path_factory.mktemp("summary"), blank)
    return folder
