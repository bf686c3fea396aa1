"""summary.json as structs: what a stamp stands on, at a school and above it. Shapes and their bytes only.

The shape is frozen under `SCHEMA`: a field added, renamed or given another form changes the data hash of every document
composed afterwards. Unknown fields of a later version are ignored on reading. Codes stay plain strings here, since a
file may carry a code this version does not know. docs/seal.md draws the document.
"""

from __future__ import annotations

from typing import Any, Literal, get_args

import msgspec

from shared.digest import canonical
from shared.season import Letterhead

SCHEMA = 1

Kind = Literal["school_summary", "county_summary", "region_summary"]
"""What a summary is of: a school, a county over its schools, a region over counties or regions."""
SCHOOL: Kind = "school_summary"
COUNTY: Kind = "county_summary"
REGION: Kind = "region_summary"

Group = Literal["promised", "special", "unreachable", "other"]
"""How the totals count an unpaid person."""
GROUPS: tuple[Group, ...] = get_args(Group)


class Unit(msgspec.Struct, frozen=True, kw_only=True):
    """A school or a county, by the code that certificates and case codes carry.

    The one of the wire has the liaison's name and phone besides; the one of the database has all of 附件1.
    """

    code: str
    name: str


class SeasonRef(msgspec.Struct, frozen=True, kw_only=True):
    """The season a summary belongs to. `due_day`: ISO, a day in China."""

    id: str
    due_day: str


class ReasonWords(msgspec.Struct, frozen=True, kw_only=True):
    """The words of a reason code that stands in rows. Sensitive reasons are not among them."""

    code: str
    words: str


class People(msgspec.Struct, frozen=True, kw_only=True):
    """A number of people and what they owe, in fen."""

    people: int
    fen: int


class Delivered(msgspec.Struct, frozen=True, kw_only=True):
    """People whose notice was delivered; `rate_bp`: their share of all people in basis points."""

    people: int
    rate_bp: int


class RepaidTotals(msgspec.Struct, frozen=True, kw_only=True):
    """People who have paid in full, and everything paid so far in fen, partial payments included.

    `rate_bp`: share of people, `amount_rate_bp`: share of the amount due, both in basis points.
    """

    people: int
    fen: int
    rate_bp: int
    amount_rate_bp: int


class Unpaid(msgspec.Struct, frozen=True, kw_only=True):
    """People who have not paid in full and what is still open in fen, whole and by group."""

    people: int
    fen: int
    promised: People
    special: People
    unreachable: People
    other: People

    def of(self, group: Group) -> People:
        """The part of one group."""
        parts: dict[Group, People] = {
            "promised": self.promised,
            "special": self.special,
            "unreachable": self.unreachable,
            "other": self.other,
        }
        return parts[group]


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """Sums of a summary, the same at every level. Counts are people unless the name says otherwise.

    `visited`: people visited at least once; `statements`: people with a statement.
    """

    people: int
    contracts: int
    principal_fen: int
    interest_fen: int
    total_fen: int
    delivered: Delivered
    repaid: RepaidTotals
    unpaid: Unpaid
    visits: int
    visited: int
    attempts: int
    statements: int


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One person of a school, in order of case code. Amounts fen, days ISO and empty where there is none.

    `row` counts from 1. `delivery` and `group` are those of `shared.lifecycle.Standing`; `reason` is a code, a short
    one where the reason is sensitive; `statement` is the number of the person's statement, 0 without one.
    """

    row: int
    case: str
    name: str
    id_number: str
    contracts: int
    principal_fen: int
    interest_fen: int
    total_fen: int
    overdue_prior: bool
    delivery: str
    delivered_on: str
    signer: str
    signer_relation: str
    visits: int
    last_visit: str
    attempts: int
    paid: bool
    paid_on: str
    repaid_fen: int
    unpaid_fen: int
    group: str
    reason: str
    promise_date: str
    teacher: str
    statement: int


class DeliveryLine(msgspec.Struct, frozen=True, kw_only=True):
    """The delivery that counts. `state`: none | undelivered | unsigned | signed; `day` ISO, empty without one."""

    state: str
    day: str
    method: str
    outcome: str
    signer: str
    relation: str


class VisitRow(msgspec.Struct, frozen=True, kw_only=True):
    """One counted visit: day (ISO), whom they met and what came of it (codes), and the names of those who went."""

    day: str
    met: str
    outcome: str
    visitors: tuple[str, ...]


class StatementRow(msgspec.Struct, frozen=True, kw_only=True):
    """The 情况说明 of one person in special circumstances. Amounts fen.

    `no` counts statements and `row` names the person's row, both from 1. `photos` are sha256 (hex), sorted. `fact` and
    `fact_sha256` name the signed record it comes from, empty where a named exception stands in for it.
    """

    no: int
    row: int
    case: str
    name: str
    id_number: str
    contracts: int
    total_fen: int
    repaid_fen: int
    reason: str
    reason_words: str
    narrative: str
    handling: str
    handling_words: str
    evidence: tuple[str, ...]
    photos: tuple[str, ...]
    delivery: DeliveryLine
    visits: tuple[VisitRow, ...]
    attempts: int
    failed_attempts: int
    teacher: str
    fact: str
    fact_sha256: str


class ExceptionLine(msgspec.Struct, frozen=True, kw_only=True):
    """A named exception as page 1 prints it: the problem code, what it refers to, and the reason given.

    `case` is a case code and `name` a masked name, both empty where the exception is of no person.
    """

    code: str
    ref: str
    case: str
    name: str
    words: str
    reason: str
    by: str


class UnitException(ExceptionLine, frozen=True, kw_only=True):
    """An exception of a unit below, by that unit's name."""

    unit: str


