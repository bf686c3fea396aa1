"""What a phone may send is bounded and counted in the database; what nobody needs expires (quotas.py)."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import NamedTuple

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar import Litestar
from sqlalchemy import Connection, Engine, func, insert, select, update

from shared import handover as form
from shared import wire
from shared.digest import sha256_hex
from shared.problems import ProblemError
from sync_server import quotas
from sync_server.office import disk_room, expiry
from sync_server.office import handover as office
from sync_server.services import Services
from sync_server.store import device_days, photos
from sync_server.store import tables as t
from sync_server.store.database import Database
from sync_server.store.engine import open_engine
from tests.support.console_browser import people, signed_in
from tests.support.devices import TUS, RawPhone, case_ids, fact_bytes
from tests.support.handover import file_of, take
from tests.support.jpegs import jpeg
from tests.support.ledger import chain_of, codes

PHOTO = jpeg(b"a slip" * 900)
NOW = "2019-12-12T02:00:00.000+00:00"


class Usage(NamedTuple):
    """A disk."""

    total: int
    free: int


def code(answer: httpx.Response) -> str:
    return str(answer.json()["code"]) if answer.is_error else ""


async def send(phone: RawPhone, data: bytes) -> str:
    """The code of the refusal of a photo, "" when it is stored."""
    answer = await phone.create_upload(data)
    if answer.is_error:
        return code(answer)
    return code(await phone.patch(answer.headers["Location"], 0, data))


async def name(phone: RawPhone, services: Services, *data: bytes, case: str = "") -> list[str]:
    """A record that names photos; its outcome, or its problem's code."""
    hashes = tuple(map(sha256_hex, data))
    case = case or case_ids(services, "01")[0]
    return codes(await phone.push(phone.chained(fact_bytes(case, photos=hashes))))


async def missing(phone: RawPhone, data: bytes) -> bool:
    asked = msgspec.json.encode({"hashes": [sha256_hex(data)]})
    answer = await phone.ask("POST", "/v1/photos/missing", content=asked)
    return bool(answer.json()["missing"])


def sent_today(services: Services, phone: RawPhone, **values: int) -> None:
    """As if this phone had sent so much today."""
    row = {"device": phone.device, "day": device_days.day_of(services.settings.now_text())}
    services.database.write(lambda c: c.execute(insert(t.device_day), {**row, **values}))


def counted(services: Services, phone: RawPhone) -> tuple[int, int, int]:
    """Photos, bytes and quarantined records of a phone, on all days."""
    c = t.device_day.c
    sums = (func.coalesce(func.sum(x), 0) for x in (c.photos, c.photo_bytes, c.quarantined))
    query = select(*sums).where(c.device == phone.device)
    photos_, bytes_, quarantined = services.database.read(lambda c: c.execute(query).one())
    return int(photos_), int(bytes_), int(quarantined)


def later(services: Services, days: float) -> Services:
    """The same server, days later."""
    at = services.settings.now() + timedelta(days=days)
    return replace(services, settings=replace(services.settings, clock_spec=at.isoformat()))


def rows(services: Services, table: str) -> int:
    query = select(func.count()).select_from(t.metadata.tables[table])
    return services.database.read(lambda c: c.execute(query).scalar_one())


# ---- photos and bytes of a day ----


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


@pytest.fixture(params=["sqlite", "postgresql"])
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


# ---- photos that no record names ----


def store_unnamed(services: Services, phone: RawPhone, number: int, size_bytes: int = 9) -> None:
    """As if this phone had sent photos that no record names."""
    at = services.settings.now_text()
    found = [
        {"sha256": f"{n:064x}", "size_bytes": size_bytes, "device": phone.device, "received_at": at}
        for n in range(number)
    ]
    services.database.write(lambda c: c.execute(insert(t.photo), found))


@pytest.mark.parametrize(
    ("number", "size_bytes"), [(quotas.UNNAMED_PHOTOS, 9), (1, quotas.UNNAMED_BYTES)]
)
async def test_too_many_photos_that_no_record_names_wait_until_one_does(
    phone: RawPhone, services: Services, number: int, size_bytes: int
) -> None:
    store_unnamed(services, phone, number, size_bytes)
    assert await send(phone, PHOTO) == "upload.unnamed"
    assert await name(phone, services, PHOTO) == ["created"]
    assert await send(phone, PHOTO) == ""


