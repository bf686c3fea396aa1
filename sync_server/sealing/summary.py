"""The structs of summary.json, at a school and above it, and their canonical bytes.

The format is frozen under `SCHEMA`: a field added, renamed or given another form changes the data
hash of every document composed afterwards. Unknown fields of a later version are ignored on
reading. Codes stay plain strings here, since a file may carry a code this version does not know.
docs/seal.md describes the document.
"""

from __future__ import annotations

from typing import Any, Literal, get_args

import msgspec

from shared import season
from shared.digest import canonical
from sync_server.sealing.elsewhere import StandsOn
from sync_server.sealing.report_to import RecipientRef, SheetTemplate

SCHEMA = 1

Kind = Literal["school_summary", "county_summary", "region_summary"]
"""What a summary covers: a school, a county over its schools, a region over counties or regions."""
SCHOOL: Kind = "school_summary"
COUNTY: Kind = "county_summary"
REGION: Kind = "region_summary"

Group = Literal["promised", "special", "unreachable", "other"]
"""How the totals count an unpaid person."""
GROUPS: tuple[Group, ...] = get_args(Group)


class Unit(msgspec.Struct, frozen=True, kw_only=True):
    """A school or a county, by the code that certificates and case codes carry.

    The unit of `shared.wire` also has the liaison's name and phone; that of the database has all of
    附件1.
    """

    code: str
    name: str


class SeasonRef(msgspec.Struct, frozen=True, kw_only=True):
    """The season a summary belongs to; `due_day` is an ISO day in China."""

    id: str
    due_day: str


class ReasonWords(msgspec.Struct, frozen=True, kw_only=True):
    """The words of a reason code that appears in rows; sensitive reasons are not among them."""

    code: str
    words: str


class People(msgspec.Struct, frozen=True, kw_only=True):
    """A number of people and what they owe, in fen."""

    people: int
    fen: int


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to ask about a document: 联系人 and 联系电话, "" where nobody has named them."""

    name: str = ""
    phone: str = ""


class Deliveries(msgspec.Struct, frozen=True, kw_only=True):
    """People by how their notice was delivered; each person is in one of the four.

    `signed`: on paper, a thumb print included. `acknowledged`: by a message whose receipt they
    confirmed. `refused`: handed over, and they did not sign. `undelivered`: not handed over.
    """

    signed: int = 0
    acknowledged: int = 0
    refused: int = 0
    undelivered: int = 0


class Delivered(msgspec.Struct, frozen=True, kw_only=True):
    """People whose notice reached them, refusals included; `rate_bp`: their share, basis points.

    Kept for readers of older versions; pages print `Deliveries`.
    """

    people: int
    rate_bp: int


class RepaidTotals(msgspec.Struct, frozen=True, kw_only=True):
    """People who have paid in full, and everything paid so far in fen.

    Partial payments are included. `rate_bp`: share of people, `amount_rate_bp`: share of the amount
    due, both in basis points.
    """

    people: int
    fen: int
    rate_bp: int
    amount_rate_bp: int


class Unpaid(msgspec.Struct, frozen=True, kw_only=True):
    """People who have not paid in full and what they still owe in fen, in total and by group."""

    people: int
    fen: int
    promised: People
    special: People
    unreachable: People
    other: People

    def of(self, group: Group) -> People:
        """Return the part of one group."""
        parts: dict[Group, People] = {
            "promised": self.promised,
            "special": self.special,
            "unreachable": self.unreachable,
            "other": self.other,
        }
        return parts[group]


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """Sums of a summary, the same at every level.

    Counts are people unless the name says otherwise. `visited`: people visited at least once;
    `statements`: people with a statement. `deliveries` is empty before composer 3.
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
    deliveries: Deliveries = Deliveries()


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One person of a school, in order of case code.

    Amounts are fen, days ISO and "" where there is none. `row` counts from 1. `delivery` and
    `group` are those of `shared.lifecycle.Standing`, `delivery_outcome` the code of the delivery
    that counts, "" before composer 3; `reason` is a code, a short one where the
    reason is sensitive; `statement` is the number of the person's statement, 0 without one.
    `delivery_received_on` is there where the record of the delivery came late (making/rows.py),
    `contract_no` where a recipient's form asks for it.
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
    delivery_outcome: str = ""
    delivery_received_on: str | msgspec.UnsetType = msgspec.UNSET
    contract_no: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET


class DeliveryLine(msgspec.Struct, frozen=True, kw_only=True):
    """The delivery that counts.

    `state`: none | undelivered | unsigned | signed; `day`: ISO, "" without one. `paper`: it was
    typed in from paper; absent for a phone's, here and below. `received_on`: as in the row.
    """

    state: str
    day: str
    method: str
    outcome: str
    signer: str
    relation: str
    paper: bool | msgspec.UnsetType = msgspec.UNSET
    received_on: str | msgspec.UnsetType = msgspec.UNSET


class VisitRow(msgspec.Struct, frozen=True, kw_only=True):
    """One counted visit: ISO day, whom the visitors met, the outcome (codes), and who went."""

    day: str
    met: str
    outcome: str
    visitors: tuple[str, ...]
    paper: bool | msgspec.UnsetType = msgspec.UNSET


