"""Import a file of the office: parsed in a subprocess, reported row by row, stored at once.

A file with rejected rows changes nothing unless `accept_rest` says so; then people whose rows are
all accepted are imported. A corrected ID number or name, and two cases that become one, are taken
only when `accept_identity` says so; the rest of such a list is imported all the same.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from shared.assets import FONTS
from shared.cases import Repayment
from shared.problems import ProblemError
from shared.season import china_day
from sync_server.intake.areas import Areas
from sync_server.intake.contacts import Contacts
from sync_server.intake.due_list import DueList
from sync_server.intake.parsed import KINDS, Options, Parsed
from sync_server.intake.people import DuePerson, person_key
from sync_server.intake.repayments import RepaymentFile
from sync_server.intake.report import ERROR, WARNING, Findings, RowProblem, Totals, joined
from sync_server.intake.worker import read_in_subprocess
from sync_server.paperwork.glyphs import load_charset
from sync_server.services import Services
from sync_server.store import audit, case_import, case_plan, repayments, units
from sync_server.store.database import Connection

__all__ = ["KINDS", "apply", "preview"]

_NOBODY = "intake.nobody_matches"
_CONFIRMED = ("intake.identity_corrected", "intake.cases_join", "intake.contract_of_another")
"""What waits until somebody confirms it."""


def preview(services: Services, kind: str, path: Path, file_name: str = "") -> dict[str, Any]:
    """Parse a file and report on it; nothing is written.

    Args:
        services: The server's services.
        kind: One of KINDS.
        path: The file.
        file_name: The name people know it by; it may hold the as-of day. "" for the path's own.

    Returns:
        The report as JSON values.

    Raises:
        ProblemError: intake.unknown_kind.
    """
    parsed = _read(services, kind, path, file_name)
    report = parsed.report.as_json()
    if isinstance(parsed.result, RepaymentFile):
        return _with_unknown(services, report, parsed.result)
    if isinstance(parsed.result, DueList):
        people = _people(services.season, parsed.result)
        notes = services.database.read(
            lambda c: case_plan.plan(c, services.season, people, accept=False).notes
        )
        return _with_identity(report, notes)
    return report


def apply(
    services: Services,
    kind: str,
    path: Path,
    *,
    who: str,
    accept_rest: bool = False,
    accept_identity: bool = False,
    file_name: str = "",
) -> dict[str, Any]:
    """Parse a file and import it in one transaction.

    Args:
        services: The server's services.
        kind: One of KINDS.
        path: The file.
        who: The account that does it, for the audit trail.
        accept_rest: Whether to import the accepted people when rows were rejected.
        accept_identity: Whether corrected identities, as the preview names them, were confirmed.
        file_name: The name people know it by; it may hold the as-of day. "" for the path's own.

    Returns:
        The report as JSON values, with `applied`: what changed; None when nothing was written.

    Raises:
        ProblemError: intake.unknown_kind.
    """
    parsed = _read(services, kind, path, file_name)
    report = parsed.report.as_json()
    if parsed.result is None or (parsed.report.rejected and not accept_rest):
        return {**report, "applied": None}
    result = parsed.result
    if isinstance(result, RepaymentFile):
        report = _with_unknown(services, report, result)
        if _nobody(report) and not accept_rest:
            return {**report, "applied": None}
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    name, now = file_name or path.name, services.settings.now_text()

    notes: list[case_plan.IdentityNote] = []

    def job(connection: Connection) -> Any:
        if isinstance(result, DueList):
            people = _people(services.season, result)
            season, accept = services.season, accept_identity
            whole = case_plan.plan(connection, season, people, accept=accept)
            notes[:] = whole.notes
            applied: Any = case_import.import_people(
                connection, season, people, accept_identity=accept, whole=whole
            )
        else:
            applied = _take(connection, services.season, result, name, sha256, now)
        audit.note(connection, at=now, who=who, action=f"import.{kind}", ref=sha256, detail=name)
        return applied

    applied = msgspec.to_builtins(services.change(job))
    if isinstance(result, DueList):
        report = _with_identity(report, notes)
        if accept_identity and notes:
            report["identity"]["waiting"] = 0
    return {**report, "applied": applied}


def _read(services: Services, kind: str, path: Path, file_name: str) -> Parsed:
    if kind not in KINDS:
        raise ProblemError("intake.unknown_kind", kind=kind)
    season = services.season
    names = services.database.read(lambda c: tuple(u.name for u in units.units(c, season)))
    options = Options(
        season=season,
        known_characters="".join(sorted(load_charset(FONTS))),
        known_schools=names or None,
        file_name=file_name or path.name,
        today=china_day(services.settings.now()).isoformat(),
    )
    return read_in_subprocess(kind, path, options)


def _take(
    connection: Connection,
    season: str,
    result: Contacts | Areas | RepaymentFile,
    name: str,
    sha256: str,
    now: str,
) -> Any:
    if isinstance(result, Contacts):
        return case_import.import_schools(
            connection, season, {r.school: _contacts(r) for r in result.rows}
        )
    if isinstance(result, Areas):
        return case_import.import_schools(
            connection,
            season,
            {
                r.school: {"officer": r.officer, "townships": "、".join(r.townships)}
                for r in result.rows
            },
        )
    return repayments.store_snapshot(
        connection, season, result.as_of, _repaid(result), file_name=name, sha256=sha256, now=now
    )


def _with_unknown(
    services: Services, report: dict[str, Any], file: RepaymentFile
) -> dict[str, Any]:
    """Add the payments that match no contract of the season; an error when none does."""
    known = services.database.read(lambda c: repayments.known_contracts(c, services.season))
    unknown = [line for line in file.lines if line.contract_no not in known]
    found = Findings()
    for line in unknown:
        found.note(line.row, "", "intake.contract_unknown")
    problems = list(found.report(totals=Totals()).problems)
    if unknown and len(unknown) == len(file.lines):
        values = {"count": str(len(unknown))}
        problems = [
            RowProblem(row=None, column="", code=_NOBODY, level=ERROR, values=values),
            *problems,
        ]
    said = [problem.as_json() for problem in problems]
    return {**report, "problems": [*said, *report["problems"]]}


def _nobody(report: dict[str, Any]) -> bool:
    return any(problem["code"] == _NOBODY for problem in report["problems"])


def _people(season: str, result: DueList) -> list[case_plan.ImportedPerson]:
    return [_imported_person(season, p) for p in result.people if not p.rejected_rows]


def _with_identity(
    report: dict[str, Any], notes: Sequence[case_plan.IdentityNote]
) -> dict[str, Any]:
    """Add what a list says of people known from an earlier one: as problems, and counted.

    A list that says nothing of them has a report of the form it always had.
    """
    if not notes:
        return report
    problems = [
        RowProblem(
            row=min(note.rows, default=None),
            column="",
            code=note.code,
            level=WARNING,
            values={**note.values, **({"rows": joined(note.rows)} if note.rows else {})},
        ).as_json()
        for note in notes
    ]
    counted = Counter(note.code for note in notes)
    waiting = sum(counted[code] for code in _CONFIRMED)
    return {
        **report,
        "problems": [*problems, *report["problems"]],
        "identity": {
            "corrected": counted["intake.identity_corrected"],
            "joined": counted["intake.cases_join"],
            "apart": counted["intake.cases_apart"],
            "gone": sum(int(n.values["count"]) for n in notes if n.code == "intake.people_gone"),
            "waiting": waiting,
        },
    }


def _imported_person(season: str, person: DuePerson) -> case_plan.ImportedPerson:
    return case_import.imported_person(
        season,
        person_key(person.borrower.id_number) or person.contracts[0].contract_no,
        person.school_name,
        person.borrower,
        person.co_borrower,
        person.contracts,
        address=person.address,
        township=person.township,
        village=person.village,
        college=person.college,
        graduated_on=person.graduated_on,
        overdue_prior=person.overdue_prior,
        overdue_said=person.overdue_said,
        rows=person.rows,
    )


def _contacts(row: Any) -> dict[str, str]:
    return {
        "leader_name": row.leader.name,
        "leader_duty": row.leader.duty,
        "leader_phone": row.leader.phone,
        "liaison_name": row.liaison.name,
        "liaison_duty": row.liaison.duty,
        "liaison_phone": row.liaison.phone,
    }


def _repaid(result: RepaymentFile) -> list[Repayment]:
    return [
        Repayment(
            contract_no=line.contract_no,
            principal_fen=line.principal_fen,
            interest_fen=line.interest_fen,
            paid_on=line.paid_on,
            channel=line.channel,
        )
        for line in result.lines
    ]