async def test_photos_on_their_way_count_as_unnamed_before_they_are_stored(
    phone: RawPhone, services: Services
) -> None:
    store_unnamed(services, phone, quotas.UNNAMED_PHOTOS - 1)
    assert (await phone.create_upload(PHOTO)).status_code == 201
    assert code(await phone.create_upload(jpeg(b"another"))) == "upload.unnamed"
    assert (await phone.create_upload(PHOTO)).status_code == 201  # goes on


async def test_photos_of_refused_records_do_not_count_as_unnamed(
    phone: RawPhone, services: Services
) -> None:
    store_unnamed(services, phone, quotas.UNNAMED_PHOTOS)
    refused = await phone.push(
        phone.chained(fact_bytes("nobody", photos=(sha256_hex(PHOTO), f"{0:064x}")))
    )
    assert codes(refused) == ["case.unknown"]
    assert await send(phone, PHOTO) == ""
    assert await send(phone, jpeg(b"another")) == ""
    assert await send(phone, jpeg(b"a third")) == "upload.unnamed"


async def test_a_photo_that_no_record_names_expires_after_a_month(
    phone: RawPhone, services: Services
) -> None:
    assert await send(phone, PHOTO) == ""
    path = services.files.path(sha256_hex(PHOTO))
    assert expiry.expire_photos(later(services, 29)) == 0
    assert path.exists()
    assert expiry.expire_photos(later(services, 31)) == 1
    assert rows(services, "photo") == 0
    assert expiry.expire_photos(later(services, 31)) == 0
    assert path.exists(), "a file this young may be one that has just come"
    make_old(path)
    expiry.expire_photos(later(services, 31))
    assert not path.exists()


async def test_the_file_of_an_expired_photo_goes_the_next_time(
    phone: RawPhone, services: Services
) -> None:
    """A backup under way has the row and may still copy the file."""
    await send(phone, PHOTO)
    path = services.files.path(sha256_hex(PHOTO))
    make_old(path)
    assert expiry.expire_photos(later(services, 31)) == 1
    assert path.exists()
    expiry.expire_photos(later(services, 31))
    assert not path.exists()


async def test_a_photo_sent_again_is_kept_for_another_month(
    phone: RawPhone, services: Services
) -> None:
    await send(phone, PHOTO)
    long_ago = t.photo.update().values(received_at="2019-11-01T00:00:00.000+00:00")
    services.database.write(lambda c: c.execute(long_ago))
    assert await send(phone, PHOTO) == ""
    assert expiry.expire_photos(services) == 0


def make_old(path: Path) -> None:
    os.utime(path, (0, 0))


async def test_a_record_that_names_an_expired_photo_makes_its_phone_send_it_again(
    phone: RawPhone, services: Services
) -> None:
    await send(phone, PHOTO)
    make_old(services.files.path(sha256_hex(PHOTO)))
    for _ in range(2):
        expiry.expire_photos(later(services, 31))
    assert await name(phone, services, PHOTO) == ["created"]
    assert await missing(phone, PHOTO)
    assert await send(phone, PHOTO) == ""
    assert not await missing(phone, PHOTO)
    assert services.files.read(sha256_hex(PHOTO)) == PHOTO


async def test_what_a_record_names_never_expires_be_it_refused_or_damaged(
    phone: RawPhone, services: Services
) -> None:
    kept = [jpeg(f"photo {n}".encode()) for n in range(3)]
    await name(phone, services, kept[0])
    assert await name(phone, services, kept[1], case="nobody") == ["case.unknown"]
    damaged = fact_bytes("nobody", photos=(sha256_hex(kept[2]),)).replace(b'"season"', b'"sea#on"')
    await phone.push(phone.packed(damaged, 1, b"\0" * 32, b"\0" * 64))
    for data in kept:
        assert await send(phone, data) == ""
        make_old(services.files.path(sha256_hex(data)))
    assert expiry.expire_photos(later(services, 400)) == 0
    assert [services.files.read(sha256_hex(data)) for data in kept] == kept


