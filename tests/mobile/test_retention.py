"""Deletion: unused photos after a day, a season that is over completely, unsent work never."""

from __future__ import annotations

import logging
import tempfile
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobile.store import moved
from mobile.store.deletion import Deletion, delete_all
from mobile.store.meta import SyncState
from mobile.store.photos import PhotoStore
from mobile.usecases.drafts import drop_draft, list_drafts, save_draft
from mobile.usecases.records import correct, record
from mobile.usecases.retention import delete_expired, is_over, office_day
from mobile.usecases.take_photo import photo_bytes
from shared.problems import ProblemError, details
from shared.records.statement import Statement
from shared.season import phone_keeps_until
from sync_server.sample.season import season_2019
from tests.mobile.conftest import Bench, SetClock, case_state, open_phone
from tests.support.phone.records import VISIT, photo, sent_visit

DAY = timedelta(days=1)


def after_the_season(bench: Bench) -> None:
    bench.clock.forward(days=(phone_keeps_until(season_2019()) - bench.clock.at.date()).days + 1)


# photos nobody used


async def test_an_unused_photo_is_deleted_after_a_day(bench: Bench) -> None:
    sha256 = await photo(bench.phone, b"unused")
    assert (await delete_expired(bench.phone)).photos == 0
    bench.clock.forward(days=1)
    assert (await delete_expired(bench.phone)).photos == 1
    assert bench.phone.store.photos.row(sha256) is None
    assert list((bench.directory / "photos").iterdir()) == []


async def test_a_photo_in_an_open_form_stays_however_long(bench: Bench) -> None:
    sha256 = await photo(bench.phone, b"in a form")
    await save_draft(bench.phone, "case-1", "deliver", {"outcome": "signed", "photos": [sha256]})
    bench.clock.forward(days=20)
    await delete_expired(bench.phone)
    assert await photo_bytes(bench.phone, sha256) == b"in a form"


async def test_a_photo_of_a_record_stays_however_long(bench: Bench) -> None:
    sha256 = await photo(bench.phone, b"of a record")
    await record(bench.phone, "case-1", VISIT, (sha256,))
    bench.clock.forward(days=20)
    await delete_expired(bench.phone)
    assert await photo_bytes(bench.phone, sha256) == b"of a record"


async def test_an_unused_photo_from_the_future_of_a_clock_set_back_is_deleted_too(
    bench: Bench,
) -> None:
    sha256 = await photo(bench.phone, b"tomorrow's")
    bench.clock.forward(days=-400)
    await delete_expired(bench.phone)
    assert bench.phone.store.photos.row(sha256) is None


async def test_files_left_by_a_kill_are_deleted_at_the_next_start(bench: Bench) -> None:
    sha256 = await photo(bench.phone, b"half way")
    bench.phone.store.photos.drop([sha256])  # committed, and then the battery was out
    phone = await bench.again()
    await delete_expired(phone)
    assert list((bench.directory / "photos").iterdir()) == []


async def test_a_form_is_deleted_by_its_case_and_its_name(bench: Bench) -> None:
    for case, form in (("case-1", "visit"), ("case-1", "deliver"), ("case-2", "visit")):
        await save_draft(bench.phone, case, form, {})
    await delete_all(bench.phone.store, Deletion(drafts={("case-1", "visit")}))
    left = {(d.case, d.form) for d in await bench.phone.store.drafts.all()}
    assert left == {("case-1", "deliver"), ("case-2", "visit")}


# the season is over


async def test_until_its_day_has_passed_nothing_of_the_season_is_deleted(bench: Bench) -> None:
    await bench.brief()
    await sent_visit(bench.phone)
    bench.clock.forward(days=(phone_keeps_until(season_2019()) - bench.clock.at.date()).days)
    assert not (await delete_expired(bench.phone)).over
    assert bench.phone.store.facts.all()
    assert bench.phone.store.cases.get("case-1")


