"""The sums of a summary, counted by hand over a few rows: people, fen, rates, and sums of sums."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from sync_server.sealing import summary as document
from sync_server.sealing.making import totals
from sync_server.sealing.making.compose import compose
from sync_server.sealing.summary import (
    CountySummary,
    Delivered,
    Deliveries,
    People,
    RepaidTotals,
    Row,
    SchoolSummary,
    Totals,
    Unpaid,
)
from tests.support.seal_samples import inputs

NOBODY = People(people=0, fen=0)


def row(number: int, **changes: Any) -> Row:
    """Somebody who owes 10.00 and 1.00 yuan, was never visited, and has paid nothing."""
    fields: dict[str, Any] = {
        "row": number,
        "case": f"Q03-{number:04d}",
        "name": "郑小雨",
        "id_number": "",
        "contracts": 1,
        "principal_fen": 1000,
        "interest_fen": 100,
        "total_fen": 1100,
        "overdue_prior": False,
        "delivery": "none",
        "delivered_on": "",
        "signer": "",
        "signer_relation": "",
        "visits": 0,
        "last_visit": "",
        "attempts": 0,
        "paid": False,
        "paid_on": "",
        "repaid_fen": 0,
        "unpaid_fen": 1100,
        "group": "none",
        "reason": "",
        "promise_date": "",
        "teacher": "",
        "statement": 0,
    }
    return Row(**{**fields, **changes})


ROWS = [
    row(
        1, paid=True, repaid_fen=1100, unpaid_fen=0, group="repaid", delivery="signed", contracts=3
    ),
    row(2, group="promised", delivery="unsigned", visits=1, repaid_fen=300, unpaid_fen=800),
    row(3, group="special", delivery="undelivered", visits=2, statement=1, attempts=4),
    row(4, group="unreachable", attempts=2, statement=2, unpaid_fen=1101),
    row(
        5,
        group="other",
        delivery="signed",
        delivery_outcome="acknowledged",
        interest_fen=107,
        total_fen=1107,
        unpaid_fen=1107,
    ),
    row(6, group="none", principal_fen=1009, total_fen=1109, unpaid_fen=1109),
    row(7, group="of a later version", unpaid_fen=1113),
]
SUMS = Totals(
    people=7,
    contracts=9,
    principal_fen=7009,
    interest_fen=707,
    total_fen=7716,
    delivered=Delivered(people=3, rate_bp=4286),
    repaid=RepaidTotals(people=1, fen=1400, rate_bp=1429, amount_rate_bp=1814),
    unpaid=Unpaid(
        people=6,
        fen=6330,
        promised=People(people=1, fen=800),
        special=People(people=1, fen=1100),
        unreachable=People(people=1, fen=1101),
        other=People(people=3, fen=3329),
    ),
    visits=3,
    visited=2,
    attempts=6,
    statements=2,
    deliveries=Deliveries(signed=1, acknowledged=1, refused=1, undelivered=4),
)


def test_every_number_of_a_schools_totals_is_the_sum_of_its_rows() -> None:
    assert totals.of_rows(ROWS) == SUMS


def test_a_row_of_no_known_group_counts_as_other() -> None:
    assert totals.of_rows(ROWS[6:]).unpaid.other == People(people=1, fen=1113)


def test_totals_over_nobody_are_nothing() -> None:
    nothing = totals.of_rows([])
    assert nothing == totals.of_parts([])
    assert (nothing.people, nothing.delivered.rate_bp, nothing.repaid.amount_rate_bp) == (0, 0, 0)
    assert nothing.unpaid.promised == NOBODY


def test_totals_of_parts_are_their_sums_with_rates_of_the_whole() -> None:
    parts = [totals.of_rows(ROWS[:2]), totals.of_rows(ROWS[2:])]
    assert totals.of_parts(iter(parts)) == SUMS
    assert totals.of_parts(parts[:1]) == parts[0]


def test_rates_are_computed_anew_whatever_stood_there() -> None:
    wrong = msgspec.structs.replace(SUMS, delivered=Delivered(people=3, rate_bp=7))
    assert totals.with_rates(wrong) == SUMS


def test_a_summarys_totals_come_from_its_rows_and_not_from_its_own_sums() -> None:
    made = a_school()
    lying = msgspec.structs.replace(made, totals=SUMS)
    assert totals.of_summary(lying) == made.totals


def test_a_county_is_read_as_one_and_its_totals_are_those_of_its_schools() -> None:
    golden = Path(__file__).parents[1] / "golden" / "summary" / "county.json"
    county = document.decode(golden.read_bytes())
    assert isinstance(county, CountySummary)
    assert county.rows
    assert totals.of_summary(msgspec.structs.replace(county, totals=SUMS)) == county.totals


def a_school() -> SchoolSummary:
    return compose(inputs(4, 1))


@pytest.mark.parametrize("group", ["promised", "special", "unreachable", "other"])
def test_the_part_of_a_group_is_found_by_its_name(group: document.Group) -> None:
    assert SUMS.unpaid.of(group) is getattr(SUMS.unpaid, group)


@pytest.mark.parametrize(
    ("part", "whole", "bp"),
    [(0, 0, 0), (5, 0, 0), (0, 3, 0), (1, 3, 3333), (2, 3, 6667), (1, 20000, 1), (1, 20001, 0)],
)
def test_a_rate_is_rounded_half_up(part: int, whole: int, bp: int) -> None:
    assert totals.rate_bp(part, whole) == bp


def test_a_summary_is_read_back_as_the_kind_it_names() -> None:
    made = a_school()
    assert document.decode(document.encode(made)) == made
    tree = msgspec.to_builtins(made)
    with pytest.raises(msgspec.ValidationError):
        document.of_tree({**tree, "kind": "county"})
