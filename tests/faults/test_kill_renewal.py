"""A kill at any moment of a change of keys leaves the old way or the new one, and the next try finishes.

The phone's folder as each step leaves it on the disk is copied, and opened again as after a kill.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import httpx
import pytest
from litestar import Litestar

from mobile.ports.disk import FolderDisk
from mobile.store import keyfile
from mobile.usecases import enrol, renew
from sync_server.services import Services
from tests.support.copied_phone import Copied, Office
from tests.support.devices import asgi


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
        self._app, self._moments = app, moments

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._moments.take()
        answer = await asgi(self._app).handle_async_request(request)
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


@pytest.mark.parametrize("moment", range(6))
async def test_a_kill_during_a_change_of_keys_loses_nothing(
    office: Office, tmp_path: Path, moment: int
) -> None:
    phone, made = await _rewound(office, tmp_path / "phone")
    moments = watched(phone)
    await renew.renew(phone.phone)
    assert len(moments.taken) == 6  # the new key kept, asked, answered, the database turned to it
    await _goes_on(phone, moments.taken[moment], made)


@pytest.mark.parametrize("moment", range(6))
async def test_a_kill_during_an_enrolment_with_a_new_key_loses_nothing(
    office: Office, tmp_path: Path, moment: int
) -> None:
    phone, made = await _rewound(office, tmp_path / "phone")
    moments = watched(phone)
    await enrol.enrol(phone.phone, url="http://server", code=office.code(), device_name="")
    assert len(moments.taken) == 6
    await _goes_on(phone, moments.taken[moment], made)


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