async def test_afterwards_a_phone_that_never_came_back_online_keeps_nothing_acknowledged(
    bench: Bench,
) -> None:
    await bench.brief()
    sha256 = await photo(bench.phone, b"a slip")
    await sent_visit(bench.phone, "case-1", sha256)
    after_the_season(bench)
    phone = await bench.again()
    gone = await delete_expired(phone)
    assert (gone.facts, gone.cases, gone.photos, gone.over) == (1, 1, 1, True)
    phone = await bench.again()
    assert (phone.store.facts.all(), phone.store.cases.all(), phone.store.photos.all()) == (
        [],
        [],
        [],
    )
    assert list((bench.directory / "photos").iterdir()) == []


async def test_deleted_data_is_overwritten_in_the_database_too(bench: Bench) -> None:
    await bench.brief()
    fact = await sent_visit(bench.phone)
    cells = [
        bytes(r["body"])
        for name in ("fact", "case_file")
        for r in bench.phone.store.db.table(name).rows
    ]
    assert len(cells) == 2
    assert all(cell[20:60] in bench.raw() for cell in cells)
    after_the_season(bench)
    await delete_expired(bench.phone)
    assert not any(cell[20:60] in bench.raw() for cell in cells)
    assert fact.encode() not in bench.raw()


async def test_a_case_with_unsent_work_stays_with_all_its_records(bench: Bench) -> None:
    await bench.brief()
    await bench.give(case_state(2))
    first = await sent_visit(bench.phone)
    await sent_visit(bench.phone, "case-2")
    mended = (await correct(bench.phone, first, reason="时间记错了", body=VISIT)).fact
    after_the_season(bench)
    await delete_expired(bench.phone)
    assert {k.id for k in bench.phone.store.facts.all()} == {first, mended}
    assert [c.case.id for c in bench.phone.store.cases.all()] == ["case-1"]


async def test_a_record_whose_photo_waits_stays_with_it(bench: Bench) -> None:
    await bench.brief()
    sha256 = await photo(bench.phone, b"waits")
    line = await record(bench.phone, "case-1", VISIT, (sha256,))
    await bench.sent(line.fact)
    after_the_season(bench)
    await delete_expired(bench.phone)
    assert bench.phone.store.facts.get(line.fact)
    assert await photo_bytes(bench.phone, sha256) == b"waits"


async def test_a_form_not_finished_stays_with_its_case_and_photo_until_it_is_handed_in(
    bench: Bench,
) -> None:
    await bench.brief()
    await bench.give(case_state(2))
    await sent_visit(bench.phone, "case-2")
    sha256 = await photo(bench.phone, b"of the form")
    await save_draft(
        bench.phone, "case-1", "visit", {"note": "half a sentence", "photos": [sha256]}
    )
    after_the_season(bench)
    phone = await bench.again()
    assert (await delete_expired(phone)).over
    assert [(d.name, d.fields["note"]) for d in await list_drafts(phone)] == [
        ("欧阳小雨", "half a sentence")
    ]
    assert [c.case.id for c in phone.store.cases.all()] == ["case-1"]
    line = await record(phone, "case-1", VISIT, (sha256,))
    await drop_draft(phone, "case-1", "visit")
    await bench.sent(line.fact)
    phone.store.photos.mark_sent(sha256)
    await delete_expired(phone)
    assert (phone.store.cases.all(), phone.store.facts.all(), phone.store.photos.all()) == (
        [],
        [],
        [],
    )


async def test_a_discarded_form_no_longer_keeps_its_case(bench: Bench) -> None:
    await bench.brief()
    await save_draft(bench.phone, "case-1", "visit", {"note": "half a sentence"})
    after_the_season(bench)
    await drop_draft(bench.phone, "case-1", "visit")
    assert (await delete_expired(bench.phone)).cases == 1


async def test_the_chain_continues_after_its_facts_are_deleted(bench: Bench) -> None:
    await bench.brief()
    await sent_visit(bench.phone)
    last = (await bench.phone.store.meta.chain_head()).n
    after_the_season(bench)
    await delete_expired(bench.phone)
    phone = await bench.again()
    await bench.give(case_state(1))
    line = await record(phone, "case-1", VISIT)
    await phone.store.facts.join(line.fact)
    kept = phone.store.facts.get(line.fact)
    assert kept is not None
    assert (last, kept.n) == (1, 2)


async def test_without_a_word_from_the_office_no_season_is_over(tmp_path: Path) -> None:
    clock = SetClock()
    phone = await open_phone(tmp_path, clock)
    clock.forward(days=4000)
    assert (await delete_expired(phone)).over is False
    phone.store.close()


