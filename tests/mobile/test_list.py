"""The list of cases: search, filters, order; 4,000 cases while typing; a paid case stays a week."""

from __future__ import annotations

import time
from datetime import datetime

import msgspec
import pytest

from mobile.usecases.cases import FILTERS, list_cases, open_case
from mobile.usecases.phone import Phone
from mobile.usecases.records import record
from mobile.usecases.views import CaseLine
from shared.cases import Person, Repaid
from shared.ids import show_case_code
from shared.lifecycle import Review
from shared.problems import ProblemError
from shared.records.base import Fact, Position, encode, plain
from shared.records.notice_delivery import NoticeDelivery
from shared.records.statement import Statement
from shared.records.visit import Visit
from shared.season import Season
from shared.wire import CaseState
from sync_server.sample.season import season_2019
from tests.mobile.conftest import NOON, Bench, case_state, paid

PAIR = ("郑老师", "冯老师")


async def ids(phone: Phone, query: str = "", only: str = "") -> list[str]:
    return [line.id for line in await list_cases(phone, query, only)]


async def visit(phone: Phone, case: str, outcome: str = "promised", **fields: object) -> str:
    body = Visit(met="self", outcome=outcome, visitors=PAIR, **fields)  # by name
    return (await record(phone, case, body)).fact


async def deliver(phone: Phone, case: str, position: Position | None = None) -> str:
    body = NoticeDelivery(outcome="signed", signer_relation="self", position=position)
    return (await record(phone, case, body)).fact


# search


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["case-1", "case-2"]),
        ("  ", ["case-1", "case-2"]),
        ("小雨", ["case-1"]),
        ("欧阳", ["case-1"]),
        ("西槐", ["case-2"]),
        ("柳林", ["case-1", "case-2"]),
        ("qh01", ["case-1", "case-2"]),
        ("qh01-0002", ["case-2"]),
        ("QH010002", ["case-2"]),
        ("oyx", ["case-1"]),
        ("WD", ["case-2"]),
        ("ywd", []),
        ("没有这个人", []),
        ("138", []),
        ("5678", ["case-1"]),
        ("4321", ["case-1", "case-2"]),
        ("0005678", []),
        ("三组17号", ["case-1", "case-2"]),
        ("西槐 三组", ["case-2"]),
        ("ＱＨ０１－０００２", ["case-2"]),
        ("6105", []),
        ("138 1234 5678", ["case-1"]),
        ("138 5678", []),
    ],
)
async def test_search_is_by_name_initials_code_place_and_the_end_of_a_phone_and_by_nothing_else(
    bench: Bench, query: str, found: list[str]
) -> None:
    weidong = case_state(2, borrower=Person(name="卫东"), village="西槐村", initials="wd yd")
    await bench.give(case_state(1, initials="oyxy"), weidong)
    assert sorted(await ids(bench.phone, query)) == found


@pytest.mark.parametrize(
    "query", ["阿依古丽·买买提", "阿依古丽买买提", "阿依古丽•买买提", "阿依古丽・买买提", "丽.买"]
)
async def test_a_name_in_parts_is_found_whatever_dot_the_keyboard_has(
    bench: Bench, query: str
) -> None:
    await bench.give(case_state(1), case_state(2, borrower=Person(name="阿依古丽·买买提")))
    assert await ids(bench.phone, query) == ["case-2"]


async def test_cases_of_a_server_of_0_1_are_found_by_everything_but_initials(bench: Bench) -> None:
    assert await ids(bench.phone, "oyxy") == []
    assert await ids(bench.phone, "欧阳") == ["case-1"]


async def test_filters_show_what_they_name(bench: Bench) -> None:
    phone = bench.phone
    returned = CaseState(case=case_state(6).case, version=6, delivery="signed", visits=1)
    await bench.give(*(case_state(n) for n in range(1, 6)), returned, case_state(7, repaid=paid()))
    await deliver(phone, "case-2")
    for number, outcome in ((3, "promised"), (4, "hardship")):
        await deliver(phone, f"case-{number}")
        await visit(
            phone, f"case-{number}", outcome, promise_date="2019-12-12" if number == 3 else ""
        )
    fact = await visit(phone, "case-6", "not_aware")
    await bench.give(
        CaseState(
            case=returned.case,
            version=8,
            delivery="signed",
            reviews=(Review(fact=fact, verdict="returned"),),
        )
    )
    assert {only: sorted(await ids(phone, only=only)) for only in FILTERS if only} == {
        "not_delivered": ["case-1", "case-5"],
        "to_visit": ["case-2"],
        "promised_today": ["case-3"],
        "statement_missing": ["case-4"],
        "returned": ["case-6"],
        "paid": ["case-7"],
    }


