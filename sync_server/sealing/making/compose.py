"""Compose a school's summary from its cases, facts and repayments. Pure.

Everything arrives already limited to the cut-off; nothing is read and no clock is asked. Equal
inputs in any order give equal bytes, and their sha256 is the data hash
(docs/seal.md#summaryjson). While something is missing, compose refuses with the whole list
(docs/seal.md#what-is-refused-before-printing); where the liaison continues despite it, that is a
named exception and is printed on page 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from shared import readiness
from shared.cases import Case, Repaid
from shared.identity import mask_name
from shared.ids import show_case_code
from shared.late_receipt import late_receipt
from shared.lifecycle import Judgement, Review, Standing, judge
from shared.problems import PROBLEMS, ProblemError, fill
from shared.readiness import MissingItem, NamedException
from shared.recipients import PEOPLE
from shared.season import Season
from sync_server.sealing.making import rows, totals
from sync_server.sealing.report_to import SheetTemplate, template_of
from sync_server.sealing.summary import (
    SCHEMA,
    SCHOOL,
    Contact,
    ExceptionLine,
    Letterhead,
    ReasonWords,
    Row,
    SchoolSummary,
    SeasonRef,
    StatementRow,
    Unit,
)
from sync_server.store.stored_fact import StoredFact

COMPOSER = 5
"""Raised whenever equal inputs give other rows.

A verifier composes again only what its own composer made. 1 printed days as they stood, 2 left out
days its season cannot hold, 3 counts how notices were delivered apart and names whom to ask, 4
writes the codes in exceptions as tables do and marks what was typed in from paper, 5 counts no
returned delivery and says when the record of a delivery came, where that was late.
"""


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers missing in a device's chain, both ends included."""

    device: str
    device_name: str
    n_from: int
    n_to: int

    @property
    def ref(self) -> str:
        """The gap's reference in problems and named exceptions."""
        return f"{self.device}:{self.n_from}-{self.n_to}"