async def test_a_record_set_apart_while_photos_are_looked_through_keeps_its_photo(
    phone: RawPhone, services: Services
) -> None:
    await send(phone, PHOTO)
    names = photos.QuarantineNames()
    services.database.read(names.read)
    await name(phone, services, PHOTO, case="nobody")
    assert services.database.write(lambda c: photos.forget_unnamed(c, "2099", names)) == 0


async def test_a_photo_whose_file_went_while_it_came_is_not_recorded(
    phone: RawPhone, services: Services
) -> None:
    """The last byte of an upload and the removal of an expired photo of the same hash meet."""
    now = services.settings.now_text()
    upload = services.database.write(
        lambda c: photos.start_upload(c, phone.device, "a" * 64, 9, now)
    )
    with pytest.raises(ProblemError, match=r"upload\.unknown"):
        services.database.write(lambda c: photos.complete(c, upload, now, services.files.has))
    assert rows(services, "photo") == 0


# ---- unfinished uploads ----


async def test_an_upload_says_until_when_it_can_be_resumed(
    phone: RawPhone, services: Services
) -> None:
    made = await phone.create_upload(PHOTO)
    path = made.headers["Location"]
    answers = [made, await phone.patch(path, 0, PHOTO[:9])]
    answers.append(await phone.ask("HEAD", path, headers=TUS))
    until = {parsedate_to_datetime(a.headers["upload-expires"]) for a in answers}
    assert len(until) == 1
    left = until.pop() - services.settings.now()
    assert timedelta(days=6, hours=23) < left <= quotas.UNFINISHED_FOR
    options = await phone.ask("OPTIONS", "/v1/uploads")
    assert "expiration" in options.headers["tus-extension"].split(",")


async def test_an_unfinished_upload_goes_after_a_week_with_its_bytes(
    phone: RawPhone, services: Services
) -> None:
    path = (await phone.create_upload(PHOTO)).headers["Location"]
    await phone.patch(path, 0, PHOTO[:9])
    assert expiry.expire_uploads(later(services, 6)) == 0
    assert await phone.held(path) == 9
    upload_id = path.rpartition("/")[2]
    services.uploads_in_progress.add(upload_id)
    assert expiry.expire_uploads(later(services, 8)) == 0, "never under a request"
    services.uploads_in_progress.clear()
    assert expiry.expire_uploads(later(services, 8)) == 1
    assert list(services.settings.path("uploads").iterdir()) == []
    assert (await phone.ask("HEAD", path, headers=TUS)).status_code == 404
    assert await send(phone, PHOTO) == ""


async def test_an_expired_upload_is_unknown_before_it_is_removed_and_goes_on_when_asked_for(
    phone: RawPhone, services: Services
) -> None:
    path = (await phone.create_upload(PHOTO)).headers["Location"]
    await phone.patch(path, 0, PHOTO[:9])
    long_ago = {"created_at": "2019-12-01T00:00:00.000+00:00"}
    services.database.write(lambda c: c.execute(update(t.upload).values(**long_ago)))
    assert (await phone.ask("HEAD", path, headers=TUS)).status_code == 404
    assert (await phone.create_upload(PHOTO)).headers["Location"] == path
    assert await phone.held(path) == 9


async def test_a_phone_begins_so_many_uploads_at_a_time(
    phone: RawPhone, services: Services
) -> None:
    many = [jpeg(bytes([n]) * 9) for n in range(quotas.UNFINISHED_UPLOADS + 8)]
    answers = await asyncio.gather(*(phone.create_upload(data) for data in many))
    refused = [code(a) for a in answers if a.is_error]
    assert refused == ["upload.unfinished"] * 8
    await phone.patch(answers[0].headers["Location"], 0, many[0])
    assert (await phone.create_upload(jpeg(b"one more"))).status_code == 201


async def test_a_phone_announces_so_many_bytes_at_a_time(phone: RawPhone) -> None:
    largest = {"Upload-Length": str(wire.MAX_PHOTO_BYTES)}
    number = quotas.UNFINISHED_BYTES // wire.MAX_PHOTO_BYTES
    for n in range(number):
        answer = await phone.create_upload(jpeg(bytes([n])), **largest)
        assert answer.status_code == 201
    assert code(await phone.create_upload(PHOTO)) == "upload.unfinished"


# ---- photos are pictures ----


