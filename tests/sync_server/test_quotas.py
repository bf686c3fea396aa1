"""What a phone may send on a day: photos and bytes, counted in the database."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, func, insert, select

from shared.digest import sha256_hex
from sync_server import quotas
from sync_server.services import Services
from sync_server.store import device_days, photos
from sync_server.store import tables as t
from sync_server.store.database import Database
from sync_server.store.engine import open_engine
from tests.support.devices import RawPhone
from tests.support.engines import about_sqlite
from tests.support.jpegs import jpeg
from tests.support.quotas import (
    NOW,
    PHOTO,
    code,
    counted,
    later,
    name,
    rows,
    send,
    sent_today,
)


async def test_a_phone_that_was_offline_all_season_sends_its_photos_in_one_evening(
    phone: RawPhone, services: Services
) -> None:
    sent_today(services, phone, photos=1000, photo_bytes=1000 * 400_000)
    assert await name(phone, services, PHOTO) == ["created"]
    assert await send(phone, PHOTO) == ""


@pytest.mark.parametrize(
    "before",
    [{"photos": quotas.DAY_PHOTOS}, {"photo_bytes": quotas.DAY_PHOTO_BYTES - len(PHOTO) + 1}],
)
async def test_beyond_the_days_quota_a_photo_waits_for_another_day(
    phone: RawPhone, services: Services, before: dict[str, int]
) -> None:
    await name(phone, services, PHOTO)
    sent_today(services, phone, **before)
    answer = await phone.create_upload(PHOTO)
    assert (answer.status_code, code(answer)) == (409, "upload.quota")
    assert rows(services, "upload") == 0
    tomorrow = later(services, 1)
    services.database.write(
        lambda c: photos.start_upload(
            c, phone.device, sha256_hex(PHOTO), len(PHOTO), tomorrow.settings.now_text()
        )
    )
    assert rows(services, "upload") == 1


async def test_of_two_hundred_creations_at_once_as_many_pass_as_the_quota_has_left(
    phone: RawPhone, services: Services
) -> None:
    many = [jpeg(bytes([n]) * 9) for n in range(200)]
    for part in (many[:100], many[100:]):
        assert await name(phone, services, *part) == ["created"]
    sent_today(services, phone, photos=quotas.DAY_PHOTOS - 10)
    answers = await asyncio.gather(*(phone.create_upload(data) for data in many))
    assert sorted(a.status_code for a in answers) == [201] * 10 + [409] * 190
    assert counted(services, phone)[0] == quotas.DAY_PHOTOS


async def test_a_photo_asked_for_again_resumed_or_stored_counts_once(
    phone: RawPhone, services: Services
) -> None:
    await name(phone, services, PHOTO)
    path = (await phone.create_upload(PHOTO)).headers["Location"]
    await phone.patch(path, 0, PHOTO[:100])
    assert (await phone.create_upload(PHOTO)).headers["Location"] == path
    await phone.patch(path, 100, PHOTO[100:])
    assert await send(phone, PHOTO) == ""
    assert counted(services, phone)[:2] == (1, len(PHOTO))


@pytest.fixture(scope="module")
def store(blank: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An empty database; what a test writes is taken back."""
    path = tmp_path_factory.mktemp("quotas") / "q.db"
    path.write_bytes((blank / "doorstep.db").read_bytes())
    engine = open_engine(f"sqlite:///{path}", writes=True)
    yield engine
    engine.dispose()


STEPS = st.lists(
    st.tuples(st.sampled_from(["begin", "end", "stop"]), st.integers(0, 5), st.integers(0, 2)),
    max_size=30,
)


