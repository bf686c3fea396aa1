"""What a killed server left behind goes when the next one starts; what somebody may be writing stays."""

from __future__ import annotations

import os
import time
from pathlib import Path

from sync_server.office import leftovers
from sync_server.services import Services
from tests.support.devices import RawPhone


def made(path: Path, *, hours_old: float = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"half")
    moment = time.time() - hours_old * 3600
    os.utime(path, (moment, moment))
    return path


def test_half_written_keys_go_when_nobody_can_be_writing_them(services: Services) -> None:
    keys = services.settings.path("keys")
    old, young = made(keys / "a.new", hours_old=2), made(keys / "b.new")
    folder = made(keys / "tls.1a2b.new" / "ca.key").parent
    os.utime(folder, (0, 0))
    whole = keys / "receipts.pem"
    os.utime(whole, (0, 0))
    leftovers.sweep(services)
    assert [p.exists() for p in (old, folder, young, whole)] == [False, False, True, True]


def test_lists_that_nobody_imported_go_after_a_day(services: Services) -> None:
    kept, gone = (services.settings.path("imports", name) for name in ("young", "old"))
    for folder, hours in ((kept, 23), (gone, 25)):
        made(folder / "file")
        os.utime(folder, (0, time.time() - hours * 3600))
    leftovers.sweep(services)
    assert [p.exists() for p in (kept, gone)] == [True, False]


async def test_bytes_of_an_upload_that_no_row_names_go(phone: RawPhone, services: Services) -> None:
    data = b"a photo of a slip" * 3000
    location = (await phone.create_upload(data)).headers["Location"]
    await phone.patch(location, 0, data[:1000])
    lost = made(services.settings.path("uploads") / "unknown")
    leftovers.sweep(services)
    assert not lost.exists()
    assert await phone.held(location) == 1000
