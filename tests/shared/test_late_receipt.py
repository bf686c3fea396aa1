"""When a record came late: one rule, for what waits for a verdict and for what stands on paper."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.late_receipt import late_receipt
from shared.records.base import Fact
from shared.season import CST
from sync_server.sample.season import season_2019

SEASON = season_2019()
NINE = "2019-12-10T09:00:00+08:00"


def fact(id: str, stated: str = NINE, *, corrects: str = "") -> Fact:
    return Fact(
        id=id,
        season="2019",
        kind="correction" if corrects else "visit",
        case="case",
        captured_at=stated,
        happened_at=stated,
        body={"corrects": corrects} if corrects else {},
    )


@pytest.mark.parametrize(
    ("received", "late"),
    [
        ("2019-12-10T23:00:00+08:00", ""),
        ("2019-12-11T23:59:59+08:00", ""),  # more than 24 hours, but the day after
        ("2019-12-12T00:00:00+08:00", "2019-12-12"),
        ("2019-12-11T16:00:00+00:00", "2019-12-12"),
        ("2019-12-01T09:00:00+08:00", ""),
        ("2090-01-01T00:00:00+08:00", ""),
        ("", ""),
    ],
)
def test_late_is_more_than_a_day_after_by_days_in_china(received: str, late: str) -> None:
    assert late_receipt("a", NINE, [(fact("a"), received)], SEASON) == late


def test_a_correction_of_something_else_makes_nothing_late() -> None:
    stored = [
        (fact("a"), "2019-12-10T20:00:00+08:00"),
        (fact("b", corrects="a"), "2019-12-15T20:00:00+08:00"),
    ]
    assert late_receipt("a", NINE, stored, SEASON) == ""


def test_one_that_moves_the_day_back_does_also_through_another_correction() -> None:
    earlier = "2019-12-02T09:00:00+08:00"
    stored = [
        (fact("a"), "2019-12-10T20:00:00+08:00"),
        (fact("b", corrects="a"), "2019-12-10T21:00:00+08:00"),
        (fact("c", earlier, corrects="b"), "2019-12-11T20:00:00+08:00"),
    ]
    assert late_receipt("a", earlier, stored, SEASON) == "2019-12-11"


def test_another_persons_record_or_another_record_says_nothing() -> None:
    stored = [(fact("a"), "2019-12-15T20:00:00+08:00"), (fact("b"), "2019-12-10T20:00:00+08:00")]
    assert late_receipt("a", NINE, stored, SEASON) == "2019-12-15"
    assert late_receipt("z", NINE, stored, SEASON) == ""


@given(st.timedeltas(timedelta(-3), timedelta(9)), st.sampled_from([NINE, "2019-12-10"]))
def test_a_record_of_a_day_or_of_a_moment_is_judged_alike(after: timedelta, stated: str) -> None:
    came = datetime(2019, 12, 10, 9, tzinfo=CST) + after
    stored: list[Any] = [(msgspec.structs.replace(fact("a"), happened_at=stated), came.isoformat())]
    late = (came.date() - datetime(2019, 12, 10).date()).days > 1
    assert late_receipt("a", stated, stored, SEASON) == (came.date().isoformat() if late else "")


@given(st.lists(st.tuples(st.integers(9, 12), st.integers(9, 25)), min_size=1, max_size=5))
def test_of_records_that_nothing_corrects_each_is_late_by_itself_alone(
    days: list[tuple[int, int]],
) -> None:
    stored = [
        (
            fact(f"f{n}", f"2019-12-{stated:02d}T09:00:00+08:00"),
            f"2019-12-{came:02d}T20:00:00+08:00",
        )
        for n, (stated, came) in enumerate(days)
    ]
    for one in stored:
        by_all = late_receipt(one[0].id, one[0].happened_at, stored, SEASON)
        assert by_all == late_receipt(one[0].id, one[0].happened_at, [one], SEASON)
