"""Hours, two visitors, who may hear what, attempts a day: flags before an act, never a refusal."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.clock import EARLIEST, LATEST
from shared.conduct import (
    CALL,
    SHOWN,
    Calls,
    call_flags,
    calls_of_day,
    delivery_flags,
    last_visit,
    may_ask_third_party,
    may_hear_amounts,
    proof_flags,
    visit_flags,
)
from shared.records.base import Fact
from shared.records.contact_attempt import ContactAttempt
from shared.records.disclosure import Disclosure
from shared.records.visit import Visit
from shared.season import CST, Limits
from tests.support.factory import fact

LIMITS = Limits()
NOON = datetime.fromisoformat("2019-12-12T12:00:00+08:00")
PAIR = ("郑老师", "冯老师")
OFFSETS = st.integers(-12 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
EDGES = [
    ("07:59:59", False),
    ("08:00:00", True),
    ("21:59:59", True),
    ("22:00:00", False),
    ("00:00:00", False),
]


def calls(
    *outcomes: str, to: str = "self", channel: str = "phone", at: str = "2019-12-12T09:00:00+08:00"
) -> list[Fact]:
    return [
        fact(f"{to}{n}", ContactAttempt(outcome=o, to=to, channel=channel), at)
        for n, o in enumerate(outcomes)
    ]


def visit(met: str = "self", at: str = "2019-12-10T10:00:00+08:00") -> Fact:
    return fact(f"v{met}{at}", Visit(met=met, outcome="promised"), at)


@given(OFFSETS, st.sampled_from(EDGES))
def test_hours_are_those_of_china_whatever_the_offset(
    offset: timezone, edge: tuple[str, bool]
) -> None:
    clock, kind = edge
    when = datetime.fromisoformat(f"2019-12-12T{clock}+08:00").astimezone(offset)
    assert ("outside_hours" not in visit_flags(when, PAIR, [], LIMITS)) is kind


def test_a_county_may_set_other_hours() -> None:
    evening = NOON.replace(hour=19)
    assert visit_flags(evening, PAIR, [], Limits(visit_until_hour=19)) == ("outside_hours",)


@pytest.mark.parametrize("visitors", [(), ("郑老师",), ("郑老师", " 郑老师 "), ("郑老师", "  ")])
def test_one_name_is_alone_however_often_it_is_written(visitors: tuple[str, ...]) -> None:
    assert visit_flags(NOON, visitors, [], LIMITS) == ("alone",)


def test_two_people_at_noon_get_no_flag() -> None:
    assert visit_flags(NOON, PAIR, [], LIMITS) == ()


@pytest.mark.parametrize(
    ("hours", "soon"), [(0, True), (23.99, True), (24, False), (-1, True), (-24, False)]
)
def test_visits_are_a_day_apart(hours: float, soon: bool) -> None:
    before = visit(at=(NOON - timedelta(hours=hours)).isoformat())
    assert ("too_soon" in visit_flags(NOON, PAIR, [before], LIMITS)) is soon


MINUTES = st.integers(-4 * 1440, 4 * 1440)


@given(MINUTES, st.lists(MINUTES, max_size=4), st.integers(1, 3))
def test_visits_are_a_day_apart_in_whatever_order_they_are_written(
    new: int, others: list[int], days: int
) -> None:
    earlier = [visit(at=(NOON + timedelta(minutes=m)).isoformat()) for m in others]
    flags = visit_flags(
        NOON + timedelta(minutes=new), PAIR, earlier, Limits(days_between_visits=days)
    )
    assert ("too_soon" in flags) is any(abs(new - m) < days * 1440 for m in others)


def test_the_last_visit_is_the_latest_by_the_teachers_own_words() -> None:
    facts = [
        visit(at="2019-12-11T10:00:00+08:00"),
        visit(at="2019-12-11T01:00:00+00:00"),
        *calls("reached"),
    ]
    assert last_visit(facts) == datetime.fromisoformat("2019-12-11T10:00:00+08:00")


def test_before_the_first_visit_there_is_no_last() -> None:
    assert last_visit(calls("reached")) is None


def test_a_visit_written_without_an_offset_was_in_china() -> None:
    assert last_visit([visit(at="2019-12-11T10:00:00")]) == datetime(2019, 12, 11, 10, tzinfo=CST)


def test_a_visit_with_an_unreadable_time_is_ignored() -> None:
    assert last_visit([visit(at="昨天")]) is None


@pytest.mark.parametrize("edge", [EARLIEST, LATEST])
def test_a_visit_counts_up_to_the_last_moment_that_a_clock_shows(edge: datetime) -> None:
    assert last_visit([visit(at=edge.isoformat())]) == edge
    inward = 1 if edge is LATEST else -1
    assert last_visit([visit(at=(edge + inward * timedelta(seconds=1)).isoformat())]) is None


@pytest.mark.parametrize(
    ("earlier", "open_"),
    [
        ([], False),
        (calls("no_answer", "hung_up"), False),
        (calls("no_answer", "hung_up", "no_answer"), True),
        (calls("no_answer", "no_answer", "reached", "no_answer"), False),
        (calls("no_answer", "no_answer", "reached", "no_answer", "no_answer"), False),
        (calls("invalid_number"), True),
        (calls("invalid_number", "reached"), False),
        (calls("a later outcome", "a later outcome", "a later outcome"), False),
        ([*calls("no_answer", "no_answer"), visit("nobody")], True),
        ([*calls("no_answer", "no_answer"), visit("family"), *calls("no_answer")], False),
        ([*calls("no_answer", "no_answer", "no_answer"), *calls("reached", to="neighbour")], True),
        ([*calls("no_answer", "no_answer", "no_answer"), visit("village_cadre")], True),
        (calls("no_answer", "no_answer", "no_answer", to="neighbour"), False),
    ],
)
def test_third_parties_are_allowed_after_an_invalid_number_or_three_failures(
    earlier: list[Fact], open_: bool
) -> None:
    assert may_ask_third_party(earlier, LIMITS) is open_


@pytest.mark.parametrize(
    ("earlier", "open_"),
    [
        ([], True),
        ([visit("neighbour")], True),
        ([visit("family")], False),
        ([visit("family"), visit("nobody"), visit("nobody"), visit("nobody")], True),
    ],
)
def test_with_no_number_to_call_third_parties_are_allowed_until_the_household_is_reached(
    earlier: list[Fact], open_: bool
) -> None:
    assert may_ask_third_party(earlier, LIMITS, numbers=False) is open_
    assert (
        "third_party_early"
        not in visit_flags(NOON, PAIR, earlier, LIMITS, "neighbour", numbers=False)
    ) is open_
    assert (
        "third_party_early" not in call_flags(NOON, "neighbour", earlier, LIMITS, numbers=False)
    ) is open_


@pytest.mark.parametrize("who", ["neighbour", "village_cadre"])
def test_meeting_or_calling_a_third_party_early_is_flagged(who: str) -> None:
    assert visit_flags(NOON, PAIR, [], LIMITS, who) == ("third_party_early",)
    assert call_flags(NOON, who, [], LIMITS) == ("third_party_early",)
    after = calls("invalid_number")
    assert visit_flags(NOON, PAIR, after, LIMITS, who) == call_flags(NOON, who, after, LIMITS) == ()


def test_the_seventh_dial_of_a_day_is_flagged() -> None:
    assert call_flags(NOON, "self", calls(*["no_answer"] * 5), LIMITS) == ()
    assert call_flags(NOON, "self", calls(*["no_answer"] * 6), LIMITS) == ("too_many_calls",)


def test_the_fourth_effective_call_of_a_day_is_flagged() -> None:
    assert call_flags(NOON, "self", calls(*["reached"] * 2), LIMITS) == ()
    assert call_flags(NOON, "self", calls(*["reached"] * 3), LIMITS) == ("too_many_calls",)


def test_calls_to_one_person_do_not_use_up_those_to_another() -> None:
    assert call_flags(NOON, "co_borrower", calls(*["no_answer"] * 6), LIMITS) == ()


def test_effective_calls_to_a_neighbour_are_counted_too() -> None:
    earlier = [*calls("invalid_number"), *calls(*["reached"] * 3, to="neighbour")]
    assert call_flags(NOON, "neighbour", earlier, LIMITS) == ("too_many_calls",)


def test_messages_are_no_dials() -> None:
    assert call_flags(NOON, "self", calls(*["no_answer"] * 6, channel="wechat"), LIMITS) == ()


@pytest.mark.parametrize("channel", ["wechat", "sms", "other"])
def test_a_message_after_the_last_call_of_the_day_is_no_call_too_many(channel: str) -> None:
    for earlier in (calls(*["no_answer"] * 6), calls(*["reached"] * 3)):
        assert call_flags(NOON, "self", earlier, LIMITS, channel) == ()


def test_a_message_reaching_someone_is_no_effective_call() -> None:
    earlier = [*calls("reached", "reached", channel="wechat"), *calls("reached", "reached")]
    assert call_flags(NOON, "self", earlier, LIMITS) == ()


def test_a_message_at_night_or_to_a_neighbour_too_early_is_flagged_as_a_call_is() -> None:
    flags = call_flags(NOON.replace(hour=23), "neighbour", [], LIMITS, "wechat")
    assert flags == ("outside_hours", "third_party_early")


@given(OFFSETS)
def test_a_day_of_calls_is_a_day_in_china(offset: timezone) -> None:
    late = datetime.fromisoformat("2019-12-11T23:59:00+08:00").astimezone(offset).isoformat()
    early = datetime.fromisoformat("2019-12-12T00:00:00+08:00").astimezone(offset).isoformat()
    assert call_flags(NOON, "self", calls(*["no_answer"] * 6, at=late), LIMITS) == ()
    assert call_flags(NOON, "self", calls(*["no_answer"] * 6, at=early), LIMITS) == (
        "too_many_calls",
    )


@pytest.mark.parametrize(
    "who", ["family", "neighbour", "village_cadre", "nobody", "", "of a later version"]
)
def test_nobody_but_borrower_and_co_borrower_may_hear_amounts(who: str) -> None:
    assert not may_hear_amounts(who)
    assert may_hear_amounts("self")
    assert may_hear_amounts("co_borrower")


def dial(number: int, to: str = "self", at: str = "2019-12-12T08:30:00+08:00") -> Fact:
    return fact(f"d{to}{number}", Disclosure(what="phone", to=to, purpose=CALL), at)


def test_a_dial_and_what_was_written_down_after_it_are_one_call() -> None:
    earlier = [dial(1), *calls("no_answer"), dial(2), *calls("reached")]
    assert calls_of_day(NOON, "self", earlier) == Calls(dials=2, effective=1, unrecorded=0)


def test_a_dial_nothing_was_written_down_of_counts_and_so_does_a_call_from_another_phone() -> None:
    earlier = [*calls("no_answer", "reached"), dial(1)]
    assert calls_of_day(NOON, "self", earlier) == Calls(dials=3, effective=1, unrecorded=1)


def test_the_dial_of_the_call_that_is_written_down_now_is_not_before_it() -> None:
    earlier = calls(*["no_answer"] * 5)
    assert call_flags(NOON, "self", [*earlier, dial(1)], LIMITS) == ()
    assert call_flags(NOON, "self", [*earlier, dial(1), dial(2)], LIMITS) == ("too_many_calls",)


def test_accesses_to_a_number_are_no_dials() -> None:
    look = fact("l", Disclosure(what="phone", purpose=SHOWN), "2019-12-12T08:30:00+08:00")
    own = fact("o", Disclosure(what="phone", to="self", purpose=SHOWN), "2019-12-12T08:40:00+08:00")
    assert calls_of_day(NOON, "self", [look, own, dial(1, to="co_borrower")]) == Calls()


def test_the_calls_of_a_day_are_counted_whatever_happened_on_other_days_before() -> None:
    earlier = [*calls("no_answer", at="2019-12-11T09:00:00+08:00"), *calls("no_answer", "reached")]
    assert calls_of_day(NOON, "self", earlier) == Calls(dials=2, effective=1)


def test_a_call_to_nobody_named_is_one_to_the_borrower() -> None:
    assert calls_of_day(NOON, "", calls("no_answer")) == Calls(dials=1)


@pytest.mark.parametrize(
    ("dials", "effective", "full"), [(5, 2, False), (6, 0, True), (3, 3, True)]
)
def test_the_day_is_full_by_dials_or_by_calls_answered(
    dials: int, effective: int, full: bool
) -> None:
    assert Calls(dials, effective).full(LIMITS) is full


def test_a_call_at_night_is_flagged() -> None:
    assert call_flags(NOON.replace(hour=23), "self", [], LIMITS) == ("outside_hours",)


# a delivery


@pytest.mark.parametrize(
    ("method", "alone"),
    [("in_person", True), ("passed_on", True), ("message", False), ("post", False)],
)
def test_nobody_need_go_along_with_what_is_sent(method: str, alone: bool) -> None:
    flags = delivery_flags(NOON, ("甲",), [], LIMITS, "self", method)
    assert ("alone" in flags) is alone


def test_a_letter_disturbs_nobody_at_night_but_a_message_does() -> None:
    night = NOON.replace(hour=23)
    assert delivery_flags(night, PAIR, [], LIMITS, "self", "post") == ()
    assert delivery_flags(night, PAIR, [], LIMITS, "self", "message") == ("outside_hours",)


@pytest.mark.parametrize(
    ("outcome", "flags"),
    [
        ("signed", ("no_photo",)),
        ("cannot_write", ("no_photo",)),
        ("acknowledged", ("no_photo",)),
        ("refused", ()),
        ("not_home", ()),
        ("of a later version", ()),
    ],
)
def test_what_was_signed_or_confirmed_wants_a_photo(outcome: str, flags: tuple[str, ...]) -> None:
    assert proof_flags(outcome, ()) == flags
    assert proof_flags(outcome, ("hash",)) == ()
