"""Lists of a school's people for whoever works with them on paper or in a workbook."""

from __future__ import annotations

from shared import codes, list_columns
from shared.problems import ProblemError
from shared.season import china_day
from sync_server.office import reconciliation, slip_evidence
from sync_server.office.reconciliation import Claim
from sync_server.paperwork.case_list import ListLine, workbook
from sync_server.paperwork.words import ODD_DAY
from sync_server.services import Services
from sync_server.store import audit, progress, seasons, units
from sync_server.store.database import Connection

CLAIM_COLUMNS = (
    "学校",
    "哪天说已还",
    "距今天数",
    "说是哪天还的",
    "说还了多少(元)",
    "还款情况截至",
    "已还(元)",
    "还差(元)",
    "核对",
    "走访备注",
)
"""What a list of people who claim to have paid has besides the recipient's columns."""
CLAIM_STATES = {"missing": "还款情况里没有", "different": "还款情况里不够", "paid": "已还清"}


def school_list(services: Services, unit: str, recipient: str, *, who: str) -> bytes:
    """Write the list of a school's people with the columns of one recipient, as .xlsx.

    Args:
        services: The server's services.
        unit: The school code.
        recipient: One of list_columns.RECIPIENTS.
        who: Who asks, for the audit trail: the file leaves the server.

    Raises:
        ProblemError: unit.unknown, list.recipient_unknown.
    """
    if recipient not in list_columns.DEFAULTS:
        raise ProblemError("list.recipient_unknown", recipient=recipient[:40])
    season_id, at = services.season, services.settings.now_text()

    def job(connection: Connection) -> bytes:
        school = units.unit(connection, season_id, unit)
        if school is None:
            raise ProblemError("unit.unknown", unit=unit)
        season = seasons.get(connection, season_id)
        names = units.staff_names(connection, season_id)
        found = progress.case_standings(connection, season, unit=unit)
        evidence = slip_evidence.evidence_of(connection, season_id, found)
        lines = [
            ListLine(
                case=each.case,
                standing=each.standing,
                teacher=names.get(each.case.assignee, ""),
                slip=slip_evidence.words(evidence[each.case.id]),
            )
            for each in sorted(found, key=lambda each: (each.case.village, each.case.code))
        ]
        columns = list_columns.columns_for(season.list_columns, recipient)
        title = f"{school.name} {season.id} 年度 {codes.label(list_columns.RECIPIENTS, recipient)}"
        return workbook(lines, columns, season, title)

    data = services.database.read(job)
    services.database.write(
        lambda c: audit.note(c, at=at, who=who, action="list.download", ref=recipient, unit=unit)
    )
    return data


def claims_list(services: Services, unit: str | None, recipient: str, *, who: str) -> bytes:
    """Write the list of those who claim to have paid (待核对), as .xlsx.

    Args:
        services: The server's services.
        unit: The school code; None for all schools.
        recipient: One of list_columns.RECIPIENTS; decides the columns of the person.
        who: Who asks, for the audit trail.

    Raises:
        ProblemError: unit.unknown, list.recipient_unknown.
    """
    if recipient not in list_columns.DEFAULTS:
        raise ProblemError("list.recipient_unknown", recipient=recipient[:40])
    season_id, at = services.season, services.settings.now_text()
    today = china_day(services.settings.now())

    def job(connection: Connection) -> bytes:
        season = seasons.get(connection, season_id)
        found = reconciliation.claimed_in(connection, season_id, today, unit)
        ids = [claim.case.id for claim in found]
        judged = progress.case_standings(connection, season, ids=ids)
        standings = {each.case.id: each.standing for each in judged}
        evidence = slip_evidence.evidence_of(connection, season_id, judged)
        lines = [
            ListLine(
                case=claim.case,
                standing=standings[claim.case.id],
                teacher=claim.teacher,
                slip=slip_evidence.words(evidence[claim.case.id]),
                more=_claim_cells(claim),
            )
            for claim in found
        ]
        columns = list_columns.columns_for(season.list_columns, recipient)
        school = units.unit(connection, season_id, unit) if unit is not None else None
        title = f"{school.name if school else season.letterhead.county} {season.id} 年度 待核对"
        return workbook(lines, columns, season, title, CLAIM_COLUMNS)

    data = services.database.read(job)
    services.database.write(
        lambda c: audit.note(
            c, at=at, who=who, action="list.download", ref="claimed_paid", unit=unit or ""
        )
    )
    return data


def _claim_cells(claim: Claim) -> tuple[str | int, ...]:
    early = "(还款情况比走访早)" if claim.too_early else ""
    return (
        claim.school,
        claim.claimed_on or ODD_DAY,
        str(claim.days) if claim.claimed_on else "",
        claim.claimed_paid_on,
        claim.claimed_fen or "",
        claim.as_of,
        claim.repaid.repaid_fen,
        claim.left_fen,
        CLAIM_STATES[claim.state] + early,
        claim.note,
    )
