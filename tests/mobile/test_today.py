"""Today: what is to do now, what came back on top, what is unsent, how old the list is."""

from __future__ import annotations

from datetime import datetime

import pytest

from mobile.store.meta import SyncState
from mobile.usecases.records import correct, record
from mobile.usecases.today import today
from shared.lifecycle import Review
from shared.records.base import Position
from shared.records.notice_delivery import NoticeDelivery
from shared.records.visit import Visit
from tests.mobile.conftest import Bench, case_state, paid

PROMISED = Visit(
    met="self", outcome="promised", promise_date="2019-12-12", visitors=("郑老师", "冯老师")
)
SIGNED = NoticeDelivery(outcome="signed")


async def test_an_empty_phone_has_a_today(bench: Bench) -> None:
    await bench.phone.store.cases.apply([], ["case-1"], set())
    view = await today(bench.phone)
    assert (view.day, view.todo, view.returned, view.cases, view.unsent) == (
        "2019-12-12",
        (),
        (),
        0,
        0,
    )
    assert (view.teacher, view.fresh, view.list_as_of) == ("", False, "")


async def test_today_names_teacher_school_colleagues_and_the_lists_day(bench: Bench) -> None:
    await bench.enrol()
    await bench.brief()
    view = await today(bench.phone)
    assert (view.teacher, view.school, view.colleagues) == ("郑老师", "青槐县第一中学", ("冯老师",))
    assert view.list_as_of == "2019-12-11"


@pytest.mark.parametrize(
    ("day", "phase", "deadline", "left"),
    [
        ("2019-11-19", "数据整理", "2019-11-20", 1),
        ("2019-11-28", "通知书送达", "2019-11-29", 1),
        ("2019-11-30", "通知书送达", "2019-11-29", -1),
        ("2019-12-18", "上门走访", "2019-12-18", 0),
        ("2019-12-19", "", "2019-12-18", -1),
    ],
)
async def test_the_phase_and_its_deadline_are_those_of_the_day(
    bench: Bench, day: str, phase: str, deadline: str, left: int
) -> None:
    bench.clock.at = datetime.fromisoformat(f"{day}T09:00:00+08:00")
    view = await today(bench.phone)
    assert (view.phase.zh, view.deadline, view.days_left) == (phase, deadline, left)


async def test_promised_today_first_then_the_nearest(bench: Bench) -> None:
    phone = bench.phone
    await bench.give(*(case_state(n) for n in range(2, 5)))
    for case, latitude in (("case-2", 34.99), ("case-3", 34.92), ("case-4", 34.95)):
        where = Position(latitude_deg=latitude, longitude_deg=109.5)
        await record(phone, case, NoticeDelivery(outcome="signed", position=where))
    bench.clock.forward(days=-2)
    await record(phone, "case-2", PROMISED)
    bench.clock.forward(days=2)
    phone.here = Position(latitude_deg=34.9, longitude_deg=109.5)
    view = await today(phone)
    assert [line.id for line in view.todo] == ["case-2", "case-3", "case-4", "case-1"]
    assert (view.promised_today, view.to_visit, view.to_deliver) == (1, 3, 1)


async def test_what_rests_is_not_in_todays_list_and_is_counted(bench: Bench) -> None:
    await bench.give(case_state(2, repaid=paid()))
    await record(bench.phone, "case-1", SIGNED)
    await record(bench.phone, "case-1", PROMISED)
    view = await today(bench.phone)
    assert (view.todo, view.cases, view.paid, view.unsent) == ((), 2, 1, 2)


async def test_a_returned_record_stands_on_top_with_its_comment_until_it_is_corrected(
    bench: Bench,
) -> None:
    phone = bench.phone
    line = await record(phone, "case-1", SIGNED)
    review = Review(fact=line.fact, verdict="returned", comment="签收单照片不清楚")
    await bench.give(case_state(1, reviews=(review,)), case_state(2))
    view = await today(phone)
    assert [(row.id, review_of_row) for row, review_of_row in view.returned] == [("case-1", review)]
    assert view.todo[0].id == "case-1"
    await correct(phone, line.fact, reason="重拍", body=SIGNED)
    assert (await today(phone)).returned == ()


async def test_a_returned_correction_stands_on_top_again(bench: Bench) -> None:
    phone = bench.phone
    line = await record(phone, "case-1", SIGNED)
    mended = await correct(phone, line.fact, reason="重拍", body=SIGNED)
    again = Review(fact=mended.fact, verdict="returned", comment="还是不清楚")
    await bench.give(case_state(1, reviews=(Review(fact=line.fact, verdict="returned"), again)))
    assert [review_of_row for _, review_of_row in (await today(phone)).returned] == [again]


@pytest.mark.parametrize(
    ("refreshed_at", "fresh"),
    [("2019-12-12T00:01:00+08:00", True), ("2019-12-11T23:59:00+08:00", False)],
)
async def test_a_list_refreshed_yesterday_is_marked(
    bench: Bench, refreshed_at: str, fresh: bool
) -> None:
    await bench.phone.store.meta.put("sync", SyncState(refreshed_at=refreshed_at))
    view = await today(bench.phone)
    assert (view.fresh, view.refreshed_at) == (fresh, refreshed_at)
