"""Import a file of the office: parsed in a subprocess, reported row by row, stored at once.

A file with rejected rows changes nothing unless `accept_rest` says so; then people whose rows are
all accepted are imported.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import msgspec

from shared.assets import FONTS
from shared.cases import Repayment
from shared.problems import ProblemError
from sync_server.intake.areas import Areas
from sync_server.intake.contacts import Contacts
from sync_server.intake.due_list import DueList
from sync_server.intake.parsed import KINDS, Options, Parsed, Result
from sync_server.intake.people import DuePerson, person_key
from sync_server.intake.repayments import RepaymentFile
from sync_server.intake.worker import read_in_subprocess
from sync_server.paperwork.glyphs import load_charset
from sync_server.services import Services
from sync_server.store import audit, case_import, repayments, units
from sync_server.store.database import Connection

__all__ = ["KINDS", "apply", "preview"]


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
    return _read(services, kind, path, file_name).report.as_json()


def apply(
    services: Services,
    kind: str,
    path: Path,
    *,
    who: str,
    accept_rest: bool = False,
    file_name: str = "",
) -> dict[str, Any]:
    """Parse a file and import it in one transaction.

    Args:
        services: The server's services.
        kind: One of KINDS.
        path: The file.
        who: The account that does it, for the audit trail.
        accept_rest: Whether to import the accepted people when rows were rejected.
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
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    name, now = file_name or path.name, services.settings.now_text()

    def job(connection: Connection) -> Any:
        applied = _take(connection, services.season, result, name, sha256, now)
        audit.note(connection, at=now, who=who, action=f"import.{kind}", ref=sha256, detail=name)
        return applied

    return {**report, "applied": msgspec.to_builtins(services.change(job))}


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
    )
    return read_in_subprocess(kind, path, options)


def _take(
    connection: Connection, season: str, result: Result, name: str, sha256: str, now: str
) -> Any:
    if isinstance(result, DueList):
        return case_import.import_people(
            connection,
            season,
            [_imported_person(season, p) for p in result.people if not p.rejected_rows],
        )
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


def _imported_person(season: str, person: DuePerson) -> case_import.ImportedPerson:
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
