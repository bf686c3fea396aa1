"""The list by village with its counts, and the next door of a village after a record."""

from __future__ import annotations

from mobile.usecases.cases import list_cases
from mobile.usecases.phone import Phone
from mobile.usecases.records import correct, record
from mobile.usecases.save import join_due
from mobile.usecases.today import today
from mobile.usecases.villages import by_village, next_door
from shared.records.base import Fact, Position, encode, plain
from shared.records.contact_update import ContactUpdate
from shared.records.notice_delivery import NoticeDelivery
from shared.records.visit import Visit
from shared.wire import OwnRecord, b64
from tests.mobile.conftest import Bench, case_state, paid

PAIR = ("郑老师", "冯老师")


async def visit(phone: Phone, case: str, position: Position | None = None) -> None:
    body = Visit(met="self", outcome="not_aware", visitors=PAIR, position=position)
    await record(phone, case, body)


async def next_id(phone: Phone, case: str) -> tuple[str, int]:
    found = await next_door(phone, case)
    assert found is not None
    return (found.line.id if found.line else "", found.left)


async def test_the_list_is_grouped_by_village_with_what_is_left(bench: Bench) -> None:
    await bench.give(
        case_state(2, village="西槐村"), case_state(3), case_state(4, repaid=paid("2019-12-12"))
    )
    found = by_village(await list_cases(bench.phone))
    assert [(v.name, len(v.lines), v.left) for v in found] == [("东槐村", 3, 2), ("西槐村", 1, 1)]


async def test_two_villages_of_one_name_in_two_townships_stay_apart(bench: Bench) -> None:
    await bench.give(case_state(2, township="石桥镇"))
    found = by_village(await list_cases(bench.phone))
    assert sorted((v.township, v.name) for v in found) == [
        ("柳林镇", "东槐村"),
        ("石桥镇", "东槐村"),
    ]


async def test_the_next_door_is_of_the_same_village_in_the_order_of_the_codes(bench: Bench) -> None:
    await bench.give(case_state(2, village="西槐村"), case_state(3), case_state(4))
    await visit(bench.phone, "case-3")
    assert await next_id(bench.phone, "case-3") == ("case-1", 2)


async def test_the_nearest_known_position_is_next_and_the_unknown_follow(bench: Bench) -> None:
    await bench.give(case_state(2), case_state(3), case_state(4))
    for case, latitude in (("case-3", 34.95), ("case-4", 34.91)):
        await visit(bench.phone, case, Position(latitude_deg=latitude, longitude_deg=109.5))
    bench.clock.forward(days=1)
    await visit(bench.phone, "case-2", Position(latitude_deg=34.9, longitude_deg=109.5))
    assert await next_id(bench.phone, "case-2") == ("case-4", 3)


async def test_whoever_was_seen_today_is_not_next(bench: Bench) -> None:
    await bench.give(case_state(2), case_state(3))
    body = NoticeDelivery(outcome="signed", signer_relation="self")
    await record(bench.phone, "case-1", body)  # to visit, but not today again
    await visit(bench.phone, "case-2")
    assert await next_id(bench.phone, "case-2") == ("case-3", 1)
    await visit(bench.phone, "case-3")
    assert await next_id(bench.phone, "case-3") == ("", 0)


async def test_a_case_without_a_village_has_no_next_door(bench: Bench) -> None:
    await bench.give(case_state(1, village="", address=""), case_state(2, village=""))
    assert await next_door(bench.phone, "case-1") is None


async def test_today_counts_homes_not_records(bench: Bench) -> None:
    await bench.give(case_state(2))
    body = NoticeDelivery(outcome="signed", signer_relation="self")
    await record(bench.phone, "case-1", body)
    await visit(bench.phone, "case-1")
    view = await today(bench.phone)
    assert [(done.line.id, [kind for kind, _ in done.records]) for done in view.done] == [
        ("case-1", ["notice_delivery", "visit"])
    ]
    bench.clock.forward(days=1)
    assert (await today(bench.phone)).done == ()


async def test_promises_are_named_until_noon(bench: Bench) -> None:
    assert not (await today(bench.phone)).morning
    bench.clock.set_by(minutes=-1)
    assert (await today(bench.phone)).morning


async def test_what_another_phone_of_the_teacher_recorded_today_was_done_today(
    bench: Bench,
) -> None:
    await bench.give(case_state(2))
    await visit(bench.phone, "case-1")
    await bench.phone.store.earlier.put({"case-2": [made_elsewhere(bench, "case-2")]})
    assert {done.line.id for done in (await today(bench.phone)).done} == {"case-1", "case-2"}


async def test_a_home_whose_only_record_was_withdrawn_was_not_done(bench: Bench) -> None:
    await bench.give(case_state(2))
    line = await record(bench.phone, "case-1", Visit(met="self", outcome="not_aware"))
    await join_due(bench.phone, everything=True)
    await correct(bench.phone, line.fact, reason="记错了人")
    assert (await today(bench.phone)).done == ()


async def test_an_address_recorded_on_another_phone_is_found(bench: Bench) -> None:
    await bench.give(case_state(2))
    await bench.phone.store.earlier.put({"case-2": [made_elsewhere(bench, "case-2")]})
    assert [line.id for line in await list_cases(bench.phone, "卫生室")] == ["case-2"]


def made_elsewhere(bench: Bench, case: str) -> OwnRecord:
    """An address of a case, recorded now on another phone of the teacher."""
    now = bench.phone.now().isoformat()
    body = ContactUpdate(field="address", value="东槐村卫生室后面", source="neighbour")
    fact = Fact(
        id="01a20960-0000-7752-9a34-72f9d769fb01",
        season="2019",
        kind="contact_update",
        case=case,
        captured_at=now,
        happened_at=now,
        body=plain(body),
    )
    return OwnRecord(bytes=b64(encode(fact)), seq=1)
