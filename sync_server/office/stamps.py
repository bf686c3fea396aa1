"""Stamps and signatures that the program missed: the centre confirms them from the original.

Only what is about ink can be confirmed, and only for the very file it was seen on: another upload
voids it. Kept in the row until the seal, then in the seal (docs/seal.md#reading-the-scan).
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from shared.problems import ProblemError
from sync_server.office.scan_report import REPORT, ScanReport
from sync_server.office.summary_files import scan_key
from sync_server.sealing.ink import Confirmation, area_words
from sync_server.sealing.judged_area import JudgedArea
from sync_server.services import Services
from sync_server.store import audit, summaries
from sync_server.store.accounts import LIAISON, Account
from sync_server.store.database import Connection
from sync_server.store.summaries import SummaryRow
from sync_server.store.summary_states import after

LONGEST_REASON = 200
Confirmations = tuple[Confirmation, ...]


def confirmed(row: SummaryRow) -> Confirmations:
    """Return what was confirmed for a version's scan."""
    if not row.confirmed_stamps:
        return ()
    return msgspec.json.decode(row.confirmed_stamps, type=Confirmations)


def report(services: Services, row: SummaryRow) -> ScanReport | None:
    """Return what the scan in force showed, with what was confirmed since; None without one.

    Scans of 1.0 and before have no report: upload them again to see their areas.
    """
    try:
        data = services.file_store.read(f"{scan_key(row)}/{REPORT}")
        kept = msgspec.json.decode(data, type=ScanReport)
    except (OSError, msgspec.MsgspecError):
        return None
    return kept.with_confirmed(confirmed(row))


def confirm(
    services: Services,
    summary_id: str,
    page: int,
    area: str,
    *,
    reason: str,
    seen_original: bool,
    account: Account,
) -> SummaryRow:
    """Confirm a stamp or signature on the original; a scan that lacks nothing else is complete.

    Args:
        services: The server's services.
        summary_id: The version.
        page: The printed page.
        area: The area, as the report names it.
        reason: What the person saw.
        seen_original: Whether the person declares to have the original at hand.
        account: Who confirms, of the centre.

    Raises:
        ProblemError: auth.forbidden, summary.unknown, summary.sealed, summary.not_stamped,
            summary.original_not_seen, summary.not_confirmable.
    """
    reason = reason.strip()[:LONGEST_REASON]
    if account.role != LIAISON and not (seen_original and reason):
        raise ProblemError("summary.original_not_seen")
    at = services.settings.now_text()

    def add(before: Confirmations, seen: JudgedArea) -> Confirmations | None:
        if not seen.confirmable:
            return None
        new = Confirmation(
            page=page,
            area=area,
            code=seen.code,
            by=account.shown,
            at=at,
            reason=reason,
            scan_sha256=seen.scan_sha256,
        )
        return (*before, new)

    return _change(services, summary_id, (page, area), add, "summary.confirm_ink", account)


def take_back(
    services: Services, summary_id: str, page: int, area: str, *, account: Account
) -> SummaryRow:
    """Take a confirmation back; the scan is then incomplete again.

    Args:
        services: The server's services.
        summary_id: The version.
        page: The printed page.
        area: The area.
        account: Who takes it back, of the centre.

    Raises:
        ProblemError: auth.forbidden, summary.unknown, summary.sealed, summary.not_stamped,
            summary.not_confirmable.
    """

    def remove(before: Confirmations, seen: JudgedArea) -> Confirmations | None:
        if seen.confirmed is None:
            return None
        return tuple(one for one in before if one != seen.confirmed)

    return _change(services, summary_id, (page, area), remove, "summary.unconfirm_ink", account)


def _change(
    services: Services,
    summary_id: str,
    where: tuple[int, str],
    change: Callable[[Confirmations, JudgedArea], Confirmations | None],
    action: str,
    account: Account,
) -> SummaryRow:
    """Change what is confirmed, and with it whether the scan is complete, in one transaction."""
    if account.role == LIAISON:
        raise ProblemError("auth.forbidden")
    now = services.settings.now_text()

    def job(connection: Connection) -> SummaryRow:
        row = summaries.get(connection, summary_id)
        after("scan", row.state)  # where a scan may be uploaded, its areas may be confirmed
        found = report(services, row)
        if found is None:
            raise ProblemError("summary.not_stamped")
        seen = next((a for a in found.areas if (a.page, a.area) == where), None)
        kept = change(confirmed(row), seen) if seen is not None else None
        if kept is None:
            raise ProblemError("summary.not_confirmable", page=where[0], area=area_words(where[1]))
        detail = f"第 {where[0]} 页{area_words(where[1])}"
        audit.note(
            connection,
            at=now,
            who=account.shown,
            action=action,
            ref=row.data_hash,
            unit=row.unit,
            detail=detail,
        )
        complete = found.with_confirmed(kept).complete
        text = msgspec.json.encode(kept).decode() if kept else ""
        moved, _ = summaries.move(
            connection,
            summary_id,
            "scan_complete" if complete else "scan",
            confirmed_stamps=text,
        )
        return moved

    season = services.database.read(lambda c: summaries.get(c, summary_id)).season
    return services.change(job, season=season)
