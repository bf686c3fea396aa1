"""Advice before an act: the rules' flags over this phone's own records, never a refusal."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from mobile.usecases.advise import advise
from mobile.usecases.records import correct, record
from mobile.usecases.speak_to import speak_to
from mobile.usecases.views import Script
from shared.problems import ProblemError
from shared.records.contact_attempt import ContactAttempt
from shared.records.registry import read
from shared.records.visit import Visit
from shared.season import Limits
from sync_server.sample.season import season_2019
from tests.mobile.conftest import NOON, Bench, case_state

PAIR = ("郑老师", "冯老师")
VISIT = Visit(met="self", outcome="promised", visitors=PAIR)


async def test_two_visitors_at_noon_get_no_flag(bench: Bench) -> None:
    advice = await advise(bench.phone, "case-1", "visit", who="self", visitors=PAIR)
    assert (advice.flags, advice.next_visit_from, advice.amounts_allowed) == ((), "", True)


async def test_a_late_visit_alone_to_a_neighbour_gets_every_flag(bench: Bench) -> None:
    bench.clock.at = NOON.replace(hour=22)
    advice = await advise(bench.phone, "case-1", "visit", who="neighbour", visitors=("郑老师",))
    assert (advice.flags, advice.amounts_allowed) == (
        ("outside_hours", "alone", "third_party_early"),
        False,
    )


async def test_the_moment_of_the_act_counts_not_that_of_asking(bench: Bench) -> None:
    bench.clock.at = NOON.replace(hour=23)
    assert (await advise(bench.phone, "case-1", "visit", visitors=PAIR, at=NOON)).flags == ()


async def test_a_second_visit_within_a_day_shows_when_the_next_is_allowed(bench: Bench) -> None:
    await record(bench.phone, "case-1", VISIT)
    bench.clock.forward(hours=3)
    advice = await advise(bench.phone, "case-1", "visit", visitors=PAIR)
    assert (advice.flags, advice.next_visit_from) == (
        ("too_soon",),
        (NOON + timedelta(days=1)).isoformat(),
    )


async def test_a_withdrawn_visit_is_no_visit(bench: Bench) -> None:
    line = await record(bench.phone, "case-1", VISIT)
    await correct(bench.phone, line.fact, reason="记错人")
    assert (await advise(bench.phone, "case-1", "visit", visitors=PAIR)).flags == ()


async def test_a_notice_may_follow_a_visit_at_once(bench: Bench) -> None:
    await record(bench.phone, "case-1", VISIT)
    assert (await advise(bench.phone, "case-1", "deliver", visitors=PAIR)).flags == ()


async def test_three_failed_calls_allow_third_parties_until_a_call_is_answered(
    bench: Bench,
) -> None:
    phone = bench.phone

    async def flags() -> tuple[str, ...]:
        return (await advise(phone, "case-1", "attempt", who="neighbour")).flags

    for _ in range(3):
        assert await flags() == ("third_party_early",)
        await record(phone, "case-1", ContactAttempt(outcome="no_answer"))
    assert await flags() == ()
    script = await speak_to(phone, "case-1", "neighbour")
    assert isinstance(script, Script)
    assert script.allowed
    await record(phone, "case-1", ContactAttempt(outcome="reached"))
    assert await flags() == ("third_party_early",)


async def test_calls_are_counted_by_the_day(bench: Bench) -> None:
    for _ in range(6):
        await record(bench.phone, "case-1", ContactAttempt(outcome="no_answer"))
    assert (await advise(bench.phone, "case-1", "attempt", who="self")).flags == ("too_many_calls",)
    assert (
        await advise(bench.phone, "case-1", "attempt", who="self", channel="wechat")
    ).flags == ()
    bench.clock.forward(days=1)
    assert (await advise(bench.phone, "case-1", "attempt", who="self")).flags == ()


async def test_the_county_sets_the_limits(bench: Bench) -> None:
    await bench.brief(msgspec.structs.replace(season_2019(), limits=Limits(visitors=3)))
    assert (await advise(bench.phone, "case-1", "visit", visitors=PAIR)).flags == ("alone",)


async def test_what_was_flagged_can_still_be_written_down_with_its_reason(bench: Bench) -> None:
    alone = Visit(
        met="self",
        outcome="promised",
        visitors=("郑老师",),
        flags=("alone",),
        flag_reason="搭档临时生病",
    )
    line = await record(bench.phone, "case-1", alone)
    kept = bench.phone.store.facts.get(line.fact)
    assert kept is not None
    assert read(kept.fact) == alone


async def test_a_deceased_borrower_is_flagged(bench: Bench) -> None:
    await bench.give(case_state(1, deceased=True))
    assert (await advise(bench.phone, "case-1", "visit", visitors=PAIR)).deceased


@pytest.mark.parametrize("form", ["visit", "deliver", "attempt"])
async def test_after_a_confirmed_death_every_act_but_a_correction_needs_a_reason(
    bench: Bench, form: str
) -> None:
    line = await record(bench.phone, "case-1", VISIT)
    bench.clock.forward(days=1)
    await bench.give(case_state(1, deceased=True, version=2))
    assert (await advise(bench.phone, "case-1", form, who="self", visitors=PAIR)).flags == (
        "deceased",
    )
    assert (
        await advise(bench.phone, "case-1", "visit", who="self", visitors=PAIR, corrects=line.fact)
    ).flags == ()


async def test_there_is_no_advice_without_a_case(bench: Bench) -> None:
    with pytest.raises(ProblemError) as refused:
        await advise(bench.phone, "nobody", "visit")
    assert refused.value.code == "case.unknown"


async def test_a_visit_is_corrected_by_its_own_hour_and_not_too_soon_after_itself(
    bench: Bench,
) -> None:
    line = await record(bench.phone, "case-1", VISIT)
    bench.clock.at = NOON.replace(hour=23)
    advice = await advise(
        bench.phone, "case-1", "visit", who="self", visitors=PAIR, corrects=line.fact
    )
    assert advice.flags == ()
    other = await advise(bench.phone, "case-1", "visit", who="self", visitors=PAIR)
    assert other.flags == ("outside_hours", "too_soon")


async def test_a_recorded_death_is_flagged_before_the_office_confirms_it(bench: Bench) -> None:
    await record(bench.phone, "case-1", Visit(met="family", outcome="death", visitors=PAIR))
    assert (await advise(bench.phone, "case-1", "attempt", who="self")).deceased
