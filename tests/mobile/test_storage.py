"""The storage page: what is held, what the office has, and room that can be had without losing anything."""

from __future__ import annotations

import io

from PIL import Image

from mobile.ports.api import THUMBNAIL_PX
from mobile.usecases.drafts import save_draft
from mobile.usecases.phone import Phone
from mobile.usecases.records import record
from mobile.usecases.retention import delete_expired
from mobile.usecases.storage import MOST_AT_ONCE, free_now, release_sent, storage
from mobile.usecases.take_photo import photo_bytes, photo_or_nothing
from shared.problems import ProblemError, details
from shared.season import phone_keeps_until
from sync_server.sample.season import season_2019
from tests.mobile.conftest import Bench
from tests.support.phone.records import VISIT, photo, sent_visit


async def test_a_new_phone_holds_only_its_list(phone: Phone) -> None:
    held = await storage(phone)
    assert (held.records_unsent, held.records_sent, held.photos_unsent, held.photos_sent) == (
        0,
        0,
        0,
        0,
    )
    assert (held.cases, held.freeable, held.keeps_until) == (
        1,
        0,
        phone_keeps_until(season_2019()).isoformat(),
    )
    assert held.used_bytes > 0
    assert held.free_bytes > 0
    assert (held.quota_bytes, held.promised) == (0, None)


async def test_unsent_and_sent_are_counted_apart(bench: Bench) -> None:
    await bench.brief()
    await sent_visit(bench.phone, "case-1", await photo(bench.phone, b"one"))
    await record(bench.phone, "case-1", VISIT, (await photo(bench.phone, b"two"),))
    held = await storage(bench.phone)
    assert (held.records_unsent, held.records_sent) == (1, 1)
    assert (held.photos_unsent, held.photos_sent) == (1, 1)
    assert (held.freeable, held.freeable_bytes) == (1, 3)
    assert (held.keeps_until, held.over) == ("2020-01-19", False)


async def test_freeing_space_deletes_only_copies_with_a_receipt(bench: Bench) -> None:
    receipted, waiting = (
        await photo(bench.phone, b"receipted"),
        await photo(bench.phone, b"waiting"),
    )
    await sent_visit(bench.phone, "case-1", receipted)
    await record(bench.phone, "case-1", VISIT, (waiting,))
    freed = await free_now(bench.phone)
    assert (freed.photos, freed.size_bytes) == (1, 9)
    assert not (bench.directory / "photos" / receipted).exists()
    assert await photo_bytes(bench.phone, waiting) == b"waiting"
    held = await storage(bench.phone)
    assert (held.photos_gone, held.photos_sent, held.freeable) == (1, 0, 0)


async def test_a_sent_photo_in_an_open_form_stays_to_be_looked_at(bench: Bench) -> None:
    sha256 = await photo(bench.phone, b"looked at")
    await sent_visit(bench.phone, "case-1", sha256)
    await save_draft(bench.phone, "case-1", "visit", {"photos": [sha256]})
    assert (await free_now(bench.phone)).photos == 0


async def test_a_restored_server_is_not_promised_a_copy_that_has_gone(bench: Bench) -> None:
    await sent_visit(bench.phone, "case-1", await photo(bench.phone, b"gone"))
    await free_now(bench.phone)
    bench.phone.store.photos.queue_again()
    assert bench.phone.store.photos.waiting() == []


async def test_freeing_space_that_was_killed_finishes_at_the_next_start(bench: Bench) -> None:
    sha256 = await photo(bench.phone, b"leaving")
    await sent_visit(bench.phone, "case-1", sha256)
    bench.phone.store.photos.release([sha256])  # committed, and then the battery was out
    phone = await bench.again()
    await delete_expired(phone)
    assert not (bench.directory / "photos" / sha256).exists()
    assert (await storage(phone)).photos_gone == 1


async def test_a_deleted_photo_can_be_taken_again_and_is_not_uploaded_twice(bench: Bench) -> None:
    sha256 = await photo(bench.phone, b"again")
    await sent_visit(bench.phone, "case-1", sha256)
    await free_now(bench.phone)
    await photo(bench.phone, b"again")
    await record(bench.phone, "case-1", VISIT, (sha256,))
    assert await photo_bytes(bench.phone, sha256) == b"again"
    assert bench.phone.store.photos.waiting() == []


async def test_a_form_not_finished_is_counted(bench: Bench) -> None:
    await save_draft(bench.phone, "case-1", "visit", {"met": "self"})
    assert (await storage(bench.phone)).unfinished == 1