class SchoolInputs(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a school's summary depends on; evidence.bin keeps it as inputs.json.

    `cut_off` is ISO 8601 with offset, `as_of` the day of the newest repayment snapshot. `repaid` is
    keyed by case id, `reviews` by fact id, `staff` by staff id (names). `previous_seal` is the
    sha256 of this school's last sealed PDF. `wrong_slips`: fact id to the case code its
    photographed slip names instead of its own. `gaps` is the member `holes` of inputs.json.
    `filled_on`: the ISO day of composing; `report_no`: the report's own 文号; `contact`: the
    liaison.
    """

    document: str
    version: int
    season: Season
    school: Unit
    cases: tuple[Case, ...]
    facts: tuple[StoredFact, ...] = ()
    repaid: dict[str, Repaid] = {}
    reviews: dict[str, Review] = {}
    staff: dict[str, str] = {}
    stored_photos: frozenset[str] = frozenset()
    quarantined: tuple[str, ...] = ()
    gaps: tuple[Gap, ...] = msgspec.field(default=(), name="holes")
    exceptions: tuple[NamedException, ...] = ()
    wrong_slips: dict[str, str] = {}
    cut_off: str
    as_of: str = ""
    previous_seal: str = ""
    reason: str = ""
    demo: bool = False
    filled_on: str = ""
    report_no: str = ""
    contact: Contact = Contact()


class MissingLine(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is missing, described for the liaison with the name masked.

    `words` says what is missing and `fix` what to do about it.
    """

    code: str
    ref: str
    case_code: str
    name: str
    words: str
    fix: str


class NotReady(ProblemError):
    """The refusal to compose, with the whole list of what is missing (problem `seal.not_ready`)."""

    def __init__(self, items: tuple[MissingLine, ...]) -> None:
        """Keep the list in `items`."""
        self.items = items
        super().__init__("seal.not_ready", count=len(items))


def compose(inputs: SchoolInputs) -> SchoolSummary:
    """Compose the summary of one school.

    Args:
        inputs: the school's state at the cut-off.

    Returns:
        The summary: rows in order of case code, a statement for each unpaid person in special
        circumstances, totals and exceptions.

    Raises:
        NotReady: with everything missing that no exception names.
        ProblemError: compose.no_cases, compose.no_code.
    """
    if not inputs.cases:
        raise ProblemError("compose.no_cases", school=inputs.school.name)
    cases = sorted(inputs.cases, key=lambda c: (c.code, c.id))
    if unplaced := [c for c in cases if not c.code]:
        raise ProblemError(
            "compose.no_code", count=len(unplaced), name=mask_name(unplaced[0].borrower.name)
        )
    by_case = _by_case(inputs)
    judged = [(case, _judged(case, by_case, inputs)) for case in cases]
    if missing := missing_items(inputs, [(case, found.standing) for case, found in judged]):
        raise NotReady(_described(missing, inputs))
    lines, statements = _lines(judged, by_case, inputs)
    from_paper = sum(fact.paper is not None for _, found in judged for fact in found.in_force)
    return SchoolSummary(
        schema=SCHEMA,
        composer=COMPOSER,
        kind=SCHOOL,
        document=inputs.document,
        version=inputs.version,
        demo=inputs.demo,
        season=SeasonRef(id=inputs.season.id, due_day=inputs.season.due_day.isoformat()),
        unit=inputs.school,
        letterhead=Letterhead.of(inputs.season.letterhead),
        cut_off=inputs.cut_off,
        as_of=inputs.as_of,
        previous_seal=inputs.previous_seal,
        reason=inputs.reason,
        full_id_numbers=inputs.season.full_id_numbers,
        stamp_each_statement=inputs.season.stamp_each_statement,
        reasons=_legend(inputs.season),
        filled_on=inputs.filled_on,
        report_no=inputs.report_no,
        contact=inputs.contact,
        totals=totals.of_rows(lines),
        rows=tuple(lines),
        statements=tuple(statements),
        exceptions=_exceptions(inputs),
        templates=_templates(inputs.season) or msgspec.UNSET,
        paper_records=from_paper or msgspec.UNSET,
    )


def _templates(season: Season) -> tuple[SheetTemplate, ...]:
    """Return the forms with a line a person that recipients want.

    All of them lie in one workbook: none holds what one of its readers may not get.
    """
    wanting = [one for one in season.recipients if one.people]
    shared = {
        "with_health_reasons": all(one.with_health_reasons for one in wanting),
        "full_id_numbers": all(one.full_id_numbers for one in wanting),
    }
    found = (template_of(one, PEOPLE) for one in wanting)
    return tuple(msgspec.structs.replace(one, **shared) for one in found if one)


def missing_items(
    inputs: SchoolInputs, standings: list[tuple[Case, Standing]]
) -> list[MissingItem]:
    """List what is missing before this school may seal, less what exceptions name.

    Args:
        inputs: the school's state at the cut-off.
        standings: each case with where it stands.

    Returns:
        The missing items with their references, not yet described in words.
    """
    own = {case.id for case in inputs.cases}
    named = sorted(
        (p, s.fact.case) for s in inputs.facts for p in s.fact.photos if s.fact.case in own
    )
    return readiness.missing_items(
        standings,
        missing_photos={sha: case for sha, case in named if sha not in inputs.stored_photos},
        quarantined=inputs.quarantined,
        gaps=[gap.ref for gap in inputs.gaps],
        exceptions=inputs.exceptions,
        wrong_slips={
            s.fact.id: s.fact.case for s in inputs.facts if s.fact.id in inputs.wrong_slips
        },
    )


def _by_case(inputs: SchoolInputs) -> dict[str, list[StoredFact]]:
    """Group facts by case in the server's order, whatever order they came in."""
    found: dict[str, list[StoredFact]] = {case.id: [] for case in inputs.cases}
    for stored in sorted(inputs.facts, key=lambda s: (s.seq, s.device, s.n)):
        if stored.fact.case in found:
            found[stored.fact.case].append(stored)
    return found


def _judged(case: Case, by_case: Mapping[str, list[StoredFact]], inputs: SchoolInputs) -> Judgement:
    repaid = inputs.repaid.get(case.id, Repaid(as_of=inputs.as_of))
    return judge(case, [s.fact for s in by_case[case.id]], repaid, inputs.reviews, inputs.season)


def _lines(
    judged: list[tuple[Case, Judgement]],
    by_case: Mapping[str, list[StoredFact]],
    inputs: SchoolInputs,
) -> tuple[list[Row], list[StatementRow]]:
    """Make the rows in order of case code, numbered from 1, and the statements they refer to."""
    lines: list[Row] = []
    statements: list[StatementRow] = []
    for number, (case, judgement) in enumerate(judged, 1):
        special = judgement.standing.group == "special"
        row = rows.row_of(
            case,
            judgement,
            inputs.season,
            number=number,
            statement=len(statements) + 1 if special else 0,
            teacher=inputs.staff.get(case.assignee, ""),
            received_on=late_receipt(
                judgement.standing.delivery_fact,
                judgement.standing.delivered_on,
                [(s.fact, s.received_at) for s in by_case[case.id]],
                inputs.season,
            ),
        )
        if special:
            digests = {s.fact.id: s.sha256 for s in by_case[case.id]}
            statements.append(rows.statement_of(case, judgement, digests, inputs.season, row))
        lines.append(row)
    return lines, statements


def _legend(season: Season) -> tuple[ReasonWords, ...]:
    """List the words of every reason that may appear in a row.

    Sensitive reasons appear under their short code, without words.
    """
    return tuple(ReasonWords(code=r.code, words=r.zh) for r in season.reasons if not r.sensitive)


def _exceptions(inputs: SchoolInputs) -> tuple[ExceptionLine, ...]:
    """List what page 1 says is missing, with the reason; in a fixed order."""
    lines = []
    for e in sorted(inputs.exceptions, key=lambda e: (e.code, e.ref, e.reason)):
        item = _described(
            [MissingItem(code=e.code, ref=e.ref, case=_case_of(e.ref, inputs))], inputs
        )[0]
        lines.append(
            ExceptionLine(
                code=e.code,
                ref=e.ref,
                case=item.case_code,
                name=item.name,
                words=item.words,
                reason=e.reason,
                by=e.by,
            )
        )
    return tuple(lines)


def _case_of(ref: str, inputs: SchoolInputs) -> str:
    """Return the case id of an exception's ref: a case, a fact, or a photo that a fact names."""
    if any(case.id == ref for case in inputs.cases):
        return ref
    return min(
        (s.fact.case for s in inputs.facts if ref == s.fact.id or ref in s.fact.photos), default=""
    )


def _described(missing: list[MissingItem], inputs: SchoolInputs) -> tuple[MissingLine, ...]:
    cases = {case.id: case for case in inputs.cases}
    gaps = {gap.ref: gap for gap in inputs.gaps}
    described = []
    for item in missing:
        case, gap = cases.get(item.case), gaps.get(item.ref)
        values: dict[str, Any] = {
            "case": show_case_code(case.code) if case else "",
            "name": mask_name(case.borrower.name) if case else "",
            "device": gap.device_name if gap else "",
            "first": gap.n_from if gap else "",
            "last": gap.n_to if gap else "",
            "slip": show_case_code(inputs.wrong_slips.get(item.ref, "")),
        }
        problem = PROBLEMS.get(item.code) or PROBLEMS["seal.owed"]
        described.append(
            MissingLine(
                code=item.code,
                ref=item.ref,
                case_code=case.code if case else "",
                name=values["name"],
                words=fill(problem.zh, values),
                fix=fill(problem.fix_zh, values),
            )
        )
    return tuple(described)