class SpecialCase(msgspec.Struct, frozen=True, kw_only=True):
    """A person in special circumstances as a county lists them: name masked, reason as in the school's rows."""

    unit: str
    case: str
    name: str
    unpaid_fen: int
    reason: str
    handling: str


class CountyRow(msgspec.Struct, frozen=True, kw_only=True):
    """One unit below, and its sealed file by hash (sha256, hex). `row` counts from 1; times ISO with offset."""

    row: int
    code: str
    name: str
    document: str
    version: int
    cut_off: str
    as_of: str
    sealed_at: str
    data_hash: str
    file_sha256: str
    totals: Totals


class Heading(msgspec.Struct, frozen=True, kw_only=True):
    """What the seal's record repeats of a summary. `cut_off`: ISO with offset; `previous_seal`: sha256, hex."""

    kind: str
    document: str
    version: int
    unit: Unit
    cut_off: str
    previous_seal: str


class _Common(Heading, frozen=True, kw_only=True):
    """What a summary has at every level. `as_of`: day of the newest repayments, ISO, empty where units differ."""

    schema: int
    composer: int
    demo: bool
    season: SeasonRef
    letterhead: Letterhead
    as_of: str
    reason: str
    reasons: tuple[ReasonWords, ...]
    totals: Totals


class SchoolSummary(_Common, frozen=True, kw_only=True):
    """A school's summary: a row a person, a statement for each one in special circumstances."""

    full_id_numbers: bool
    stamp_each_statement: bool
    rows: tuple[Row, ...]
    statements: tuple[StatementRow, ...]
    exceptions: tuple[ExceptionLine, ...]


class CountySummary(_Common, frozen=True, kw_only=True):
    """A summary over sealed ones: a county's over its schools, a region's over counties. A row a unit."""

    rows: tuple[CountyRow, ...]
    special: tuple[SpecialCase, ...]
    missing: tuple[Unit, ...]
    exceptions: tuple[UnitException, ...]


Summary = SchoolSummary | CountySummary


def encode(summary: Summary) -> bytes:
    """summary.json: canonical bytes."""
    return canonical(msgspec.to_builtins(summary))


def decode(data: bytes) -> Summary:
    """Read summary.json.

    Raises: msgspec.MsgspecError (DecodeError, or its ValidationError) when it is no summary.
    """
    return of_tree(msgspec.json.decode(data))


def of_tree(tree: Any) -> Summary:
    """A summary from its parsed JSON; every kind but a school's has the county's shape.

    Raises: msgspec.ValidationError when it has another shape.
    """
    if msgspec.convert(tree, Heading).kind == SCHOOL:
        return msgspec.convert(tree, SchoolSummary)
    return msgspec.convert(tree, CountySummary)
