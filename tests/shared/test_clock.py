"""How the season's clock of a demonstration is read: a shift, and an anchor that several processes share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.clock import anchored, shift

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
