"""The cut-off of a summary: what it takes, and by name what it leaves out and why.

A cut-off of "now" takes everything that is there, whatever the clock says. An earlier one compares
when the server received a thing, and what it leaves out is listed: before the summary is composed,
and beside it afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

import msgspec

from shared.cases import Case
from shared.identity import mask_name
from shared.problems import ProblemError
from shared.records.base import UNREADABLE
from shared.season import CST, Season, work_days
from sync_server.office import summary_files
from sync_server.services import Services
from sync_server.store import cases, evidence, seasons
from sync_server.store import left_out as store
from sync_server.store.database import Connection
from sync_server.store.stored_fact import StoredFact
from sync_server.store.summaries import SummaryRow

What = Literal["record", "verdict", "repayments"]
Why = Literal["after", "clock_ahead", "unreadable"]


class LeftOut(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a summary does not take.

    Attributes:
        what: A record, a verdict on one, or a repayment file.
        kind: The record's kind; the verdict; the day of the repayment file.
        at: When the server wrote that it came (UTC text).
        why: It came after the cut-off; the server's clock was ahead then; its bytes cannot be read.
        case_code: Whose it is, "" for a repayment file.
        name: The same, masked.
    """

    what: What
    kind: str
    at: str
    why: Why
    case_code: str = ""
    name: str = ""


class CutOffResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a cut-off takes of a school's records, and what it leaves out.

    `until`: the moment that verdicts and repayment files are compared with, "" for none.
    """

    facts: list[StoredFact]
    until: str
    left_out: tuple[LeftOut, ...]


def moment_text(cut_off: datetime) -> str:
    """Return a cut-off as times are stored: UTC ISO to the millisecond."""
    try:
        there = cut_off.astimezone(UTC)
    except OverflowError:  # within hours of the first or the last moment there is
        there = cut_off.replace(tzinfo=UTC)
    return there.isoformat(timespec="milliseconds")


def moment_of(season: Season, asked: datetime | None, now: datetime) -> datetime | None:
    """Return a cut-off as asked for, checked; None is now.

    Args:
        season: The season of the summary.
        asked: Without an offset it is China's time.
        now: What the server's clock shows.

    Raises:
        ProblemError: seal.cut_off_impossible (no moment of the season's work),
            seal.cut_off_future.
    """
    if asked is None:
        return None
    # as written: a moment at either end of the calendar has no equal in China
    day, (first, last) = asked.date(), work_days(season)
    if not first <= day <= last:
        raise ProblemError(
            "seal.cut_off_impossible",
            cut_off=asked.isoformat(timespec="minutes"),
            first=first.isoformat(),
            last=last.isoformat(),
        )
    moment = asked if asked.tzinfo is not None else asked.replace(tzinfo=CST)
    if moment > now:
        raise ProblemError("seal.cut_off_future", cut_off=moment.isoformat(timespec="minutes"))
    return moment


def take(
    connection: Connection,
    season_id: str,
    found: Sequence[Case],
    cut_off: datetime | None,
    now: datetime,
) -> CutOffResult:
    """Divide a school's records by a cut-off.

    Args:
        connection: A read transaction.
        season_id: The season.
        found: The school's cases.
        cut_off: The moment, aware; None takes everything up to the feed's head.
        now: What the server's clock shows.
    """
    facts = evidence.facts_of_cases(connection, [c.id for c in found])
    until = moment_text(cut_off) if cut_off is not None else ""
    taken = [f for f in facts if f.fact.kind != UNREADABLE and _in_time(f.received_at, until)]
    ids = {f.fact.id for f in taken}
    late = [f for f in facts if f.fact.id not in ids]
    listed = _records(connection, late, {c.id: c for c in found}, moment_text(now))
    if until:
        listed += _others(connection, season_id, found, taken, until, moment_text(now))
    return CutOffResult(facts=taken, until=until, left_out=tuple(listed))


def left_out(services: Services, unit: str, asked: datetime | None) -> tuple[LeftOut, ...]:
    """Return what a cut-off would leave out of a school's next summary.

    Args:
        services: The server's services.
        unit: The school code.
        asked: The cut-off as asked for; without an offset it is China's time, None is now.

    Raises:
        ProblemError: seal.cut_off_impossible, seal.cut_off_future.
    """
    now = services.settings.now()

    def job(connection: Connection) -> tuple[LeftOut, ...]:
        rows = cases.rows(connection, services.season, unit=unit)
        found = [cases.case_of(row) for row in rows]
        moment = moment_of(seasons.get(connection, services.season), asked, now)
        return take(connection, services.season, found, moment, now).left_out

    return services.database.read(job)


class _Kept(msgspec.Struct, frozen=True):
    left_out: tuple[LeftOut, ...] = ()


def left_out_of(services: Services, row: SummaryRow | None) -> tuple[LeftOut, ...]:
    """Return what a stored version left out; nothing where it did not keep that."""
    kept = summary_files.gathered(services, row.folder, _Kept) if row is not None else None
    return kept.left_out if kept is not None else ()


def _in_time(received_at: str, until: str) -> bool:
    return not until or received_at <= until


def _records(
    connection: Connection, late: Sequence[StoredFact], found: dict[str, Case], now: str
) -> list[LeftOut]:
    ahead = store.written_ahead(connection, late, now) if late else set[str]()
    return [
        LeftOut(
            what="record",
            kind=each.fact.kind,
            at=each.received_at,
            why="unreadable"
            if each.fact.kind == UNREADABLE
            else "clock_ahead"
            if each.fact.id in ahead
            else "after",
            case_code=found[each.fact.case].code,
            name=mask_name(found[each.fact.case].borrower.name),
        )
        for each in late
    ]


def _others(
    connection: Connection,
    season_id: str,
    found: Sequence[Case],
    taken: Sequence[StoredFact],
    until: str,
    now: str,
) -> list[LeftOut]:
    """List the verdicts on what is taken, and the repayment files, that came later."""
    of_case = {c.id: c for c in found}
    of_fact = {f.fact.id: of_case[f.fact.case] for f in taken}
    verdicts = [
        LeftOut(
            what="verdict",
            kind=each.verdict,
            at=each.at,
            why=_why(each.at, now),
            case_code=of_fact[each.fact].code,
            name=mask_name(of_fact[each.fact].borrower.name),
        )
        for each in store.late_verdicts(connection, list(of_fact), until)
    ]
    files = [
        LeftOut(
            what="repayments", kind=each.as_of, at=each.imported_at, why=_why(each.imported_at, now)
        )
        for each in store.late_files(connection, season_id, until)
    ]
    return verdicts + files


def _why(at: str, now: str) -> Why:
    return "clock_ahead" if at > now else "after"
