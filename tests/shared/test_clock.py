"""How the season's clock of a demonstration is read: a shift, and an anchor that several processes share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.clock import EARLIEST, LATEST, anchored, has_ended, moved, shift

SPEC = "2019-12-12T10:00+08:00"
STARTS = st.datetimes(datetime(2020, 1, 1), datetime(2090, 1, 1)).map(
    lambda m: m.replace(tzinfo=UTC)
)


@given(STARTS)
def test_without_a_spec_the_clock_is_real(started: datetime) -> None:
    assert shift("", started) == timedelta(0)
    assert anchored("", started) == ""


@given(STARTS)
def test_the_clock_starts_at_the_moment_it_names(started: datetime) -> None:
    assert started + shift(SPEC, started) == datetime.fromisoformat(SPEC)


@given(STARTS, st.timedeltas(timedelta(0), timedelta(days=9)))
def test_an_anchored_clock_is_the_same_for_a_process_that_starts_later(
    started: datetime, later: timedelta
) -> None:
    spec = anchored(SPEC, started)
    assert abs(shift(spec, started + later) - shift(SPEC, started)) <= timedelta(milliseconds=1)


@given(STARTS, STARTS)
def test_an_anchor_is_never_moved(started: datetime, again: datetime) -> None:
    spec = anchored(SPEC, started)
    assert anchored(spec, again) == spec


@pytest.mark.parametrize(
    "spec", ["2019-12-12T10:00", "noon", f"{SPEC}@noon", f"{SPEC}@nan", f"{SPEC}@inf"]
)
def test_what_is_no_moment_with_an_offset_is_refused(spec: str) -> None:
    with pytest.raises(ValueError):
        shift(spec, datetime(2026, 1, 1, tzinfo=UTC))


def test_a_refusal_names_the_setting_and_what_it_says() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    for spec in ("2019-12-12T10:00", f"{SPEC}@1e30"):
        with pytest.raises(ValueError, match="DOORSTEP_CLOCK") as refused:
            shift(spec, now)
        assert spec in str(refused.value)


NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("now", "by", "then"),
    [
        (NOON, HOUR, NOON + HOUR),
        (NOON, -HOUR, NOON - HOUR),
        (LATEST, timedelta(0), LATEST),
        (LATEST, HOUR, LATEST),
        (EARLIEST, -HOUR, EARLIEST),
        (NOON, timedelta.max, LATEST),
        (NOON, timedelta.min, EARLIEST),
        (datetime.max.replace(tzinfo=UTC), HOUR, LATEST),
    ],
)
def test_a_moved_clock_stays_between_the_first_and_the_last_moment(
    now: datetime, by: timedelta, then: datetime
) -> None:
    assert moved(now, by) == then


@pytest.mark.parametrize(
    ("ends_at", "longest", "ended"),
    [
        (NOON, None, False),
        (NOON - timedelta(seconds=1), None, True),
        (NOON + HOUR, None, False),
        (NOON + HOUR, HOUR, False),
        (NOON + HOUR + timedelta(seconds=1), HOUR, True),
        (NOON - HOUR, HOUR, True),
    ],
)
def test_what_ended_or_ends_later_than_anything_given_out_now_is_good_no_longer(
    ends_at: datetime, longest: timedelta | None, ended: bool
) -> None:
    assert has_ended(ends_at.isoformat(), NOON, longest=longest) is ended


@pytest.mark.parametrize("text", ["", "noon", "2026-01-01T13:00:00"])
def test_an_end_that_is_no_moment_with_an_offset_has_come(text: str) -> None:
    assert has_ended(text, NOON)