async def test_an_earlier_season_is_deleted_as_soon_as_the_next_arrives(bench: Bench) -> None:
    await sent_visit(bench.phone)
    season = season_2019()
    await bench.brief(msgspec.structs.replace(season, id="2020"))
    gone = await delete_expired(bench.phone)
    assert (gone.facts, gone.cases, gone.over) == (1, 1, False)


async def test_a_clock_years_ahead_does_not_end_the_season_the_office_is_in(bench: Bench) -> None:
    await bench.brief()
    await sent_visit(bench.phone)
    bench.clock.forward(days=10_000)
    synced = SyncState(
        refreshed_at=bench.phone.now().isoformat(), office_at="2019-12-12T04:00:00+00:00"
    )
    await bench.phone.store.meta.put("sync", synced)
    assert not (await delete_expired(bench.phone)).over
    bench.clock.forward(days=40)
    assert (await delete_expired(bench.phone)).over


async def test_the_time_of_the_office_alone_does_not_date_the_phone(bench: Bench) -> None:
    await bench.phone.store.meta.put("sync", SyncState(office_at="2031-01-01T00:00:00+08:00"))
    assert await office_day(bench.phone) == date(2019, 12, 12)


async def test_a_time_of_the_office_past_the_calendar_leaves_the_phone_its_own_day(
    bench: Bench,
) -> None:
    synced = SyncState(
        refreshed_at="0002-01-01T00:00:00+00:00", office_at="9999-12-30T00:00:00+00:00"
    )
    await bench.phone.store.meta.put("sync", synced)
    assert await office_day(bench.phone) == date(2019, 12, 12)


def test_a_season_whose_end_no_calendar_has_is_never_over() -> None:
    endless = msgspec.structs.replace(season_2019(), due_day=date.max)
    assert not is_over(endless, date.max)


async def test_while_no_season_is_known_nothing_is_deleted(bench: Bench) -> None:
    fact = await sent_visit(bench.phone)
    bench.phone.store.meta.erase(["briefing"])
    phone = await bench.again()
    await delete_expired(phone)
    assert [k.id for k in phone.store.facts.all()] == [fact]


async def test_a_photo_that_waits_keeps_its_own_case_and_no_other(bench: Bench) -> None:
    await bench.brief()
    await bench.give(case_state(2))
    await sent_visit(bench.phone, "case-2")
    line = await record(bench.phone, "case-1", VISIT, (await photo(bench.phone, b"waits"),))
    await bench.sent(line.fact)
    after_the_season(bench)
    await delete_expired(bench.phone)
    assert [c.case.id for c in bench.phone.store.cases.all()] == ["case-1"]
    assert [k.id for k in bench.phone.store.facts.all()] == [line.fact]


async def test_a_case_with_an_unsent_record_stays_beside_one_whose_photo_waits(
    bench: Bench,
) -> None:
    await bench.brief()
    await bench.give(case_state(2))
    line = await record(bench.phone, "case-1", VISIT, (await photo(bench.phone, b"waits"),))
    await bench.sent(line.fact)
    await record(bench.phone, "case-2", VISIT)
    after_the_season(bench)
    await delete_expired(bench.phone)
    assert {c.case.id for c in bench.phone.store.cases.all()} == {"case-1", "case-2"}


async def test_the_records_of_a_case_that_left_stay_while_one_is_unsent(bench: Bench) -> None:
    await bench.brief()
    first = await sent_visit(bench.phone)
    second = (await record(bench.phone, "case-1", VISIT)).fact
    await bench.phone.store.cases.apply([], ["case-1"], set())
    after_the_season(bench)
    await delete_expired(bench.phone)
    assert {k.id for k in bench.phone.store.facts.all()} == {first, second}


async def test_a_photo_at_the_office_that_no_record_names_goes_with_the_season(
    bench: Bench,
) -> None:
    await bench.brief()
    sha256 = await photo(bench.phone, b"of a record taken back")
    bench.phone.store.photos.attach([sha256])
    bench.phone.store.photos.mark_sent(sha256)
    bench.clock.forward(days=2)
    await delete_expired(bench.phone)
    assert bench.phone.store.photos.row(sha256)
    after_the_season(bench)
    await delete_expired(bench.phone)
    assert bench.phone.store.photos.row(sha256) is None