class StatementRow(msgspec.Struct, frozen=True, kw_only=True):
    """The 情况说明 of one person in special circumstances; amounts are fen.

    `no` counts statements and `row` names the person's row, both from 1. `photos` are sha256 (hex),
    sorted. `fact` and `fact_sha256` name the signed record it comes from, "" where a named
    exception stands in for it.
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
    paper: bool | msgspec.UnsetType = msgspec.UNSET


class ExceptionLine(msgspec.Struct, frozen=True, kw_only=True):
    """A named exception as page 1 prints it: what it refers to and the reason given.

    `code` is the problem's, `case` a case code and `name` a masked name, both "" where the
    exception concerns no person.
    """

    code: str
    ref: str
    case: str
    name: str
    words: str
    reason: str
    by: str


class UnitException(ExceptionLine, frozen=True, kw_only=True):
    """An exception of a unit below, with that unit's name."""

    unit: str


class SpecialCase(msgspec.Struct, frozen=True, kw_only=True):
    """A person in special circumstances as a county lists them.

    The name is masked, the reason as in the school's rows, `unpaid_fen` in fen. The members that
    may be absent are those of a report for a recipient (making/recipients.py).
    """

    unit: str
    case: str
    name: str
    unpaid_fen: int
    reason: str
    handling: str
    id_number: str | msgspec.UnsetType = msgspec.UNSET
    reason_words: str | msgspec.UnsetType = msgspec.UNSET
    narrative: str | msgspec.UnsetType = msgspec.UNSET


class CountyRow(msgspec.Struct, frozen=True, kw_only=True):
    """One unit below and its sealed file.

    `row` counts from 1, hashes are hex, times ISO with offset. `stands_on`: what its seal stands on
    where that is no scan (sealing/elsewhere.py).
    """

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
    stands_on: StandsOn | msgspec.UnsetType = msgspec.UNSET


class Heading(msgspec.Struct, frozen=True, kw_only=True):
    """What seal.json repeats of a summary.

    `cut_off`: ISO with offset, `previous_seal`: sha256, hex.
    """

    kind: str
    document: str
    version: int
    unit: Unit
    cut_off: str
    previous_seal: str


class Letterhead(msgspec.Struct, frozen=True, kw_only=True):
    """Who issues the document. A season's letterhead has more fields; these are in the format.

    `phone`: of the centre. `sent_to`, `copied_to`: 主送 and 抄送 of the county's report, names with
    、 between them; `copies`: 份数. The last four are empty before composer 3.
    """

    county: str
    area_code: str
    centre: str
    document_no: str
    basis: str
    hotline: str
    phone: str = ""
    sent_to: str = ""
    copied_to: str = ""
    copies: int = 0

    @classmethod
    def of(cls, head: season.Letterhead) -> Letterhead:
        """Return what a document carries of a season's letterhead."""
        return cls(**{name: getattr(head, name) for name in cls.__struct_fields__})


class _Common(Heading, frozen=True, kw_only=True):
    """What a summary has at every level.

    `as_of`: ISO day of the newest repayments, "" where the units below differ. `filled_on`: ISO day
    it was composed on; `report_no`: its own 文号, "" without one; `contact`: whom to ask. These
    three are empty before composer 3.
    """

    schema: int
    composer: int
    demo: bool
    season: SeasonRef
    letterhead: Letterhead
    as_of: str
    reason: str
    reasons: tuple[ReasonWords, ...]
    totals: Totals
    filled_on: str = ""
    report_no: str = ""
    contact: Contact = Contact()


class SchoolSummary(_Common, frozen=True, kw_only=True):
    """A school's summary: one row a person, one statement for each in special circumstances.

    `templates`: recipients' own forms with a line a person, absent where the season has none.
    `paper_records`: how many records in force were typed in from paper, absent where none was.
    """

    full_id_numbers: bool
    stamp_each_statement: bool
    rows: tuple[Row, ...]
    statements: tuple[StatementRow, ...]
    exceptions: tuple[ExceptionLine, ...]
    templates: tuple[SheetTemplate, ...] | msgspec.UnsetType = msgspec.UNSET
    paper_records: int | msgspec.UnsetType = msgspec.UNSET


class CountySummary(_Common, frozen=True, kw_only=True):
    """A summary over sealed ones with one row a unit.

    A county's covers its schools, a region's its counties or regions. One for a recipient names
    it, `figures` is report_to.figures_digest, and `template` its own form.
    """

    rows: tuple[CountyRow, ...]
    special: tuple[SpecialCase, ...]
    missing: tuple[Unit, ...]
    exceptions: tuple[UnitException, ...]
    recipient: RecipientRef | msgspec.UnsetType = msgspec.UNSET
    figures: str | msgspec.UnsetType = msgspec.UNSET
    template: SheetTemplate | msgspec.UnsetType = msgspec.UNSET


Summary = SchoolSummary | CountySummary


def encode(summary: Summary) -> bytes:
    """Return summary.json as canonical bytes."""
    return canonical(msgspec.to_builtins(summary))


def decode(data: bytes) -> Summary:
    """Read summary.json.

    Args:
        data: the bytes of the file.

    Returns:
        The summary of its kind.

    Raises:
        msgspec.MsgspecError: a DecodeError or ValidationError when it is not a summary.
    """
    return of_tree(msgspec.json.decode(data))


def of_tree(tree: Any) -> Summary:
    """Convert parsed JSON to a summary; every kind but a school's is a `CountySummary`.

    Args:
        tree: summary.json as parsed.

    Returns:
        The summary of its kind.

    Raises:
        msgspec.ValidationError: when it has another structure.
    """
    if msgspec.convert(tree, Heading).kind == SCHOOL:
        return msgspec.convert(tree, SchoolSummary)
    return msgspec.convert(tree, CountySummary)
