"""The season's calendar: phases, deadlines, days in China, due and overdue."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.season import (
    CST,
    Limits,
    Season,
    china_day,
    day_of,
    is_overdue,
    moment_of,
    phase_at,
    phone_keeps_until,
)
from sync_server.sample.season import season_2019

SEASON = season_2019()
AWARE = st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(2099, 1, 1)).map(
    lambda m: m.replace(tzinfo=UTC)
)
OFFSETS = st.integers(-12 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@pytest.mark.parametrize(
    ("day", "phase"),
    [
        ("2019-11-17", ""),
        ("2019-11-18", "prepare"),
        ("2019-11-24", "prepare"),
        ("2019-11-25", "notice"),
        ("2019-12-01", "notice"),
        ("2019-12-02", "collect"),
        ("2019-12-10", "collect"),
        ("2019-12-11", "visit"),
        ("2019-12-18", "visit"),
        ("2019-12-19", ""),
    ],
)
def test_both_ends_of_a_phase_belong_to_it(day: str, phase: str) -> None:
    found = phase_at(SEASON, date.fromisoformat(day))
    assert (found.key if found else "") == phase


def test_phases_follow_each_other_without_a_gap() -> None:
    for before, after in zip(SEASON.phases, SEASON.phases[1:], strict=False):
        assert after.first == before.last + timedelta(days=1)


def test_slips_are_due_before_their_window_ends() -> None:
    window = next(p for p in SEASON.phases if p.key == "notice")
    assert window.first < SEASON.deadlines["slips"] < window.last


def test_statements_are_due_on_the_last_day_of_visits_before_the_due_day() -> None:
    window = next(p for p in SEASON.phases if p.key == "visit")
    assert SEASON.deadlines["statements"] == window.last < SEASON.due_day


@pytest.mark.parametrize(("day", "overdue"), [("2019-12-20", False), ("2019-12-21", True)])
def test_a_person_is_due_until_the_due_day_has_passed(day: str, overdue: bool) -> None:
    assert is_overdue(SEASON, date.fromisoformat(day)) is overdue


@given(AWARE, OFFSETS)
def test_a_moment_is_one_day_in_china_however_it_is_written(
    moment: datetime, offset: timezone
) -> None:
    written = moment.astimezone(offset)
    assert china_day(written) == (moment.replace(tzinfo=None) + timedelta(hours=8)).date()
    assert day_of(written.isoformat()) == china_day(moment).isoformat()


def test_midnight_in_china_begins_the_day() -> None:
    assert day_of("2019-12-11T15:59:59Z") == "2019-12-11"
    assert day_of("2019-12-11T16:00:00Z") == "2019-12-12"


def test_a_moment_without_an_offset_is_china_time() -> None:
    assert moment_of("2019-12-12T00:30") == datetime(2019, 12, 12, 0, 30, tzinfo=CST)


@pytest.mark.parametrize("text", ["", "昨天下午", "2019-13-01T00:00:00+08:00"])
def test_what_is_no_moment_is_none_and_keeps_its_text_as_day(text: str) -> None:
    assert moment_of(text) is None
    assert day_of(text) == text[:10]


def test_a_season_is_data_and_crosses_the_wire_unchanged() -> None:
    assert msgspec.json.decode(msgspec.json.encode(SEASON), type=Season) == SEASON


def test_every_phase_deadline_and_policy_page_is_in_both_languages() -> None:
    assert all(p.zh and p.en for p in SEASON.phases)
    assert all(
        page.title_zh and page.title_en and len(page.zh) == len(page.en) > 0
        for page in SEASON.policy
    )


def test_the_policy_says_that_staff_take_no_money_and_ask_for_no_code() -> None:
    pages = "".join(line for page in SEASON.policy for line in page.zh)
    assert "不代收现金" in pages
    assert "不索要密码和验证码" in pages


def test_phones_keep_until_a_month_after_the_last_date_of_the_season() -> None:
    assert phone_keeps_until(SEASON) == date(2020, 1, 19)


def test_a_deadline_after_the_due_day_counts_and_the_county_sets_the_days() -> None:
    later = {**SEASON.deadlines, "late_slips": date(2019, 12, 27)}
    season = msgspec.structs.replace(SEASON, deadlines=later, limits=Limits(phone_keeps_days=7))
    assert phone_keeps_until(season) == date(2020, 1, 3)
