"""Lists of a school's people for whoever works with them on paper or in a workbook."""

from __future__ import annotations

from shared import list_columns
from shared.assets import FONTS
from shared.problems import ProblemError
from shared.season import china_day
from sync_server import temporary
from sync_server.office import fonts, jobs, list_files, reconciliation, school_lists, slip_evidence
from sync_server.office.jobs import Job
from sync_server.office.reconciliation import Claim
from sync_server.paperwork.case_list import Listing, ListLine, workbook
from sync_server.paperwork.school_list import By
from sync_server.paperwork.words import ODD_DAY
from sync_server.services import Services
from sync_server.store import audit, progress, seasons, units
from sync_server.store.database import Connection
from sync_server.store.scope import Of, Scope

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
OWN = "centre"
"""The recipient whose list stays at the centre."""
CLAIM_STATES = {"missing": "还款情况里没有", "different": "还款情况里不够", "paid": "已还清"}


def school_list(
    services: Services, unit: str, recipient: str, *, who: str, at_school: bool = False
) -> bytes:
    """Write the list of a school's people with the columns of one recipient, as .xlsx.

    The first sheet is the one that the school signs; then the people by village, and by teacher
    where there are any.

    Args:
        services: The server's services.
        unit: The school code.
        recipient: One of list_columns.RECIPIENTS.
        who: Who asks, for the audit trail: the file leaves the server.
        at_school: Whether the school itself asks, and so has seen its list; else it is given out,
            unless the centre takes the list that it works with itself.

    Raises:
        ProblemError: unit.unknown, list.recipient_unknown, list.changed.
    """
    if recipient not in list_columns.DEFAULTS:
        raise ProblemError("list.recipient_unknown", recipient=recipient[:40])
    listed = list_files.gather(services, unit)
    data = list_files.as_workbook(listed, recipient)
    if at_school or recipient != OWN:
        taken = {unit: listed.cover.digest}
        school_lists.note_taken(services, taken, at_school=at_school, who=who)
    at = services.settings.now_text()
    services.database.write(
        lambda c: audit.note(c, at=at, who=who, action="list.download", ref=recipient, unit=unit)
    )
    return data


def printed_list(
    services: Services, unit: str, *, by: By, who: str, at_school: bool = False
) -> bytes:
    """Return the masked list of a school as a PDF, with the sheet that the school signs.

    Args:
        services: The server's services.
        unit: The school code.
        by: By village or by teacher.
        who: Who asks, for the audit trail.
        at_school: Whether the school itself asks.

    Raises:
        ProblemError: unit.unknown, paper.nobody_due, fonts.not_found, paper.not_set, list.changed.
    """
    listed = list_files.gather(services, unit)
    demo, faces = bool(services.settings.clock_spec), fonts.in_use(services)
    printing = Job(kind="lists", unit=unit, who=who)
    given = (listed, by, FONTS, demo, faces)
    pdf = jobs.run(services, printing, list_files.as_pdf, *given)
    school_lists.note_taken(services, {unit: listed.cover.digest}, at_school=at_school, who=who)
    at = services.settings.now_text()
    services.database.write(
        lambda c: audit.note(c, at=at, who=who, action="list.print", ref=by, unit=unit)
    )
    return pdf


def all_lists(services: Services, scope: Scope, *, who: str) -> bytes:
    """Return the lists of schools as a zip: workbook and masked print of each, and a register.

    Args:
        services: The server's services.
        scope: What `who` sees: the lists of these schools.
        who: Who asks, for the audit trail; the lists count as given out.

    Raises:
        ProblemError: list.nobody, fonts.not_found, paper.not_set, list.changed, work.cancelled.
    """
    listed = list_files.gather_all(services, scope)
    if not listed:
        raise ProblemError("list.nobody")
    demo, faces = bool(services.settings.clock_spec), fonts.in_use(services)
    making = Job(kind="lists", who=who)
    with temporary.folder_for("lists") as folder:
        dest = folder / "lists.zip"
        given = (listed, FONTS, demo, faces, dest)
        jobs.run_reporting(services, making, _no_more, list_files.write_all, *given)
        data = dest.read_bytes()
    taken = {one.unit: one.cover.digest for one in listed}
    school_lists.note_taken(services, taken, at_school=False, who=who)
    at, count = services.settings.now_text(), str(len(listed))
    services.database.write(
        lambda c: audit.note(c, at=at, who=who, action="list.all", detail=count)
    )
    return data


def _no_more(done: int, total: int) -> None:
    """Progress is stored with the job; nothing else asks for it here."""


def claims_list(services: Services, of: Of, recipient: str, *, who: str) -> bytes:
    """Write the list of those who claim to have paid (待核对), as .xlsx.

    Args:
        services: The server's services.
        of: The school, or what somebody sees.
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
        found = reconciliation.claimed_in(connection, season_id, today, of)
        ids = [claim.case.id for claim in found]
        judged = progress.case_standings(connection, season, ids=ids, from_facts=True)
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
        school = units.unit(connection, season_id, of) if isinstance(of, str) else None
        title = f"{school.name if school else season.letterhead.county} {season.id} 年度 待核对"
        listing = Listing(name="名单", lines=lines, columns=columns, more=CLAIM_COLUMNS)
        return workbook([listing], season, title)

    data = services.database.read(job)
    services.database.write(
        lambda c: audit.note(
            c,
            at=at,
            who=who,
            action="list.download",
            ref="claimed_paid",
            unit=of if isinstance(of, str) else "",
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
