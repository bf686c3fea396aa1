"""P5: a full disk gives a clear problem and corrupts nothing, on a real file system that really fills up.

A tmpfs of a few megabytes has to be mounted for that; where that is not permitted the test is skipped with a reason.
`test_writer.py` fills a database up to its page limit everywhere.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec
import pytest
from litestar import Litestar
from sqlalchemy import select, text

from mobile.bootstrap.native import native_phone
from mobile.usecases import records, sync_now, take_photo
from mobile.usecases.phone import Phone
from shared.digest import sha256_hex
from shared.problems import ProblemError
from shared.records.visit import Visit
from sync_server.app import create_app
from sync_server.office import accounts, disk_reserve
from sync_server.services import Services
from sync_server.settings import Settings
from sync_server.store import audit
from sync_server.store import tables as t
from tests.faults.conftest import Line, NewPhone
from tests.support import full_disk
from tests.support.console_browser import Browser, people, signed_in
from tests.support.county import CLOCK, fill
from tests.support.devices import RawPhone, asgi, case_ids, fact_bytes, working_phone
from tests.support.jpegs import random_jpeg

SIZE_MIB = 6
NOTE = "长" * 3000


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own with six megabytes."""
    place = tmp_path / "small"
    place.mkdir()
    options = ["-t", "tmpfs", "-o", f"size={SIZE_MIB}m,mode=700", "tmpfs", str(place)]
    done = subprocess.run(["mount", *options], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(
            f"NOT PROVED ON A FULL DISK: mounting a tmpfs is not permitted here ({done.stderr.strip()})"
        )
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True, capture_output=True)


def ballast(place: Path, leave_kib: int) -> Path:
    """Fill the disk up to the last so many kibibytes."""
    free = shutil.disk_usage(place).free
    file = place / "ballast"
    with file.open("wb") as out:
        out.write(os.urandom(1024) * ((free - leave_kib * 1024) // 1024))
    return file


async def push_until_full(phone: RawPhone, case: str) -> dict[str, bytes]:
    """What was acknowledged before the disk was full."""
    acked: dict[str, bytes] = {}
    while True:
        data = fact_bytes(case, body={"met": "self", "outcome": "promised", "note": NOTE})
        n, before = phone.n, phone.link
        body = {"facts": [phone.chained(data)]}
        answer = await phone.ask("POST", "/v1/facts", content=msgspec.json.encode(body))
        if answer.status_code != 200:
            phone.n, phone.link = n, before
            assert answer.status_code == 507
            assert answer.json()["code"] in ("disk.full", "disk.used_up")
            return acked
        acked[sha256_hex(data)] = data


async def save_until_full(phone: Phone, case: str) -> list[str]:
    """Ids of what was shown as saved before the disk was full."""
    shown: list[str] = []
    while True:
        try:
            shown.append((await records.record(phone, case, _visit())).fact)
        except ProblemError as problem:
            if problem.code != "disk.full":
                raise
            return shown


def stored(services: Services) -> dict[str, bytes]:
    assert (
        services.database.read(lambda c: c.execute(text("PRAGMA integrity_check")).scalar()) == "ok"
    )
    return services.database.read(lambda c: {r.sha256: r.data for r in c.execute(select(t.fact))})


async def test_a_full_server_disk_is_reported_and_loses_nothing(
    small_disk: Path, blank: Path
) -> None:
    data = small_disk / "server"
    shutil.copytree(blank, data)
    app = create_app(Settings(data_dir=data, clock_spec=CLOCK, public_url="http://server"))
    services: Services = app.state["services"].in_season()
    services.database.write(lambda c: fill(c))
    async with httpx.AsyncClient(transport=asgi(app), base_url="http://server") as http:
        phone = await working_phone(http, services)
        case = case_ids(services, "01")[0]
        weight = ballast(small_disk, 700)
        acked = await push_until_full(phone, case)
        assert len(acked) > 5
        photo = random_jpeg(900_000)
        answer = await phone.create_upload(photo)
        if answer.status_code == 201:
            answer = await phone.patch(answer.headers["Location"], 0, photo)
        assert (answer.status_code, answer.json()["code"]) == (507, "disk.low")
        assert (await phone.ask("GET", "/v1/changes")).status_code == 200, "reading goes on"
        assert stored(services) == acked
        weight.unlink()
        assert await phone.outcomes(phone.chained(fact_bytes(case))) == ["created"], (
            "room again: work goes on"
        )
        path = (await phone.create_upload(photo)).headers["Location"]
        held = await phone.held(path)
        assert (await phone.patch(path, held, photo[held:])).status_code == 204
    services.close()
    again = Services.open(services.settings)
    assert acked.items() <= stored(again).items()
    assert again.files.read(sha256_hex(photo)) == photo
    again.close()


async def test_the_office_signs_in_with_a_full_disk_and_has_room_to_clean_up(
    tmp_path: Path, blank: Path
) -> None:
    with full_disk.small_disk(tmp_path / "disk", 64 << 20) as disk:
        data = disk / "server"
        shutil.copytree(blank, data)
        app = create_app(Settings(data_dir=data, clock_spec=CLOCK, public_url="http://server"))
        services: Services = app.state["services"].in_season()
        people(services)
        assert disk_reserve.keep(services)
        weight = ballast(disk, 0)
        wrong = await Browser(app).post("/sign-in", name="admin", password="wrong horse 1")
        assert wrong.status_code == 401, wrong.text
        assert not disk_reserve.keep(services), "the released space is for the office"
        admin = await signed_in(app, "admin")
        assert "磁盘快满了" in (await admin.get("/")).text
        accounts.remove(services, "two", who="admin")
        assert (await admin.post("/sign-out")).status_code == 303
        weight.unlink()
        assert disk_reserve.keep(services)
        failed = services.database.read(lambda c: [n.action for n in audit.listed(c)])
        assert failed.count("sign_in.failed") == 1, "a guess counts, however full the disk is"
        services.close()


async def test_a_full_phone_reports_it_and_keeps_its_data(
    app: Litestar, services: Services, new_phone: NewPhone, small_disk: Path, tmp_path: Path
) -> None:
    first = await new_phone()
    case = first.store.cases.all()[0].case.id
    first.store.close()
    shutil.copytree(tmp_path / "01-甲", small_disk / "phone")
    phone = await native_phone(small_disk / "phone", CLOCK)
    phone.transport = Line(app)
    weight = ballast(small_disk, 400)
    shown = await save_until_full(phone, case)
    with pytest.raises(ProblemError, match=r"disk\.full"):
        await take_photo.take_photo(phone, _camera(), case_id=case)
    assert len(shown) > 5
    assert {k.id for k in phone.store.facts.all()} == set(shown)
    weight.unlink()
    shown.append((await records.record(phone, case, _visit())).fact)
    phone.store.close()
    again = await native_phone(small_disk / "phone", CLOCK)
    again.transport = Line(app)
    assert [k.id for k in again.store.facts.all()] == shown
    report = await sync_now.sync_now(again)
    assert (report.sent, report.complete) == (len(shown), True)
    again.store.close()


def _visit() -> Visit:
    return Visit(met="self", outcome="promised", visitors=("甲", "乙"), note=NOTE)


def _camera() -> bytes:
    import io

    from PIL import Image

    out = io.BytesIO()
    Image.effect_noise((1600, 1200), 90).convert("RGB").save(out, "JPEG", quality=95)
    return out.getvalue()
