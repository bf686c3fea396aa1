"""What of a school is chased first, and when a morning, a promise and a silence begin."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from shared import morning
from shared.morning import CHASES, Figures
from sync_server.sample.season import season_2019

SEASON = season_2019()
DAY = date(2019, 12, 12)
NUMBERS = st.integers(0, 3)
FIGURES = st.builds(Figures, **dict.fromkeys(Figures.__struct_fields__, NUMBERS))
DAYS = st.dates(date(2019, 11, 1), date(2020, 1, 31))


def test_whoever_need_not_be_visited_comes_first_then_who_promised_today() -> None:
    everything = Figures(**dict.fromkeys(Figures.__struct_fields__, 1))
    found = [one.chase.field for one in morning.to_do(everything, SEASON, DAY)]
    assert found == [
        "paid_not_fetched",
        "promised_today",
        "paid_no_phone",
        "came_back",
        "phones",
        "unassigned",
        "promised_past",
        "claimed",
        "slips",
        "review",
        "untouched",
    ]


def test_slips_are_chased_only_after_their_day() -> None:
    figures, due = Figures(without_slip=2, review=1), SEASON.deadlines["slips"]
    assert [t.chase.field for t in morning.to_do(figures, SEASON, due)] == ["review"]
    after = morning.to_do(figures, SEASON, due + timedelta(days=1))
    assert [(t.chase.field, t.n) for t in after] == [("slips", 2), ("review", 1)]


def test_a_season_without_a_day_for_slips_chases_none() -> None:
    season = msgspec.structs.replace(SEASON, deadlines={})
    assert morning.to_do(Figures(without_slip=2), season, DAY) == ()


@given(FIGURES, DAYS)
def test_every_line_says_its_number_in_order_of_the_rule(figures: Figures, day: date) -> None:
    found = morning.to_do(figures, SEASON, day)
    places = [one.place for one in found]
    assert places == sorted(set(places))
    assert all(CHASES[one.place - 1] == one.chase for one in found)
    assert all(one.n == getattr(figures, one.chase.field) > 0 for one in found)
    assert all(str(one.n) in words.format(n=one.n) for one in found for words in one.chase.words)


def test_every_line_of_the_rule_is_a_number_of_the_sheet() -> None:
    assert all(hasattr(Figures(), chase.field) for chase in CHASES)
    assert all(hasattr(Figures(), name) for name in morning.FIGURES)


def test_the_morning_before_is_when_visits_may_begin() -> None:
    assert morning.since(SEASON, DAY).isoformat() == "2019-12-11T08:00:00+08:00"
    early = msgspec.structs.replace(SEASON.limits, visit_from_hour=7)
    season = msgspec.structs.replace(SEASON, limits=early)
    assert morning.since(season, DAY).hour == 7


def test_the_sheet_counts_from_the_first_day_of_the_visits() -> None:
    assert morning.first_day(SEASON) == date(2019, 12, 11)
    moved = msgspec.structs.replace(SEASON, phases=SEASON.phases[:2])
    assert morning.first_day(moved) == date(2019, 11, 18)


def test_a_promise_is_of_today_over_or_to_come() -> None:
    days = ("", "2019-12-11", "2019-12-12", "2019-12-13")
    assert [morning.promise(day, DAY) for day in days] == ["", "past", "today", "later"]


def test_a_phone_is_silent_that_was_not_heard_of_yesterday_and_today() -> None:
    heard = [DAY - timedelta(days=n) for n in range(4)]
    assert [morning.is_silent(day, DAY) for day in heard] == [False, False, True, True]


def test_no_outcome_tells_of_health_freedom_or_death() -> None:
    hidden = [c.code for c in SEASON.reasons if morning.outcome_label(SEASON, c.code) != c.label]
    told = {c.code: morning.outcome_label(SEASON, c.code).zh for c in SEASON.reasons}
    assert hidden
    assert {told[c] for c in ("illness", "disability", "death", "imprisoned")} == {"特殊情况"}
    assert told["promised"] == "承诺还款"