@pytest.mark.parametrize(
    "data", [b"%PDF-1.7", b"<html>", PHOTO + b"PK\x03\x04", PHOTO[:-2], b"\x89PNG\r\n\x1a\n"]
)
async def test_what_is_no_photo_is_refused_and_forgotten(
    phone: RawPhone, services: Services, data: bytes
) -> None:
    answer = await phone.create_upload(data)
    answer = await phone.patch(answer.headers["Location"], 0, data)
    assert (answer.status_code, code(answer)) == (422, "photo.not_image")
    assert (rows(services, "upload"), rows(services, "photo")) == (0, 0)
    assert list(services.settings.path("uploads").iterdir()) == []
    assert not services.files.has(sha256_hex(data))


# ---- records set apart ----


async def test_a_phone_whose_every_record_is_refused_fills_no_disk(
    phone: RawPhone, services: Services
) -> None:
    sent_today(services, phone, quarantined=quotas.DAY_REFUSED - 2)
    facts = [phone.chained(fact_bytes("nobody")) for _ in range(4)]
    found = codes(await phone.push(*facts))
    assert found == ["case.unknown"] * 2 + ["quarantine.day_full"] * 2
    assert rows(services, "quarantine") == 2
    body = msgspec.json.encode(wire.PushRequest(facts=facts[2:]))
    answer = await phone.ask("POST", "/v1/facts", content=body)
    assert (answer.status_code, code(answer)) == (429, "quarantine.day_full")
    services.database.write(lambda c: c.execute(t.device_day.delete()))
    assert codes(await phone.push(*facts)) == ["case.unknown"] * 4, "another day"
    assert rows(services, "quarantine") == 4
    good = await phone.push(phone.chained(fact_bytes(case_ids(services, "01")[0])))
    assert codes(good) == ["created"], "nothing is missing in the chain"
    assert len(chain_of(services, phone)) == 5


async def test_what_comes_before_a_record_that_has_no_room_is_stored(
    phone: RawPhone, services: Services
) -> None:
    sent_today(services, phone, quarantined=quotas.DAY_REFUSED)
    case = case_ids(services, "01")[0]
    facts = [phone.chained(fact_bytes(c)) for c in (case, "nobody", case)]
    reply = await phone.push(*facts)
    assert codes(reply) == ["created", "quarantine.day_full", "quarantine.day_full"]
    assert [o.outcome for o in reply.outcomes] == ["created", "gap", "gap"]
    assert [o.expect for o in reply.outcomes[1:]] == [2, 2]


async def test_a_refused_record_sent_again_takes_no_more_room(
    phone: RawPhone, services: Services
) -> None:
    fact = phone.chained(fact_bytes("nobody"))
    for _ in range(3):
        assert codes(await phone.push(fact)) == ["case.unknown"]
    assert counted(services, phone)[2] == 1


async def test_large_refused_records_are_bounded_by_their_bytes(
    phone: RawPhone, services: Services
) -> None:
    sent_today(services, phone, quarantined_bytes=quotas.DAY_REFUSED_BYTES - 100)
    body = msgspec.json.encode(wire.PushRequest(facts=[phone.chained(fact_bytes("nobody"))]))
    assert code(await phone.ask("POST", "/v1/facts", content=body)) == "quarantine.day_full"


async def test_all_phones_together_set_apart_so_many_bytes(
    phone: RawPhone, services: Services
) -> None:
    row = {"device": "another", "day": "2019-12-01", "quarantined_bytes": quotas.ALL_REFUSED_BYTES}
    services.database.write(lambda c: c.execute(insert(t.device_day), row))
    body = msgspec.json.encode(wire.PushRequest(facts=[phone.chained(fact_bytes("nobody"))]))
    answer = await phone.ask("POST", "/v1/facts", content=body)
    assert (answer.status_code, code(answer)) == (429, "quarantine.full")