async def test_search_and_filter_narrow_together(bench: Bench) -> None:
    await bench.give(case_state(2, village="西槐村"))
    await deliver(bench.phone, "case-2")
    assert await ids(bench.phone, "槐村", "not_delivered") == ["case-1"]


# order


async def test_promised_for_today_stands_first_then_what_was_returned(bench: Bench) -> None:
    phone = bench.phone
    await bench.give(case_state(2), case_state(3), case_state(4))
    for case in ("case-2", "case-3"):
        await deliver(phone, case)
    fact = await deliver(phone, "case-4")
    bench.clock.forward(days=-2)
    await visit(phone, "case-3", promise_date="2019-12-12")
    bench.clock.forward(days=2)
    await bench.give(case_state(4, reviews=(Review(fact=fact, verdict="returned"),)))
    assert await ids(phone) == ["case-3", "case-4", "case-2", "case-1"]


async def test_the_nearest_stands_first_and_unknown_places_follow_by_village(bench: Bench) -> None:
    phone = bench.phone
    await bench.give(
        case_state(1, village="丙村"), case_state(2, village="甲村"), case_state(3), case_state(4)
    )
    for case, latitude in (("case-3", 34.95), ("case-4", 34.91)):
        await visit(phone, case, position=Position(latitude_deg=latitude, longitude_deg=109.5))
    phone.here = Position(latitude_deg=34.9, longitude_deg=109.5)
    lines = await list_cases(phone)
    assert [line.id for line in lines] == ["case-4", "case-3", "case-1", "case-2"]
    assert [round(line.distance_m or 0, -2) for line in lines] == [1100, 5600, 0, 0]


async def test_without_a_position_there_are_no_distances(bench: Bench) -> None:
    await deliver(bench.phone, "case-1", Position(latitude_deg=34.9, longitude_deg=109.5))
    (line,) = await list_cases(bench.phone)
    assert line.distance_m is None


# what a row says


async def todo_of(phone: Phone) -> str:
    (line,) = await list_cases(phone)
    return line.todo


async def test_a_case_is_delivered_then_visited_then_rests_for_the_day(bench: Bench) -> None:
    phone = bench.phone
    assert await todo_of(phone) == "deliver"
    await deliver(phone, "case-1")
    assert await todo_of(phone) == "visit"
    await visit(phone, "case-1", "not_aware")
    assert await todo_of(phone) == "none"
    bench.clock.forward(days=1)
    assert await todo_of(phone) == "visit"


async def test_a_promise_rests_until_its_day(bench: Bench) -> None:
    phone = bench.phone
    await deliver(phone, "case-1")
    await visit(phone, "case-1", promise_date="2019-12-15")
    for day, todo in (("2019-12-14", "none"), ("2019-12-15", "visit"), ("2019-12-16", "visit")):
        bench.clock.at = datetime.fromisoformat(f"{day}T09:00:00+08:00")
        assert await todo_of(phone) == todo
    bench.clock.at = datetime.fromisoformat("2019-12-15T09:00:00+08:00")
    (line,) = await list_cases(phone)
    assert line.promised_today


async def test_special_circumstances_ask_for_a_statement_and_then_for_nothing(bench: Bench) -> None:
    phone = bench.phone
    await deliver(phone, "case-1")
    await visit(phone, "case-1", "hardship")
    assert await todo_of(phone) == "statement"
    line = await record(phone, "case-1", Statement(reason="hardship", narrative="父母务农"))
    assert await todo_of(phone) == "none"
    await bench.give(
        case_state(1, reviews=(Review(fact=line.fact, verdict="returned", comment="请写明"),))
    )
    assert await todo_of(phone) == "fix"


@pytest.mark.parametrize("known", [{"repaid": paid()}, {"deceased": True}])
async def test_a_repaid_or_deceased_borrower_needs_no_visit(
    bench: Bench, known: dict[str, object]
) -> None:
    await bench.give(case_state(1, **known))
    assert await todo_of(bench.phone) == "none"