async def test_a_photo_that_a_statement_names_as_evidence_stays_however_long(
    bench: Bench,
) -> None:
    sha256 = await photo(bench.phone, b"a certificate")
    await record(
        bench.phone,
        "case-1",
        Statement(reason="unemployed", narrative="没有工作", evidence=(sha256,)),
    )
    bench.clock.forward(days=20)
    await delete_expired(bench.phone)
    assert await photo_bytes(bench.phone, sha256) == b"a certificate"


async def test_the_names_of_cases_that_left_go_with_the_season(bench: Bench) -> None:
    await bench.brief()
    await moved.note(bench.phone.store.meta, bench.phone.store.cases, {"case-1": "冯老师"})
    await photo(bench.phone, b"unused")
    bench.clock.forward(days=2)
    assert (await delete_expired(bench.phone)).photos == 1
    assert len(await moved.moved_cases(bench.phone.store.meta)) == 1
    after_the_season(bench)
    await delete_expired(bench.phone)
    assert await moved.moved_cases((await bench.again()).store.meta) == ()


async def test_a_deletion_that_finds_no_room_is_logged_and_deletes_nothing(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    await bench.brief()
    await sent_visit(bench.phone)
    after_the_season(bench)
    bench.phone.store.db.execute("PRAGMA query_only=ON")
    with caplog.at_level(logging.WARNING, "doorstep.retention"):
        gone = await delete_expired(bench.phone)
    assert (gone.facts, gone.over) == (0, True)
    assert caplog.messages == ["nothing deleted: phone.read_only"]
    assert len(bench.phone.store.facts.all()) == 1


# nothing unsent, ever

RECORDS = st.lists(
    st.tuples(
        st.sampled_from(["case-1", "case-2", "case-3"]),
        st.sampled_from(["pending", "waiting", "sent", "rejected"]),
        st.sampled_from(["none", "waiting", "sent"]),
        st.booleans(),
    ),
    max_size=8,
)


@settings(max_examples=40, deadline=None)
@given(RECORDS, st.integers(-60, 400))
async def test_nothing_unsent_is_ever_deleted(
    records: list[tuple[str, str, str, bool]], days: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        clock = SetClock()
        bench = Bench(await open_phone(Path(folder), clock), clock, Path(folder))
        await bench.brief()
        await bench.give(*(case_state(n) for n in (1, 2, 3)))
        unsent = await write(bench, records)
        clock.forward(days=days)
        await delete_expired(bench.phone)
        phone = await bench.again()
        await delete_expired(phone)
        facts = {k.id: k for k in phone.store.facts.all()}
        for fact, data, photos in unsent:
            assert facts[fact].data == data
            assert phone.store.cases.get(facts[fact].fact.case)
            for sha256 in photos:
                assert await photo_bytes(phone, sha256)
        phone.store.close()


async def write(
    bench: Bench, records: list[tuple[str, str, str, bool]]
) -> list[tuple[str, bytes, list[str]]]:
    """Make records in these states; what of them is unsent: (fact, its bytes, photos that wait)."""
    facts, photos, unsent = bench.phone.store.facts, bench.phone.store.photos, []
    for number, (case, state, picture, drafted) in enumerate(records):
        hashes = (
            () if picture == "none" else (await photo(bench.phone, f"photo {number}".encode()),)
        )
        line = await record(bench.phone, case, VISIT, hashes)
        if drafted:
            await save_draft(bench.phone, case, "visit", {"photos": list(hashes)})
        if state != "pending":
            await facts.join(line.fact)
        if state == "sent":
            facts.mark_sent(line.fact, number + 1)
        if state == "rejected":
            await facts.mark_rejected(line.fact, details(ProblemError("fact.wrong_season")))
        if picture == "sent":
            acknowledge(photos, hashes)
        kept = facts.get(line.fact)
        assert kept is not None
        if state != "sent" or picture == "waiting":
            unsent.append((line.fact, kept.data, list(hashes)))
    return unsent


def acknowledge(photos: PhotoStore, hashes: tuple[str, ...]) -> None:
    for sha256 in hashes:
        photos.mark_sent(sha256)