async def test_what_waits_for_the_centre_is_bounded_and_a_forked_chain_is_named_all_the_same(
    phone: RawPhone, services: Services
) -> None:
    place = {"n": 0, "link": b"", "sig": b"", "data": b"", "device": phone.device, "unit": "01"}
    found = [
        {"id": f"q{n}", "sha256": f"{n:064x}", "code": "fact.unreadable", **place}
        for n in range(quotas.WAITING_REFUSED)
    ]
    services.database.write(lambda c: c.execute(insert(t.quarantine), found))
    first = phone.chained(fact_bytes(case_ids(services, "01")[0]))
    assert codes(await phone.push(first)) == ["created"]
    forked = phone.packed(fact_bytes("nobody"), 1, b"\1" * 32)
    assert codes(await phone.push(forked)) == ["fact.chain_forked"]
    assert rows(services, "quarantine") == quotas.WAITING_REFUSED
    refused = phone.chained(fact_bytes("nobody"))
    body = msgspec.json.encode(wire.PushRequest(facts=[refused]))
    assert code(await phone.ask("POST", "/v1/facts", content=body)) == "quarantine.full"
    decided = {"settled_at": NOW, "resolution": "dropped"}
    one = update(t.quarantine).where(t.quarantine.c.id == "q0").values(**decided)
    services.database.write(lambda c: c.execute(one))
    assert codes(await phone.push(refused)) == ["case.unknown"]


# ---- the disk ----

TOTAL = 500_000_000_000


@pytest.mark.parametrize(
    ("total", "free", "photo", "record"),
    [
        (TOTAL, quotas.KEPT_BYTES + 1_000_000, "", ""),
        (TOTAL, quotas.KEPT_BYTES + 1000, "disk.low", ""),
        (TOTAL, quotas.RESERVE_BYTES, "disk.low", ""),
        (TOTAL, quotas.RESERVE_BYTES - 1, "disk.low", "disk.used_up"),
        (10_000_000_000, 1_000_000_000 + 10_000, "", ""),
        (10_000_000_000, 200_000_000 - 1, "disk.low", "disk.used_up"),
    ],
)
async def test_records_are_accepted_longest(
    phone: RawPhone, services: Services, total: int, free: int, photo: str, record: str
) -> None:
    services.disk_usage = lambda _: Usage(total, free)
    assert await send(phone, PHOTO) == photo
    fact = phone.chained(fact_bytes(case_ids(services, "01")[0]))
    body = msgspec.json.encode(wire.PushRequest(facts=[fact]))
    answer = await phone.ask("POST", "/v1/facts", content=body)
    assert (answer.status_code, code(answer)) == ((507, record) if record else (200, ""))


async def test_a_photo_on_its_way_waits_too_and_keeps_its_bytes(
    phone: RawPhone, services: Services
) -> None:
    path = (await phone.create_upload(PHOTO)).headers["Location"]
    await phone.patch(path, 0, PHOTO[:900])
    services.disk_usage = lambda _: Usage(TOTAL, quotas.KEPT_BYTES)
    answer = await phone.patch(path, 900, PHOTO[900:])
    assert (answer.status_code, code(answer)) == (507, "disk.low")
    assert "MB" in answer.json()["title"]
    services.disk_usage = lambda _: Usage(TOTAL, TOTAL)
    assert (await phone.patch(path, await phone.held(path), PHOTO[900:])).status_code == 204


async def test_the_office_uploads_no_file_either_and_goes_on_with_its_work(
    app: Litestar, phone: RawPhone, services: Services
) -> None:
    people(services)
    admin = await signed_in(app, "admin")
    services.disk_usage = lambda _: Usage(TOTAL, quotas.KEPT_BYTES)
    answer = await admin.post(
        "/imports/preview", kind="due-list", files={"file": ("list.xlsx", b"a list")}
    )
    assert "磁盘" in answer.text
    assert not any(services.settings.path("imports").iterdir())
    services.disk_usage = lambda _: Usage(TOTAL, quotas.KEPT_BYTES - 1)
    found = disk_room.problem(services)
    assert found is not None
    assert (found.code, "2000 MB" in found.message()) == ("disk.low", True)
    services.disk_usage = lambda _: Usage(TOTAL, TOTAL)
    assert disk_room.problem(services) is None


# ---- hand-over files ----


def answer_in(answer: httpx.Response) -> form.Answer:
    assert answer.status_code == 200, answer.text
    return form.read_answer(form.split_answer(answer.content)[0])


async def hand_over(phone: RawPhone, data: bytes, **headers: str) -> httpx.Response:
    return await phone.ask("POST", "/v1/handover", content=data, headers=headers)


