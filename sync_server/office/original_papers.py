"""原件已收: an officer records that the stamped paper of a school's version is at the centre.

Neither the seal nor the roll-up waits for it; until then the school stands as 待交原件. Pressed
twice, or by two at once, it is one entry; one that was wrong is taken back with a reason, which
stays out of the audit trail, as every reason does.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date

import msgspec

from shared.problems import ProblemError
from shared.season import china_day, moment_of, near_season
from sync_server.services import Services
from sync_server.store import audit, bulletins, original_papers, seasons, summaries
from sync_server.store.database import Connection
from sync_server.store.original_papers import Original, OriginalPaper
from sync_server.store.summaries import COUNTY, SummaryRow
from sync_server.store.summary_states import UNSEALED

MOST_PAGES = 9_999
LONGEST_REASON = 200


def receive(
    services: Services, summary_id: str, *, pages: int, day: date | None, who: str
) -> OriginalPaper:
    """Record that a version's stamped paper was received.

    Args:
        services: The server's services.
        summary_id: The version.
        pages: How many pages were counted.
        day: The day it was received, in China; None where what was typed is no day.
        who: The account, for the entry and the audit trail.

    Returns:
        The entry that stands; pressed twice, the same one.

    Raises:
        ProblemError: summary.unknown, summary.not_stamped, summary.no_paper, summary.returned,
            summary.discarded, summary.original_pages, summary.original_day, summary.original_here
            (there is another entry).
    """
    if not 1 <= pages <= MOST_PAGES:
        raise ProblemError("summary.original_pages", most=MOST_PAGES)
    now = services.settings.now_text()
    today = china_day(services.settings.now())

    def job(connection: Connection) -> OriginalPaper:
        row = summaries.get(connection, summary_id)
        _check(row)
        season = seasons.get(connection, row.season)
        made = moment_of(row.composed_at, assume=UTC)
        first = min(china_day(made), today) if made else date.min  # a clock may have been ahead
        if day is None or not first <= day <= today or not near_season(season, day):
            raise ProblemError("summary.original_day", today=today.isoformat())
        is_new = original_papers.add(
            connection, row, pages=pages, day=day.isoformat(), who=who, at=now
        )
        entry = original_papers.find(connection, summary_id)
        if entry is None or (entry.pages, entry.day) != (pages, day.isoformat()):
            raise ProblemError("summary.original_here", version=row.version)
        if is_new:
            detail = f"第 {row.version} 版,{pages} 页,{day.isoformat()}"
            _note(connection, now, who, "summary.original", row, detail)
        return entry

    return services.change(job, season=_season(services, summary_id))


def undo(services: Services, summary_id: str, entry: str, *, reason: str, who: str) -> None:
    """Take an entry back: the paper is awaited again.

    Args:
        services: The server's services.
        summary_id: The version.
        entry: The entry that was seen; "" is the one that stands.
        reason: Why.
        who: The account.

    Raises:
        ProblemError: summary.unknown, fact.field_missing (the reason), summary.original_none.
    """
    if not reason.strip():
        raise ProblemError("fact.field_missing", field="撤销的理由")
    now = services.settings.now_text()

    def job(connection: Connection) -> None:
        row = summaries.get(connection, summary_id)
        standing = original_papers.find(connection, summary_id)
        if standing is None or (entry and standing.id != entry):
            if entry and original_papers.is_undone(connection, summary_id, entry):
                return  # the same button, pressed twice
            raise ProblemError("summary.original_none", version=row.version)
        original_papers.undo(connection, standing.id, at=now, who=who, reason=reason.strip())
        _note(connection, now, who, "summary.original_undo", row, f"第 {row.version} 版")

    services.change(job, season=_season(services, summary_id))


def _check(row: SummaryRow) -> None:
    """Refuse a version of which no stamped paper counts."""
    if row.unit in (COUNTY, bulletins.UNIT):
        raise ProblemError("summary.unknown")
    if row.state in UNSEALED and row.state != "stamped":
        raise ProblemError("summary.not_stamped")
    if row.stands_on:
        raise ProblemError("summary.no_paper")
    if not original_papers.needs_paper(row):
        raise ProblemError(f"summary.{row.state}")


class Papers(msgspec.Struct, frozen=True):
    """What the centre has of a school's versions on paper.

    Attributes:
        received: The entries that stand, by version.
        states: Where the paper of each version is, by version.
        printed: How many pages each version has on paper, by version; 0 where that is unknown.
    """

    received: dict[str, OriginalPaper]
    states: dict[str, Original]
    printed: dict[str, int]


def of_versions(services: Services, rows: Sequence[SummaryRow]) -> Papers:
    """Return what is known of the papers of these versions."""
    received = services.database.read(
        lambda c: original_papers.of_summaries(c, [row.id for row in rows])
    )
    states = {row.id: original_papers.state_of(row, received.get(row.id)) for row in rows}
    return Papers(
        received=received,
        states=states,
        printed={row.id: printed_pages(services, row) for row in rows if states[row.id]},
    )


class _Printed(msgspec.Struct):
    """What expected.json says of the print."""

    pages: int = 0


def printed_pages(services: Services, row: SummaryRow) -> int:
    """Return how many pages a version has on paper; 0 where its files are gone."""
    try:
        data = services.file_store.read(f"{row.folder}/expected.json")
        return msgspec.json.decode(data, type=_Printed).pages
    except (OSError, msgspec.MsgspecError):
        return 0


def _season(services: Services, summary_id: str) -> str:
    return services.database.read(lambda c: summaries.get(c, summary_id)).season


def _note(
    connection: Connection, now: str, who: str, action: str, row: SummaryRow, detail: str
) -> None:
    audit.note(
        connection,
        at=now,
        who=who,
        action=action,
        ref=row.sha256 or row.data_hash,
        unit=row.unit,
        detail=detail,
    )
