"""The rules of late schools: whom they name, on which day, by which numbers."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from shared.late_schools import SchoolFigures, deadline_of, grounds
from shared.season import LateRules, Season, bulletin_number, dates_of, moved_to
from shared.season_fields import fields, with_values
from shared.season_rules import wrongs
from sync_server.sample.season import season_2019

SLIPS, STATEMENTS = date(2019, 11, 29), date(2019, 12, 18)
DAYS = st.dates(date(2019, 11, 1), date(2020, 1, 31))


def season(**rules: object) -> Season:
    return msgspec.structs.replace(season_2019(), late=LateRules(**rules))


def figures(
    people: int = 100, delivered: int = 0, repaid: int = 0, *, handed_in: bool = False
) -> SchoolFigures:
    return SchoolFigures(people=people, delivered=delivered, repaid=repaid, handed_in=handed_in)


@st.composite
def schools(draw: st.DrawFn) -> SchoolFigures:
    people = draw(st.integers(0, 300))
    some = st.integers(0, people)
    return figures(people, draw(some), draw(some), handed_in=draw(st.booleans()))


def named(rules: Season, school: SchoolFigures, day: date) -> list[str]:
    return [ground.rule for ground in grounds(rules, school, day)]


def test_a_rate_is_looked_at_from_the_day_after_its_deadline() -> None:
    rules = season(delivered_percent=95)
    assert named(rules, figures(delivered=94), SLIPS) == []
    (ground,) = grounds(rules, figures(delivered=94), SLIPS + timedelta(days=1))
    assert (ground.deadline, ground.limit, ground.part, ground.whole, ground.days_late) == (
        "2019-11-29",
        95,
        94,
        100,
        1,
    )


def test_exactly_the_percent_is_not_late() -> None:
    rules = season(delivered_percent=95, repaid_percent=60)
    day = STATEMENTS + timedelta(days=1)
    assert named(rules, figures(delivered=95, repaid=60), day) == []
    assert named(rules, figures(delivered=95, repaid=59), day) == ["repaid"]


def test_a_summary_is_late_from_the_days_that_the_rule_says_until_it_is_handed_in() -> None:
    rules = season(summary_days=3)
    assert named(rules, figures(), STATEMENTS + timedelta(days=2)) == []
    assert named(rules, figures(), STATEMENTS + timedelta(days=3)) == ["summary"]
    assert named(rules, figures(handed_in=True), STATEMENTS + timedelta(days=9)) == []


def test_a_rule_has_its_own_day_where_the_season_says_one() -> None:
    rules = season(delivered_percent=95, delivered_by=date(2019, 12, 1))
    assert deadline_of(rules, "delivered") == date(2019, 12, 1)
    assert named(rules, figures(), date(2019, 12, 1)) == []
    assert named(rules, figures(), date(2019, 12, 2)) == ["delivered"]


@given(schools(), DAYS)
def test_without_rules_nobody_is_named(school: SchoolFigures, day: date) -> None:
    assert grounds(season(), school, day) == ()


@given(schools(), DAYS, st.integers(0, 100), st.integers(0, 100), st.integers(0, 60))
def test_whoever_does_more_is_named_by_no_more_rules(
    school: SchoolFigures, day: date, delivered: int, repaid: int, days: int
) -> None:
    rules = season(delivered_percent=delivered, repaid_percent=repaid, summary_days=days)
    before = set(named(rules, school, day))
    better = msgspec.structs.replace(school, delivered=school.people, repaid=school.people)
    assert set(named(rules, better, day)) <= before
    assert set(named(rules, better, day)) <= {"summary"}
    assert "summary" not in named(rules, msgspec.structs.replace(school, handed_in=True), day)


@given(schools(), DAYS, st.integers(0, 90), st.integers(1, 100), st.integers(1, 60))
def test_whoever_is_late_stays_late_while_nothing_changes(
    school: SchoolFigures, day: date, later: int, percent: int, days: int
) -> None:
    rules = season(delivered_percent=percent, repaid_percent=percent, summary_days=days)
    assert set(named(rules, school, day)) <= set(named(rules, school, day + timedelta(days=later)))


@given(schools(), DAYS, st.integers(1, 100))
def test_a_ground_says_numbers_that_are_below_its_limit(
    school: SchoolFigures, day: date, percent: int
) -> None:
    rules = season(delivered_percent=percent, repaid_percent=percent)
    for ground in grounds(rules, school, day):
        assert ground.part * 100 < percent * ground.whole
        assert ground.whole == school.people
        assert date.fromisoformat(ground.deadline) < day


def test_rules_are_settings_with_limits_and_days_that_may_be_taken_out_again() -> None:
    paths = {field.path for field in fields(season())}
    assert {"late.summary_days", "late.delivered_percent", "late.delivered_by"} <= paths
    made = with_values(season(), {"late.delivered_by": "2019-12-01", "late.repaid_percent": "60"})
    assert made.late == LateRules(delivered_by=date(2019, 12, 1), repaid_percent=60)
    assert with_values(made, {"late.delivered_by": ""}).late.delivered_by is None
    for rules in ({"summary_days": 61}, {"delivered_percent": 101}, {"repaid_percent": -1}):
        assert [w.field for w in wrongs(season(**rules))] == [f"late.{next(iter(rules))}"]


def test_their_days_move_with_the_season() -> None:
    made = season(delivered_by=date(2019, 12, 1))
    later = moved_to(made, date(2020, 12, 20))
    assert later.late.delivered_by == date(2020, 12, 1) + (date(2020, 12, 20) - date(2020, 12, 20))
    assert ("late.delivered_by", later.late.delivered_by) in dict(dates_of(later)).items()
    assert later.late.repaid_by is None


def test_a_bulletins_number_has_the_countys_word_or_the_usual_one() -> None:
    given_word = season_2019()
    assert bulletin_number(given_word, 3) == "青槐教贷通报〔2019〕3号"
    head = msgspec.structs.replace(given_word.letterhead, bulletin_no="")
    usual = msgspec.structs.replace(given_word, letterhead=head)
    assert bulletin_number(usual, 3) == "青槐教贷通报〔2019〕3号"
    other = msgspec.structs.replace(head, bulletin_no="青助通报")
    assert bulletin_number(msgspec.structs.replace(usual, letterhead=other), 1) == (
        "青助通报〔2019〕1号"
    )
