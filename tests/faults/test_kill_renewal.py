"""A kill at any moment of a change of keys leaves the old way or the new one, and the next try finishes.

The phone's folder as each step leaves it on the disk is copied, and opened again as after a kill; and processes are
really killed. DOORSTEP_KILLS sets how many.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import time
from multiprocessing.connection import Connection
from pathlib import Path

import httpx
import pytest
from litestar import Litestar

from mobile.bootstrap.native import native_phone
from mobile.ports.disk import FolderDisk
from mobile.store import keyfile
from mobile.usecases import enrol, renew
from sync_server.sample.processes import wait_until_up
from sync_server.services import Services
from sync_server.settings import Settings
from tests.support.copied_phone import Copied, Office
from tests.support.county import CLOCK
from tests.support.devices import asgi
from tests.support.forked import ForkedServer
from tests.support.forks import FORKS
from tests.support.long_form import LONG, amount, counting, dice, rounds

KILLS = amount("KILLS", short=20, long=1000) // 10
ROUND = 25
"""Kills of one phone."""
MOMENTS = sorted(dice("moments").sample(range(6), 6 if LONG else 2))
"""Of the six that a change of keys leaves on the disk; the short form's change from day to day."""
LONGEST_RENEWAL_S = 0.2
"""A renewal has ended by then: kills are spread over this time."""


class Moments:
    """Copies a phone's folder before and after each request, and around each write of the key file."""

    def __init__(self, phone: Copied) -> None:
        self.phone, self.taken = phone, list[Path]()

    def take(self) -> None:
        folder = self.phone.folder
        copy = folder.with_name(f"moment-{len(self.taken)}")
        shutil.copytree(folder, copy)
        self.taken.append(copy)


class WatchedLine(httpx.AsyncBaseTransport):
    def __init__(self, app: Litestar, moments: Moments) -> None:
        self._line, self._moments = asgi(app), moments

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._moments.take()
        answer = await self._line.handle_async_request(request)
        await answer.aread()
        self._moments.take()
        return answer


class WatchedDisk(FolderDisk):
    moments: Moments

    async def write(self, name: str, data: bytes) -> None:
        self.moments.take()
        await super().write(name, data)
        self.moments.take()


def watched(phone: Copied) -> Moments:
    moments = Moments(phone)
    disk = WatchedDisk(phone.folder)
    disk.moments = moments
    ring = phone.phone.ring
    assert ring is not None
    ring._disk = disk
    assert phone.office.app is not None
    phone.phone.transport = WatchedLine(phone.office.app, moments)
    return moments


@pytest.fixture
def office(app: Litestar, services: Services) -> Office:
    return Office(app, services)


async def _rewound(office: Office, folder: Path) -> tuple[Copied, list[str]]:
    phone = await (await Copied(office, folder).open()).enrol()
    kept = await phone.keep("kept")
    made = await phone.record(1)
    await phone.sync()
    await phone.put_back(kept)
    made += await phone.record(2)
    assert not (await phone.sync()).ok
    return phone, made


@pytest.mark.parametrize("moment", MOMENTS)
async def test_a_kill_during_a_change_of_keys_loses_nothing(
    office: Office, tmp_path: Path, moment: int
) -> None:
    phone, made = await _rewound(office, tmp_path / "phone")
    moments = watched(phone)
    await renew.renew(phone.phone)
    assert len(moments.taken) == 6  # the new key kept, asked, answered, the database turned to it
    await _goes_on(phone, moments.taken[moment], made)


@pytest.mark.parametrize("moment", MOMENTS)
async def test_a_kill_during_an_enrolment_with_a_new_key_loses_nothing(
    office: Office, tmp_path: Path, moment: int
) -> None:
    phone, made = await _rewound(office, tmp_path / "phone")
    moments = watched(phone)
    await enrol.enrol(phone.phone, url="http://server", code=office.code(), device_name="")
    assert len(moments.taken) == 6
    await _goes_on(phone, moments.taken[moment], made)


@pytest.mark.parametrize(("number", "kills"), rounds(max(KILLS, 2), ROUND))
async def test_a_phone_killed_while_it_changes_its_key_goes_on(
    app_settings: Settings, tmp_path: Path, number: int, kills: int
) -> None:
    services = Services.open(app_settings).in_season()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    office = Office(None, services, f"http://127.0.0.1:{port}")
    server = ForkedServer(app_settings.path(), port, CLOCK)
    server.start()
    wait_until_up(office.url, 180)
    try:
        with counting("kill -9 of the phone while it changes its key") as count:
            await _killed(office, tmp_path / "phone", number / ROUND, kills)
            count.tried = kills
    finally:
        server.stop()
        services.close()


async def _killed(office: Office, folder: Path, shift: float, kills: int) -> None:
    """Kill it at moments spread over a renewal, and send everything after each."""
    phone, made = await _rewound(office, folder)
    kept = await phone.keep("kept-rewound")
    for number in range(kills):
        phone.phone.store.close()
        after_s = (number + shift) * LONGEST_RENEWAL_S / kills
        await asyncio.to_thread(killed_while_renewing, phone.folder, after_s)
        await phone.open()
        made += await phone.record(1)
        office.confirm()
        if (await phone.sync()).problem_code == "device.rewound":
            assert (await phone.renew()).ok
        assert "waiting" not in phone.states().values()
        await phone.put_back(kept)
    assert (await phone.renew()).ok
    assert sorted(office.ledger()) == sorted(made)
    assert (office.set_apart(), office.findings()) == ([], [])
    phone.phone.store.close()


def killed_while_renewing(folder: Path, after_s: float) -> None:
    """Run a change of keys in a process, and kill it so long after it began."""
    reader, writer = FORKS.Pipe(duplex=False)
    process = FORKS.Process(target=_renewing, args=(folder, writer), daemon=True)
    process.start()
    writer.close()
    reader.recv_bytes()
    time.sleep(after_s)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join(60)
    process.close()
    reader.close()


def _renewing(folder: Path, says: Connection) -> None:
    async def work() -> None:
        phone = await native_phone(folder, CLOCK)
        says.send_bytes(b"begun")
        await renew.renew(phone)
        await asyncio.sleep(10)

    asyncio.run(work())


async def _goes_on(phone: Copied, at: Path, made: list[str]) -> None:
    """The app starts again with the folder as it was; what it does next sends everything once."""
    office = phone.office
    await phone.put_back(at)
    made = made + await phone.record(1)
    await phone.restart()
    office.confirm()
    report = await phone.sync()
    if not report.ok:
        assert report.problem_code == "device.rewound"
        report = await phone.renew()
    assert (report.sent, report.rejected) == (3, 0)
    assert sorted(office.ledger()) == sorted(made)
    assert (office.set_apart(), office.findings()) == ([], [])
    keys = keyfile.read((phone.folder / keyfile.NAME).read_bytes())
    assert keys.next is None
    phone.phone.store.close()
