"""Hand a sealed summary in, judge it, take a verdict back, discard a draft.

Nothing is computed here: each verb is one transaction, refused by store/summary_states.py where the
state does not allow it. Pressed twice it has one effect, one line of the audit trail, one answer.
A comment is personal data and stays out of that trail, which outlives the season.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import msgspec

from shared.lifecycle import is_verdict
from shared.problems import ProblemError
from sync_server.office import receipts, withdrawals
from sync_server.office.summary_work import remove_kept
from sync_server.services import Services
from sync_server.store import audit, bulletins, summaries
from sync_server.store.database import Connection
from sync_server.store.summaries import COUNTY, SummaryRow
from sync_server.store.summary_states import Action

T = TypeVar("T")
VERDICTS: dict[str, Action] = {"accepted": "accept", "returned": "return"}


def submit(services: Services, summary_id: str, *, who: str) -> SummaryRow:
    """Submit a sealed summary to the centre.

    Raises:
        ProblemError: summary.unknown, summary.not_sealed, summary.accepted, summary.returned,
            summary.discarded, summary.newer_sealed.
    """
    now = services.settings.now_text()

    def job(connection: Connection) -> SummaryRow:
        before = summaries.get(connection, summary_id)
        if before.unit == bulletins.UNIT:
            raise ProblemError("summary.unknown")
        summaries.check_newest(connection, before)
        row, is_new = summaries.move(connection, summary_id, "submit", submitted_at=now)
        if is_new:
            _note(connection, now, who, "summary.submit", row)
        return row

    return _change(services, summary_id, job)


def record_verdict(
    services: Services, summary_id: str, verdict: str, comment: str, *, who: str
) -> SummaryRow:
    """Accept a submitted summary, with a receipt for its school, or return it with a comment.

    Args:
        services: The server's services.
        summary_id: The version.
        verdict: accepted or returned.
        comment: Why it is returned; required for that.
        who: Who decides, for the audit trail.

    Raises:
        ProblemError: summary.unknown, summary.not_submitted, summary.accepted, summary.returned,
            summary.discarded, summary.newer_sealed, review.verdict_missing, fact.field_missing
            (a return without its reason), certs.* (the receipt cannot be signed).
    """
    if not is_verdict(verdict):
        raise ProblemError("review.verdict_missing")
    if verdict == "returned" and not comment.strip():
        raise ProblemError("fact.field_missing", field="退回的理由")
    now = services.settings.now_text()
    by = receipts.signer(services) if verdict == "accepted" else None

    def job(connection: Connection) -> SummaryRow:
        before = summaries.get(connection, summary_id)
        if before.unit == bulletins.UNIT:
            raise ProblemError("summary.unknown")
        summaries.check_newest(connection, before)
        row, is_new = summaries.move(
            connection,
            summary_id,
            VERDICTS[verdict],
            verdict=verdict,
            comment=comment.strip(),
        )
        if is_new:
            _note(connection, now, who, f"summary.{verdict}", row)
            if by is not None and row.unit != COUNTY:
                receipts.add(connection, services, row, by)
        return row

    return _change(services, summary_id, job)


def take_back(services: Services, summary_id: str, *, who: str) -> SummaryRow:
    """Take a verdict back: the summary is submitted again, and may be judged anew.

    The receipt of an accepted one is withdrawn, and named in the list of what is withdrawn.

    Raises:
        ProblemError: summary.unknown, summary.no_verdict, summary.discarded, summary.in_county (it
            stands in the county's sealed summary), summary.newer_sealed, certs.*.
    """
    now = services.settings.now_text()
    by = receipts.signer(services)

    def job(connection: Connection) -> SummaryRow:
        before = summaries.get(connection, summary_id)
        summaries.check_newest(connection, before)
        _check_not_in_county(connection, before)
        row, _ = summaries.move(connection, summary_id, "take_back", verdict="", comment="")
        if before.state == "accepted":
            receipts.withdraw(connection, services, row, by)
        _note(connection, now, who, "summary.take_back", row)
        return row

    done = _change(services, summary_id, job)
    withdrawals.name_documents(services, who=who)
    return done


def discard(services: Services, summary_id: str, *, who: str) -> None:
    """Discard a draft.

    One that was never printed is removed, and its number is used again. A printed one keeps its
    number, for paper with it exists; from then on its scan is refused.

    Raises:
        ProblemError: summary.unknown, summary.sealed.
    """
    now = services.settings.now_text()

    def job(connection: Connection) -> tuple[SummaryRow, bool]:
        before = summaries.get(connection, summary_id)
        if before.unit == bulletins.UNIT:  # its number is never used again: it is withdrawn
            raise ProblemError("summary.unknown")
        if is_removed := summaries.remove(connection, summary_id):
            row, is_new = before, True
        else:
            row, is_new = summaries.move(connection, summary_id, "discard")
        if is_new:
            _note(connection, now, who, "summary.discard", row)
        return row, is_removed

    row, is_removed = _change(services, summary_id, job)
    if is_removed:
        remove_kept(services, row.folder)


class _County(msgspec.Struct):
    """Which files a county's summary.json counts."""

    rows: tuple[_Counted, ...] = ()


class _Counted(msgspec.Struct):
    file_sha256: str = ""


def _check_not_in_county(connection: Connection, row: SummaryRow) -> None:
    """Refuse where a sealed summary of the county counts this file. Raises: summary.in_county."""
    for above in summaries.listed(connection, row.season, COUNTY):
        counted = msgspec.json.decode(above.data, type=_County).rows if above.sha256 else ()
        if any(one.file_sha256 == row.sha256 for one in counted):
            raise ProblemError("summary.in_county", version=above.version)


def _note(connection: Connection, now: str, who: str, action: str, row: SummaryRow) -> None:
    audit.note(
        connection,
        at=now,
        who=who,
        action=action,
        ref=row.sha256 or row.data_hash,
        unit=row.unit,
    )


def _change(services: Services, summary_id: str, job: Callable[[Connection], T]) -> T:
    row = services.database.read(lambda c: summaries.get(c, summary_id))
    return services.change(job, season=row.season)