@about_sqlite("it copies its file")
@given(STEPS)
def test_each_photo_counts_on_the_day_its_upload_began(
    store: Engine, steps: list[tuple[str, int, int]]
) -> None:
    """A model: what is under way, what is stored, and how many began on which day."""
    under_way: set[int] = set()
    stored: set[int] = set()
    began = dict.fromkeys(range(3), 0)
    with store.connect() as c, c.begin() as transaction:
        for step, number, day in steps:
            now, sha = f"2019-12-1{day}T02:00:00.000+00:00", f"{number:064x}"
            if step == "begin":
                photos.start_upload(c, "d", sha, 10, now)
                began[day] += number not in under_way | stored
                under_way.add(number)
            elif number in under_way and step == "end":
                photos.complete(c, photos.start_upload(c, "d", sha, 10, now), now, lambda _: True)
                under_way.discard(number)
                stored.add(number)
            elif number in under_way:
                photos.forget_upload(c, photos.start_upload(c, "d", sha, 10, now).id)
                under_way.discard(number)
        days = t.device_day.c
        found = {int(r.day[-1]): r for r in c.execute(select(t.device_day))}
        assert c.execute(select(func.count(days.device))).scalar_one() == len(found)
        for day, number in began.items():
            row = found.get(day)
            assert (row.photos, row.photo_bytes) == (number, 10 * number) if row else not number
        transaction.rollback()


def race(engines: list[Engine], add: Callable[[Connection], bool]) -> int:
    """How many of 160 additions by eight writers at once were let through."""
    barrier, passed = threading.Barrier(8), []

    def writer(engine: Engine) -> None:
        barrier.wait()
        for _ in range(20):
            with engine.begin() as connection:
                passed.append(add(connection))

    threads = [threading.Thread(target=writer, args=(engine,)) for engine in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(passed) == 160
    return sum(passed)


@pytest.fixture(
    params=[pytest.param("sqlite", marks=about_sqlite("it copies its file")), "postgresql"]
)
def url(request: pytest.FixtureRequest, blank: Path, tmp_path: Path) -> str:
    if request.param == "postgresql":
        found = str(request.getfixturevalue("postgres_url"))
        Database(found).close()
        return found
    (tmp_path / "r.db").write_bytes((blank / "doorstep.db").read_bytes())
    return f"sqlite:///{tmp_path / 'r.db'}"


def test_eight_writers_at_once_never_pass_the_quota(url: str) -> None:
    engines = [open_engine(url, writes=True) for _ in range(8)]
    row = {"device": "d", "day": "2019-12-12"}
    with engines[0].begin() as c:
        c.execute(t.device_day.delete())
        full = {"photos": quotas.DAY_PHOTOS - 50, "quarantined": quotas.DAY_REFUSED - 70}
        c.execute(insert(t.device_day), {**row, **full})
    assert race(engines, lambda c: device_days.add_photo(c, "d", NOW, 1)) == 50
    assert race(engines, lambda c: device_days.add_quarantined(c, "d", NOW, 1)) == 70
    assert race(engines, lambda c: device_days.add_photo(c, "new", NOW, 1)) == 160
    with engines[0].begin() as c:
        c.execute(t.device_day.delete())
    for engine in engines:
        engine.dispose()


def test_on_both_databases_unnamed_photos_expire_and_named_ones_stay(url: str) -> None:
    database = Database(url)
    hashes = {n: f"{n:064x}" for n in range(3)}

    def fill(c: Connection) -> None:
        for sha in hashes.values():
            row = {"sha256": sha, "size_bytes": 3, "device": "d", "received_at": NOW}
            c.execute(insert(t.photo), row)
        c.execute(insert(t.fact_photo), {"fact_id": "f", "sha256": hashes[0], "unit": "01"})
        place = {"n": 1, "link": b"", "sig": b"", "data": f'["{hashes[1]}"'.encode()}
        c.execute(insert(t.quarantine), {"id": "q", "device": "d", "sha256": "s", **place})

    database.write(fill)
    names = photos.QuarantineNames()
    gone = database.write(lambda c: photos.forget_unnamed(c, "2020", names))
    left = database.read(photos.hashes)
    for table in (t.photo, t.fact_photo, t.quarantine):
        database.write(lambda c, table=table: c.execute(table.delete()))
    database.close()
    assert (gone, left) == (1, {hashes[0], hashes[1]})
