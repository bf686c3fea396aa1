"""The structs of a bulletin (通报): counts by school as of a moment, and never a person.

Its file is sealed like a summary's and lies under the same names (summary.json, summary.xlsx), so
that whoever checks one needs no other tool. The format is frozen under `SCHEMA`, as in summary.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from sync_server.sealing.summary import Heading, Letterhead, SeasonRef, Unit

KIND = "bulletin"
COMPOSER = 1
"""Raised whenever the same counts would give other bytes of its workbook."""
COUNTS = (
    "people",
    "due_fen",
    "delivered",
    "repaid",
    "repaid_fen",
    "visited",
    "unpaid",
    "special",
    "explained",
)


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """People, unless the name says fen, and two rates in basis points with `people` below them.

    Attributes:
        people: Due this season: the denominator of both rates.
        due_fen: What they owe.
        delivered: Whose notice reached them, refusals before a witness included.
        repaid: Who has repaid everything.
        repaid_fen: Everything paid so far, parts of it too; `amount_bp` is its share of `due_fen`.
        visited: Who was visited at least once, paid since or not.
        unpaid: Who has not repaid everything.
        special: Of these, in special circumstances.
        explained: Of these, with a statement that the centre accepted. It counts in no rate.
    """

    people: int
    due_fen: int
    delivered: int
    delivered_bp: int
    repaid: int
    repaid_bp: int
    repaid_fen: int
    amount_bp: int
    visited: int
    unpaid: int
    special: int
    explained: int


class SchoolRow(msgspec.Struct, frozen=True, kw_only=True):
    """A school, in order of code; `row` counts from 1."""

    row: int
    code: str
    name: str
    counts: Counts


class Bulletin(Heading, frozen=True, kw_only=True):
    """The document.

    Attributes:
        version: Its number in the season.
        report_no: Its number as an official document has it.
        as_of: ISO day of the newest repayment file, "" before the first.
        filled_on: ISO day on which it was issued.
        sent_to: 主送.
        copied_to: 抄送.
        unplaced: People due who are at no school yet; they are in no row and no sum.
        exceptions: Always empty: what every sealed document has.
    """

    schema: int
    composer: int
    demo: bool
    season: SeasonRef
    letterhead: Letterhead
    report_no: str
    as_of: str
    filled_on: str
    sent_to: str
    copied_to: str
    copies: int
    unplaced: int
    rows: tuple[SchoolRow, ...]
    totals: Counts
    exceptions: tuple[dict[str, Any], ...] = ()

    @property
    def number(self) -> int:
        """Its number in the season."""
        return self.version


def rate_bp(part: int, whole: int) -> int:
    """Return part/whole in basis points, rounded half up; 0 when `whole` is 0."""
    return (2 * part * 10_000 + whole) // (2 * whole) if whole else 0


def counts_of(numbers: Mapping[str, int]) -> Counts:
    """Return counts with their rates.

    Args:
        numbers: every name of COUNTS.
    """
    people = numbers["people"]
    return Counts(
        **{name: numbers[name] for name in COUNTS},
        delivered_bp=rate_bp(numbers["delivered"], people),
        repaid_bp=rate_bp(numbers["repaid"], people),
        amount_bp=rate_bp(numbers["repaid_fen"], numbers["due_fen"]),
    )


def added(rows: Iterable[Counts]) -> Counts:
    """Return the sums of counts; rates are computed from them, never averaged."""
    found = list(rows)
    return counts_of({name: sum(getattr(one, name) for one in found) for name in COUNTS})


def rows_of(counted: Iterable[tuple[Unit, Mapping[str, int]]]) -> tuple[SchoolRow, ...]:
    """Return the rows of schools with people, in order of code and never by rate."""
    due = sorted((pair for pair in counted if pair[1]["people"]), key=lambda pair: pair[0].code)
    return tuple(
        SchoolRow(row=n, code=unit.code, name=unit.name, counts=counts_of(numbers))
        for n, (unit, numbers) in enumerate(due, 1)
    )
