"""A clock at either end of the calendar: every screen still opens, and a record is refused."""

from __future__ import annotations

from datetime import datetime

import pytest

from mobile.usecases import advise, cases, drafts, outbox, take_photo
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
