"""What a killed server left behind goes when the next one starts; what somebody may be writing stays."""

from __future__ import annotations

import os
import time
from pathlib import Path

from sync_server import file_lock, temporary
from sync_server.console.web import sessions
from sync_server.office import leftovers, periodic
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


def test_what_earlier_versions_kept_of_lists_checks_and_notices_goes(services: Services) -> None:
    data = services.settings.data_dir
    old = [
        made(data / place)
        for place in ("imports/1a2b/file", "check/tmp1/summary.pdf", "notices/2019-01.pdf")
    ]
    leftovers.sweep(services)
    assert not any(path.exists() for path in old)


def test_the_running_server_sweeps_temporary_files_within_the_hour(services: Services) -> None:
    (chore,) = [c for c in periodic.CHORES if c.run is leftovers.sweep_temporary]
    assert chore.every_s + temporary.KEPT_S < 3600
    kept, gone = (services.settings.path("tmp", name) for name in ("import-new", "import-old"))
    for folder, hours in ((kept, 0.8), (gone, 0.9)):
        made(folder / "file", hours_old=hours)
        os.utime(folder, (0, time.time() - hours * 3600))
    chore.run(services)
    assert [p.exists() for p in (kept, gone)] == [True, False]


def test_a_session_goes_once_it_has_ended(services: Services) -> None:
    folder = services.settings.path("sessions")
    old, young = made(folder / "a", hours_old=9.1), made(folder / "b", hours_old=8.9)
    leftovers.sweep_temporary(services)
    assert [p.exists() for p in (old, young)] == [False, True]
    assert sessions.MAX_AGE_S + sessions.RENEW_S <= leftovers.SESSION_S


def test_a_summarys_unfinished_work_goes_while_the_server_runs(services: Services) -> None:
    dead, alive = (services.settings.path("summaries", "d", f"work-{n}") for n in ("1", "2"))
    with file_lock.holding(services.settings.path("claims") / "2"):
        leftovers.sweep_temporary(services)
    assert [p.exists() for p in (dead, alive)] == [False, True]


async def test_bytes_of_an_upload_that_no_row_names_go(phone: RawPhone, services: Services) -> None:
    data = b"a photo of a slip" * 3000
    location = (await phone.create_upload(data)).headers["Location"]
    await phone.patch(location, 0, data[:1000])
    lost = made(services.settings.path("uploads") / "unknown")
    leftovers.sweep(services)
    assert not lost.exists()
    assert await phone.held(location) == 1000