async def test_a_refused_record_is_counted_for_itself(bench: Bench) -> None:
    await bench.brief()
    line = await record(bench.phone, "case-1", VISIT, ())
    await record(bench.phone, "case-1", VISIT, ())
    await bench.phone.store.facts.mark_rejected(
        line.fact, details(ProblemError("fact.wrong_season"))
    )
    held = await storage(bench.phone)
    assert (held.records_unsent, held.records_refused, held.records_sent) == (1, 1, 0)


# released by themselves


def jpeg(colour: int = 200) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (1600, 1200), (colour, 40, 40)).save(out, "JPEG")
    return out.getvalue()


async def test_a_photo_the_office_has_for_a_day_goes_by_itself_and_its_thumbnail_stays(
    bench: Bench,
) -> None:
    sha256 = await photo(bench.phone, jpeg())
    await sent_visit(bench.phone, "case-1", sha256)
    assert (await release_sent(bench.phone)).photos == 0  # tonight's backup has yet to come
    bench.clock.forward(days=1)
    freed = await release_sent(bench.phone)
    assert (freed.photos, freed.size_bytes) == (1, len(jpeg()))
    assert not (bench.directory / "photos" / sha256).exists()
    small = await photo_or_nothing(bench.phone, sha256)
    with Image.open(io.BytesIO(small)) as shown:
        assert max(shown.size) == THUMBNAIL_PX
    on_disk = (bench.directory / "photos" / f"{sha256}.small").read_bytes()
    assert small not in on_disk  # encrypted
    held = await storage(bench.phone)
    assert (held.photos_gone, held.freeable) == (1, 0)
    assert held.used_bytes > len(small)


async def test_nothing_unsent_is_released_however_old(bench: Bench) -> None:
    waiting = await photo(bench.phone, jpeg())
    await record(bench.phone, "case-1", VISIT, (waiting,))
    looked_at = await photo(bench.phone, jpeg(100))
    await sent_visit(bench.phone, "case-1", looked_at)
    await save_draft(bench.phone, "case-1", "visit", {"photos": [looked_at]})
    await release_sent(bench.phone)
    bench.clock.forward(days=30)
    assert (await release_sent(bench.phone)).photos == 0
    assert await photo_bytes(bench.phone, waiting) == jpeg()


async def test_a_photo_sent_days_after_it_was_taken_stays_for_the_night_after_its_receipt(
    bench: Bench,
) -> None:
    sha256 = await photo(bench.phone, jpeg())
    bench.clock.forward(days=5)  # no network
    await sent_visit(bench.phone, "case-1", sha256)
    assert (await release_sent(bench.phone)).photos == 0
    bench.clock.forward(hours=23)
    assert (await release_sent(bench.phone)).photos == 0
    bench.phone.store.photos.queue_again()  # last night's backup was restored
    assert [row.sha256 for row in bench.phone.store.photos.waiting()] == [sha256]
    bench.phone.store.photos.mark_sent(sha256)
    bench.clock.forward(hours=2)
    assert (await release_sent(bench.phone)).photos == 0
    bench.clock.forward(days=1)
    assert (await release_sent(bench.phone)).photos == 1


async def test_a_photo_no_thumbnail_can_be_made_of_is_released_all_the_same(bench: Bench) -> None:
    sha256 = await photo(bench.phone, b"no picture")
    await sent_visit(bench.phone, "case-1", sha256)
    await release_sent(bench.phone)
    bench.clock.forward(days=1)
    assert (await release_sent(bench.phone)).photos == 1
    assert await photo_or_nothing(bench.phone, sha256) == b""


async def test_one_sync_releases_a_few_and_the_next_goes_on(bench: Bench) -> None:
    for number in range(MOST_AT_ONCE + 3):
        await sent_visit(bench.phone, "case-1", await photo(bench.phone, b"%d" % number))
    await release_sent(bench.phone)
    bench.clock.forward(days=1)
    assert (await release_sent(bench.phone)).photos == MOST_AT_ONCE
    assert (await release_sent(bench.phone)).photos == 3


async def test_a_thumbnail_goes_with_its_record(bench: Bench) -> None:
    await bench.brief()
    sha256 = await photo(bench.phone, jpeg())
    await sent_visit(bench.phone, "case-1", sha256)
    await release_sent(bench.phone)
    bench.clock.forward(days=1)
    await release_sent(bench.phone)
    bench.clock.forward(days=365)
    await delete_expired(bench.phone)
    assert not list((bench.directory / "photos").glob(f"{sha256}*"))