async def test_work_of_other_phones_counts(bench: Bench) -> None:
    await bench.give(case_state(1, delivery="signed", visits=3, statement="accepted"))
    (line,) = await list_cases(bench.phone)
    assert (line.delivered, line.visits, line.stage, line.todo) == (True, 3, "special", "none")


async def test_a_row_follows_undo_feed_and_season(bench: Bench) -> None:
    """What is cached of a case is computed again as soon as anything it depends on changes."""
    phone = bench.phone
    fact = await deliver(phone, "case-1")
    assert await todo_of(phone) == "visit"
    await phone.store.facts.undo(fact)
    assert await todo_of(phone) == "deliver"
    await bench.give(case_state(1, delivery="signed"))
    assert await todo_of(phone) == "visit"
    await visit(phone, "case-1", "hardship")
    assert await todo_of(phone) == "statement"
    await bench.brief(season_without_special())
    assert await todo_of(phone) == "none"


def season_without_special() -> Season:
    season = season_2019()
    reasons = tuple(msgspec.structs.replace(r, group="other") for r in season.reasons)
    return msgspec.structs.replace(season, reasons=reasons)


# paid


async def test_a_paid_case_stays_a_week_and_then_leaves_the_list(bench: Bench) -> None:
    await bench.give(case_state(1, repaid=paid("2019-12-05")))
    assert await ids(bench.phone) == ["case-1"]
    bench.clock.forward(days=1)
    assert await ids(bench.phone) == []


async def test_a_paid_case_with_unsent_work_stays_until_that_is_acknowledged(bench: Bench) -> None:
    fact = await deliver(bench.phone, "case-1")
    await bench.give(case_state(1, repaid=paid("2019-11-30")))
    assert await ids(bench.phone) == ["case-1"]
    await bench.sent(fact)
    assert await ids(bench.phone) == []


async def test_a_reversed_payment_brings_the_case_back(bench: Bench) -> None:
    await bench.give(case_state(1, repaid=paid("2019-11-30")))
    assert await ids(bench.phone) == []
    await bench.give(case_state(1, repaid=Repaid(as_of="2019-12-12")))
    (line,) = await list_cases(bench.phone)
    assert (line.paid, line.todo) == (False, "deliver")


# one case


async def test_one_case_shows_its_code_as_people_write_it_and_its_records_newest_first(
    bench: Bench,
) -> None:
    await deliver(bench.phone, "case-1")
    await visit(bench.phone, "case-1")
    view = await open_case(bench.phone, "case-1")
    assert view.line.code == show_case_code(case_state(1).case.code)
    assert [(h.kind, h.words.zh) for h in view.history] == [
        ("visit", "本人 · 承诺还款"),
        ("notice_delivery", "已签收 · 本人"),
    ]


async def test_an_unknown_case_is_refused(phone: Phone) -> None:
    with pytest.raises(ProblemError) as refused:
        await open_case(phone, "nobody")
    assert refused.value.code == "case.unknown"


# speed


async def crowd(bench: Bench, cases: int, facts: int) -> None:
    """So many cases in sixty villages, and visits with positions spread over them."""
    await bench.give(*(case_state(n, village=f"第{n % 60}村") for n in range(1, cases + 1)))
    store, at = bench.phone.store, NOON.isoformat()
    with store.db.atomic():
        for number in range(facts):
            position = Position(latitude_deg=34.9 + number / 10_000, longitude_deg=109.5)
            body = plain(Visit(met="self", outcome="not_aware", visitors=PAIR, position=position))
            fact = Fact(
                id=f"f{number}",
                season="2019",
                kind="visit",
                case=f"case-{1 + number * 7 % cases}",
                captured_at=at,
                happened_at=at,
                body=body,
            )
            await store.facts.add(fact, encode(fact), 0)


def plain_filter(phone: Phone, query: str) -> list[CaseLine]:
    """The least any list could do: look at every name, make a row of every match, sort."""
    rows = []
    for state in phone.store.cases.all():
        case = state.case
        if any(
            query in text.upper()
            for text in (case.borrower.name, case.village, case.township, case.code)
        ):
            rows.append(
                CaseLine(
                    id=case.id,
                    code=case.code,
                    name=case.borrower.name,
                    village=case.village,
                    township=case.township,
                    stage="",
                    todo="",
                )
            )
    return sorted(rows, key=lambda r: (r.township, r.village, r.code))


