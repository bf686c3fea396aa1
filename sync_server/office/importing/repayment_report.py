"""What the preview of a repayment file shows: plain values, names masked beside case codes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from shared import money
from shared.cases import RepaymentKind
from shared.identity import mask_name
from shared.ids import show_case_code
from sync_server.intake.repayments import RepaymentFile
from sync_server.intake.report import WARNING, RowProblem, some
from sync_server.office.importing.choice import Choice
from sync_server.office.importing.repayment_checks import SHOWN, Checked, RowNote
from sync_server.office.importing.repayment_kind import Recognised
from sync_server.office.repayment_changes import WHATS, Changes, PersonChange, SchoolChanges
from sync_server.store.repayments import Plan

FIRST_PEOPLE = 5
"""People of a school that the preview names."""


class Outlook(msgspec.Struct, frozen=True, kw_only=True):
    """How many people leave the phones and come back if the file is of a kind."""

    kind: RepaymentKind
    newly_paid: int
    came_back: int


class SchoolOutlook(msgspec.Struct, frozen=True, kw_only=True):
    """A school's counts, and its first people: code and masked name."""

    unit: str
    school: str
    newly_paid: int
    partly_paid: int
    came_back: int
    leaving: tuple[str, ...] = ()
    returning: tuple[str, ...] = ()


class RepaymentReport(msgspec.Struct, frozen=True, kw_only=True):
    """The key `repayments` of an import's report.

    Attributes:
        kind: What was recognised, "" when several are as likely.
        sure: Whether nothing contradicts it; then it needs no confirmation.
        reasons: Codes of what speaks for or against it.
        chosen: The kind the rest was worked out for, "" while it has to be chosen.
        outlooks: What each kind would change, where it is not sure; else the chosen one.
        as_of: The file's day, "" while it is not known.
        as_of_asked: Codes of what makes the day doubtful.
        as_of_confirmed: Whether the day was given or confirmed.
        in_force: The day in force before.
        base: The day to which a file of new amounts is added.
        takes_effect: Whether it changes who has paid now.
        already_counted: Payments that an earlier file had brought.
        newly_paid, partly_paid, came_back, reduced: People, by what changes for them.
        schools: The schools where something changes.
        returning: The first people who come back.
        returns_accepted: Whether they may.
        unknown: Payments that match no contract; `nobody`: that is all of them.
        nearest: Whose contract some of those may be.
        overpaid, overpaid_count: More than is due; `far` of them far more.
        differ, differ_count: Another ID number or name than the due list's.
        off_list, off_list_count: Payments of people who are off the list.
        waiting: Codes of what has to be confirmed.
    """

    kind: RepaymentKind
    sure: bool
    reasons: tuple[str, ...]
    chosen: RepaymentKind
    outlooks: tuple[Outlook, ...]
    as_of: str
    as_of_asked: tuple[str, ...]
    as_of_confirmed: bool
    in_force: str
    base: str = ""
    takes_effect: bool = True
    already_counted: int = 0
    newly_paid: int = 0
    partly_paid: int = 0
    came_back: int = 0
    reduced: int = 0
    schools: tuple[SchoolOutlook, ...] = ()
    returning: tuple[str, ...] = ()
    returns_accepted: bool = False
    unknown: int = 0
    nobody: bool = False
    nearest: tuple[RowNote, ...] = ()
    overpaid: tuple[RowNote, ...] = ()
    overpaid_count: int = 0
    differ: tuple[RowNote, ...] = ()
    differ_count: int = 0
    off_list: tuple[RowNote, ...] = ()
    off_list_count: int = 0
    waiting: tuple[str, ...] = ()


def build(
    *,
    recognised: Recognised,
    chosen: RepaymentKind,
    outlooks: Sequence[Outlook],
    file: RepaymentFile,
    doubts: Sequence[str],
    choice: Choice,
    in_force: str,
    plan: Plan | None,
    changes: Changes | None,
    checked: Checked,
    waiting: Sequence[str],
) -> RepaymentReport:
    """Build the report from what was found; `plan` and `changes` are those of the chosen kind."""
    counts = {what: len(changes.people(what)) if changes else 0 for what in WHATS}
    returning = changes.people("came_back") if changes else []
    return RepaymentReport(
        kind=recognised.kind,
        sure=recognised.sure,
        reasons=recognised.reasons,
        chosen=chosen,
        outlooks=tuple(outlooks),
        as_of=file.as_of,
        as_of_asked=tuple(doubts),
        as_of_confirmed=bool(choice.as_of),
        in_force=in_force,
        base=plan.base if plan else "",
        takes_effect=plan.takes_effect if plan else False,
        already_counted=len(plan.known) if plan else 0,
        **counts,
        schools=tuple(_school(one) for one in changes.schools if _moved(one)) if changes else (),
        returning=tuple(map(_named, returning[:SHOWN])),
        returns_accepted=choice.accept_returns,
        unknown=len(checked.unknown),
        nobody=checked.nobody,
        nearest=checked.nearest,
        overpaid=checked.overpaid[:SHOWN],
        overpaid_count=len(checked.overpaid),
        differ=checked.differ[:SHOWN],
        differ_count=len(checked.differ),
        off_list=checked.off_list[:SHOWN],
        off_list_count=len(checked.off_list),
        waiting=tuple(waiting),
    )


def as_json(report: RepaymentReport) -> dict[str, Any]:
    """Return the report as plain values."""
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(report))
    return plain


def difference(changes: Changes) -> dict[str, Any]:
    """Return who changes, by group, in the form in which an import's difference is kept."""
    schools = {one.unit: one.school for one in changes.schools}
    return {
        "kind": "repayments",
        "as_of": changes.as_of,
        "since": changes.since,
        "groups": {
            what: [_row(person, schools) for person in changes.people(what)] for what in WHATS
        },
    }


def counted_before(rows: Sequence[int], base: str) -> RowProblem:
    """Return the line on payments that were counted already."""
    values = {"count": str(len(rows)), "rows": some(rows), "day": base}
    return RowProblem(
        row=min(rows), column="", code="intake.payments_counted", level=WARNING, values=values
    )


def _row(person: PersonChange, schools: dict[str, str]) -> dict[str, Any]:
    return {
        "case": person.case,
        "code": show_case_code(person.code),
        "name": mask_name(person.name),
        "school": schools.get(person.unit, ""),
        "was": money.yuan(person.before_fen),
        "now": money.yuan(person.after_fen),
        "due": money.yuan(person.due_fen),
    }


def _school(one: SchoolChanges) -> SchoolOutlook:
    return SchoolOutlook(
        unit=one.unit,
        school=one.school,
        newly_paid=len(one.newly_paid),
        partly_paid=len(one.partly_paid),
        came_back=len(one.came_back),
        leaving=tuple(map(_named, one.newly_paid[:FIRST_PEOPLE])),
        returning=tuple(map(_named, one.came_back[:FIRST_PEOPLE])),
    )


def _moved(one: SchoolChanges) -> bool:
    return any(getattr(one, what) for what in WHATS)


def _named(person: PersonChange) -> str:
    return f"{show_case_code(person.code)} {mask_name(person.name)}".strip()
