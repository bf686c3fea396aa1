"""A county's server as a process, and phones as processes before it; the office works beside it as its CLI does."""

from __future__ import annotations

import asyncio
import io
import shutil
import socket
import threading
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from sync_server.office import assignment, phones
from sync_server.sample.fault_proxy import FaultProxy
from sync_server.sample.processes import Phone, wait_until_up
from sync_server.services import Services
from sync_server.settings import Settings
from sync_server.store import devices
from tests.support.county import CLOCK, SEASON, fill
from tests.support.forked import ForkedPhone, ForkedServer

SCHOOLS = 24


class Loop:
    """An event loop in a thread, closed at the end."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(120)

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(60)
        self.loop.close()


class County:
    """`url` is reached through `proxy`, which runs in a thread; every test takes a school of its own."""

    def __init__(self, services: Services, proxy: FaultProxy) -> None:
        self.services, self.proxy = services, proxy
        self.taken = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.proxy.port}"

    def school(self) -> str:
        self.taken += 1
        return f"{self.taken:02d}"

    def enrol(self, phone: Phone) -> None:
        """A code, the enrolment, and the liaison's confirmation."""
        issued = phones.issue(self.services, phone.unit, phone.teacher, who="t")
        phone.ask("enrol", url=self.url, code=issued.code)
        for device in self.services.database.read(lambda c: devices.of_unit(c, SEASON, phone.unit)):
            if device.state == devices.PENDING:
                phones.confirm(self.services, device.id, who="t")


@pytest.fixture(scope="module")
def county(blank: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[County]:
    """Schools of four cases each, behind a proxy that injects faults."""
    data = tmp_path_factory.mktemp("county") / "server"
    shutil.copytree(blank, data)
    settings = Settings(data_dir=data, clock_spec=CLOCK, public_url="http://server")
    services = Services.open(settings).in_season()
    services.database.write(lambda c: fill(c, (4,) * SCHOOLS))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = ForkedServer(data, port, CLOCK)
    server.start()
    wait_until_up(f"http://127.0.0.1:{port}", 180)
    loop, proxy = Loop(), FaultProxy(port)
    loop.run(proxy.start())
    yield County(services, proxy)
    loop.run(proxy.stop())
    loop.close()
    server.stop()
    services.close()


@pytest.fixture
def new_phone(county: County, tmp_path: Path) -> Iterator[Callable[..., Phone]]:
    """`new_phone(unit, teacher)`: enrolled, confirmed, the school's free cases shared out, synced."""
    made: list[Phone] = []

    def make(
        unit: str, teacher: str = "甲", *, clock: str = CLOCK, ready: bool = True, name: str = ""
    ) -> Phone:
        phone = ForkedPhone(tmp_path / f"{unit}-{teacher}{name}", teacher, unit, clock)
        made.append(phone)
        if ready:
            county.enrol(phone)
            assignment.assign_evenly(county.services, unit, who="t")
            assert phone.ask("sync")["complete"]
        return phone

    yield make
    for phone in made:
        phone.stop()


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """A camera's JPEG of some hundred kilobytes."""
    out = io.BytesIO()
    Image.effect_noise((1200, 1600), 80).convert("RGB").save(out, "JPEG", quality=80)
    (tmp_path / "camera.jpg").write_bytes(out.getvalue())
    return tmp_path / "camera.jpg"
