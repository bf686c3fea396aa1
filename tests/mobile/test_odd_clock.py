"""A clock at either end of the calendar: every screen still opens, and a record is refused."""

from __future__ import annotations

from datetime import datetime

import pytest

from mobile.store.meta import SyncState
from mobile.usecases import advise, cases, drafts, odd_clock, outbox, take_photo
from mobile.usecases.odd_clock import ClockOff, clock_off
from mobile.usecases.records import record
from mobile.usecases.today import today
from shared.problems import ProblemError
from shared.records.visit import Visit
from tests.mobile.conftest import Bench
from tests.support.phone.pictures import slip

ENDS = ("0001-01-01T00:00:00+08:00", "9999-12-31T23:59:59+08:00", "9999-12-31T23:59:59-12:00")


@pytest.mark.parametrize("at", ENDS)
async def test_a_phone_at_an_end_of_the_calendar_goes_on(bench: Bench, at: str) -> None:
    await bench.brief()
    phone = bench.phone
    bench.clock.at = datetime.fromisoformat(at)
    await drafts.save_draft(phone, "case-1", "visit", {"note": "x"})
    assert [draft.case for draft in await drafts.list_drafts(phone)] == ["case-1"]
    await advise.advise(phone, "case-1", "visit", who="self")
    await advise.advise(phone, "case-1", "attempt", who="self")
    await take_photo.take_photo(phone, slip(), case_id="case-1")
    with pytest.raises(ProblemError, match=r"fact\.out_of_bounds"):
        await record(phone, "case-1", Visit(met="self", outcome="promised"))
    await today(phone)
    await outbox.outbox(phone)
    await cases.open_case(phone, "case-1")
    await cases.list_cases(phone)


# a clock that is days off


@pytest.mark.parametrize(
    ("phone_at", "off"),
    [
        ("2026-11-29T09:00:00+08:00", False),
        ("2026-11-28T09:00:01+08:00", False),
        ("2026-11-28T09:00:00+08:00", True),
        ("2026-11-30T09:00:00+08:00", True),
        ("2026-11-29T01:00:00Z", False),
        ("2019-01-01T09:00:00+08:00", True),
        ("", False),
        ("nonsense", False),
    ],
)
def test_a_clock_is_off_from_a_day_on(phone_at: str, off: bool) -> None:
    assert (clock_off(phone_at, "2026-11-29T09:00:00+08:00") is not None) is off


def test_a_server_that_does_not_say_the_time_says_nothing_of_the_clock() -> None:
    assert clock_off("2019-01-01T09:00:00+08:00", "") is None


async def test_a_clock_that_is_off_is_said_once_with_both_days(bench: Bench) -> None:
    bench.clock.demo = False
    state = SyncState(
        refreshed_at="2019-12-05T10:00:00+08:00", office_at="2019-12-12T10:00:00+08:00"
    )
    await bench.phone.store.meta.put("sync", state)
    found = await odd_clock.to_report(bench.phone)
    assert found == ClockOff("2019-12-05", "2019-12-12")
    await odd_clock.note_read(bench.phone, found)
    assert await odd_clock.to_report(bench.phone) is None


async def test_a_clock_that_is_off_by_another_number_is_said_again(bench: Bench) -> None:
    bench.clock.demo = False
    await odd_clock.note_read(bench.phone, ClockOff("2019-12-05", "2019-12-12"))
    state = SyncState(
        refreshed_at="2020-02-01T10:00:00+08:00", office_at="2019-12-12T10:00:00+08:00"
    )
    await bench.phone.store.meta.put("sync", state)
    assert await odd_clock.to_report(bench.phone) is not None


async def test_a_demonstrations_clock_is_made_up(bench: Bench) -> None:
    bench.clock.demo = True
    state = SyncState(
        refreshed_at="2019-12-05T10:00:00+08:00", office_at="2019-12-12T10:00:00+08:00"
    )
    await bench.phone.store.meta.put("sync", state)
    assert await odd_clock.to_report(bench.phone) is None