async def cpu_s(phone: Phone, *queries: str) -> float:
    """Processor seconds for the list at these keystrokes: the best of five, for other work disturbs."""
    rounds = []
    for _ in range(5):
        started = time.process_time()
        for query in queries:
            await list_cases(phone, query)
        rounds.append(time.process_time() - started)
    return min(rounds)


async def test_4000_cases_are_searched_while_typing(bench: Bench) -> None:
    """No absolute time, for machines differ: against a plain filter over the same 4,000: 5 times, and
    36 to 41 times when every case was judged anew at every keystroke."""
    await crowd(bench, 4000, 1000)
    phone, typed = bench.phone, ("第", "第1", "第1村", "QH01")
    phone.here = Position(latitude_deg=34.9, longitude_deg=109.5)
    await list_cases(phone)
    least = []
    for _ in range(5):
        started = time.process_time()
        found = [plain_filter(phone, query) for query in typed]
        least.append(time.process_time() - started)
    for query, expected in zip(typed, found, strict=True):
        assert set(await ids(phone, query)) == {row.id for row in expected}
    assert await cpu_s(phone, *typed) < 14 * min(least)


async def test_the_cost_of_a_list_does_not_grow_with_the_facts_of_other_cases(bench: Bench) -> None:
    await crowd(bench, 1500, 0)
    without = await cpu_s(bench.phone, "QH01")
    await crowd(bench, 1500, 1500)
    await list_cases(bench.phone)
    assert await cpu_s(bench.phone, "QH01") < 4 * without


async def test_a_position_gives_distances_without_judging_cases_again(bench: Bench) -> None:
    await deliver(bench.phone, "case-1", Position(latitude_deg=34.91, longitude_deg=109.5))
    before = (await list_cases(bench.phone))[0]
    bench.phone.here = Position(latitude_deg=34.9, longitude_deg=109.5)
    after = (await list_cases(bench.phone))[0]
    assert (before.distance_m, round(after.distance_m or 0, -2)) == (None, 1100)


async def test_a_colleague_s_promise_is_known_to_whoever_takes_over(bench: Bench) -> None:
    await bench.give(case_state(1, delivery="signed", visits=1, promised_on="2019-12-18"))
    line = (await list_cases(bench.phone))[0]
    assert (line.stage, line.todo, line.promise_date, line.visits) == (
        "promised",
        "none",
        "2019-12-18",
        1,
    )


async def test_the_teachers_own_visit_outweighs_a_colleagues_promise(bench: Bench) -> None:
    await bench.give(case_state(1, delivery="signed", promised_on="2019-12-18"))
    await visit(bench.phone, "case-1", "not_aware")
    assert (await list_cases(bench.phone))[0].promise_date == ""


async def test_a_colleagues_returned_record_is_shown_with_its_comment(
    bench: Bench,
) -> None:
    review = Review(fact="elsewhere", verdict="returned", comment="日期不对")
    mended = Review(fact="mended", verdict="returned", comment="已改好")
    await bench.give(case_state(1, reviews=(review, mended), returned=("elsewhere",)))
    view = await open_case(bench.phone, "case-1")
    assert (view.returned_elsewhere, view.returned, view.line.returned) == ((review,), (), False)


async def test_the_teachers_own_returned_record_is_not_shown_twice(bench: Bench) -> None:
    fact = await visit(bench.phone, "case-1", "not_aware")
    review = Review(fact=fact, verdict="returned", comment="日期不对")
    await bench.give(case_state(1, reviews=(review,), returned=(fact,)))
    view = await open_case(bench.phone, "case-1")
    assert (view.returned, view.returned_elsewhere) == ((review,), ())


async def test_a_death_recorded_here_waits_for_the_office(bench: Bench) -> None:
    await visit(bench.phone, "case-1", "death")
    view = await open_case(bench.phone, "case-1")
    assert (view.death_recorded, view.deceased, view.line.todo) == (True, False, "statement")
    await bench.give(case_state(1, deceased=True, statement="accepted"))
    view = await open_case(bench.phone, "case-1")
    assert (view.death_recorded, view.deceased, view.line.todo, view.line.deceased) == (
        False,
        True,
        "none",
        True,
    )