async def test_a_file_is_refused_by_the_length_it_announces(
    phone: RawPhone, services: Services
) -> None:
    file = await file_of(phone, [], [PHOTO])
    too_long = str(office.MAX_FILE_BYTES + 1)
    answer = await hand_over(phone, file, **{"Content-Length": too_long})
    assert (answer.status_code, code(answer)) == (413, "handover.too_large")
    services.disk_usage = lambda _: Usage(TOTAL, quotas.KEPT_BYTES + 1000)
    assert code(await hand_over(phone, file)) == "disk.low"


async def test_of_a_file_of_somebody_else_only_the_beginning_is_read(phone: RawPhone) -> None:
    file = await file_of(phone, [], [PHOTO])
    for beginning, refusal in ((b"PK\x03\x04", "not_ours"), (b"DSHO1\n\xff\xff", "damaged")):
        read_bytes = 0

        async def chunks(beginning: bytes = beginning) -> AsyncIterator[bytes]:
            nonlocal read_bytes
            yield beginning
            for _ in range(1000):
                read_bytes += 4096
                yield bytes(4096)

        answer = await phone.ask("POST", "/v1/handover", content=chunks())
        assert code(answer) == f"handover.{refusal}"
        assert read_bytes < 20_000
    assert answer_in(await hand_over(phone, file)).photos[0].outcome == "created"


async def test_a_phone_hands_in_one_file_at_a_time(phone: RawPhone, services: Services) -> None:
    file = await file_of(phone, [], [PHOTO])
    services.handovers_in_progress.add(phone.device)
    answer = await hand_over(phone, file)
    assert (answer.status_code, code(answer)) == (409, "handover.in_progress")
    services.handovers_in_progress.clear()
    assert (await hand_over(phone, file)).status_code == 200
    assert services.handovers_in_progress == set()


@pytest.mark.parametrize("kind", [b"f", b"p", b"x"])
async def test_a_file_of_very_many_small_records_is_refused_before_one_is_stored(
    phone: RawPhone, services: Services, kind: bytes
) -> None:
    more = form.record(kind, b"") * (form.MAX_FILE_RECORDS + 1)
    fact = phone.chained(fact_bytes(case_ids(services, "01")[0]))
    answer = await hand_over(phone, await file_of(phone, [fact], [], more))
    assert (answer.status_code, code(answer)) == (413, "handover.too_many")
    assert rows(services, "fact") == 0


async def test_a_file_is_taken_but_for_the_photos_beyond_what_may_be_stored(
    phone: RawPhone, services: Services
) -> None:
    bad, more = b"no photo", jpeg(b"more")
    hashes = tuple(map(sha256_hex, (PHOTO, bad, more)))
    fact = phone.chained(fact_bytes(case_ids(services, "01")[0], photos=hashes))
    sent_today(services, phone, photos=quotas.DAY_PHOTOS - 2)
    answer = answer_in(await hand_over(phone, await file_of(phone, [fact], [PHOTO, bad, more])))
    assert [o.outcome for o in answer.facts] == ["created"]
    found = [o.problem["code"] if o.problem else o.outcome for o in answer.photos]
    assert found == ["created", "photo.not_image", "upload.quota"]
    again = answer_in(await hand_over(phone, await file_of(phone, [fact], [PHOTO])))
    assert again.photos[0].outcome == "duplicate"
    assert counted(services, phone)[0] == quotas.DAY_PHOTOS


async def test_records_of_a_file_that_cannot_be_set_apart_get_no_outcome_and_stay_on_the_phone(
    phone: RawPhone, services: Services
) -> None:
    sent_today(services, phone, quarantined=quotas.DAY_REFUSED - 1)
    case = case_ids(services, "01")[0]
    facts = [phone.chained(fact_bytes(c)) for c in (case, "nobody", "nobody", case)]
    file = await file_of(phone, facts, [PHOTO])
    taken = take(services, file)
    assert (taken.created, taken.refused, taken.gaps, taken.left) == (1, 1, 0, 2)
    answer = form.read_answer(form.split_answer(taken.answer)[0])
    assert [o.outcome for o in answer.facts] == ["created", "rejected"]
    assert [o.outcome for o in answer.photos] == ["created"], "photos are taken all the same"
    services.database.write(lambda c: c.execute(t.device_day.delete()))
    taken = take(services, file)
    assert (taken.created, taken.duplicates, taken.refused, taken.left) == (1, 1, 2, 0)
    assert len(chain_of(services, phone)) == 4
