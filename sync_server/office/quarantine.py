"""What is set apart: the centre takes a record, drops it with a reason, or asks its phone again.

Which of these is possible depends on why the record was set apart (docs/decisions/0022): nothing
that is signed and readable is lost, and nothing enters the ledger that a seal could not prove.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import msgspec

from shared.cases import Case
from shared.problems import ProblemError
from shared.records.base import Fact
from sync_server.office import relied_on
from sync_server.services import Services
from sync_server.store import audit, cases, devices, feed, quarantine
from sync_server.store.database import Connection
from sync_server.store.quarantine import SetApart
from sync_server.store.resolution import ARRIVED, ASKED, DROPPED, TAKEN
from sync_server.store.scope import Of, Scope
from sync_server.store.stored_fact import StoredFact

Decision = Literal["take", "drop", "ask", "reopen"]
DECISIONS: tuple[Decision, ...] = get_args(Decision)
PAGE_SIZE = 50
MOST_REASON = 500
_HOW = {"take": TAKEN, "drop": DROPPED, "ask": ASKED}
_ASKING_HELPS = ("", "case.unknown", "fact.wrong_season", "fact.bad_signature")
"""Obstacles that may be gone when the same bytes come once more."""


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """A record set apart, and what the centre has to know to decide.

    Attributes:
        row: The record as it was received.
        fact: The decoded record; None where the bytes are not one.
        obstacle: The problem that keeps it from being taken; "" where it can be.
        beside: The ledger's record it conflicts with: of the same id, or at the same place of the
            phone's chain; None where there is none.
        case: The person it is about; None where no list has the case.
        may: The decisions that are possible.
    """

    row: SetApart
    fact: Fact | None
    obstacle: str
    beside: StoredFact | None
    case: Case | None
    may: tuple[Decision, ...]


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """How many records were decided, and why the others were not, by row id."""

    done: int
    refused: dict[str, ProblemError]


def counts(services: Services, of: Of) -> tuple[int, int]:
    """Return how many records of a school or a scope wait, and how many are resolved."""
    return services.database.read(lambda c: quarantine.counts(c, services.season, of))


def listed(
    services: Services,
    of: Of,
    *,
    resolved: bool = False,
    page: int = 1,
    size: int = PAGE_SIZE,
) -> tuple[list[Item], int]:
    """Return a page of what is set apart, and how many pages there are.

    Args:
        services: The server's services.
        of: The school, or what somebody sees.
        resolved: Those that are resolved instead of those that wait.
        page: Counted from 1; one that does not exist is the nearest that does.
        size: The rows of a page.
    """

    def job(connection: Connection) -> tuple[list[Item], int]:
        season = services.season
        count = quarantine.counts(connection, season, of)[resolved]
        pages = max(1, -(-count // size))
        offset = (min(max(1, page), pages) - 1) * size
        rows = quarantine.listed(
            connection, season, of, resolved=resolved, limit=size, offset=offset
        )
        return [_item(connection, season, row) for row in rows], pages

    return services.database.read(job)


def one(services: Services, row_id: str) -> Item:
    """Return one record set apart. Raises: ProblemError quarantine.unknown."""
    season = services.season
    return services.database.read(
        lambda c: _item(c, season, quarantine.get(c, season, row_id)),
    )


def decide(
    services: Services,
    ids: Sequence[str],
    decision: Decision,
    reason: str,
    *,
    scope: Scope,
    who: str,
) -> Decided:
    """Decide about records: each for itself, so that one that cannot be does not stop the others.

    Args:
        services: The server's services.
        ids: The rows.
        decision: take: store it in the ledger as a record that arrives now. drop: keep it apart,
            resolved; its phone shows the reason. ask: its phone sends the same bytes again, which
            are judged anew; until they come it can be taken or dropped. reopen: take drop or ask
            back.
        reason: Why; a drop needs it.
        scope: What `who` sees: a record of another school is unknown.
        who: Who decides.

    Returns:
        How many were decided, and the problem of each that was not.

    Raises:
        ProblemError: console.nothing_chosen, review.verdict_missing, quarantine.reason_missing.
    """
    reason = reason.strip()[:MOST_REASON]
    if not ids:
        raise ProblemError("console.nothing_chosen")
    if decision not in DECISIONS:
        raise ProblemError("review.verdict_missing")
    if decision == "drop" and not reason:
        raise ProblemError("quarantine.reason_missing")
    refused: dict[str, ProblemError] = {}
    chosen = list(dict.fromkeys(ids))
    for row_id in chosen:
        try:
            decide_one(services, row_id, decision, reason, scope=scope, who=who)
        except ProblemError as problem:
            refused[row_id] = problem
    return Decided(done=len(chosen) - len(refused), refused=refused)


def decide_one(
    services: Services, row_id: str, decision: Decision, reason: str, *, scope: Scope, who: str
) -> None:
    """Decide about one record in one transaction.

    Raises:
        ProblemError: quarantine.unknown, quarantine.already_decided, quarantine.not_asked,
            quarantine.not_reopened, quarantine.made_since; of a take the record's own obstacle.
    """
    now, season = services.settings.now_text(), services.season

    def job(connection: Connection) -> None:
        row = quarantine.get(connection, season, row_id)
        if not scope.sees(row.unit):
            raise ProblemError("quarantine.unknown")
        if decision == "reopen":
            _reopen(services, connection, row, who=who, at=now)
        else:
            _resolve(connection, row, decision, reason, who=who, at=now)
        unit = devices.by_id(connection, row.device).unit
        feed.advance(connection, unit, [feed.Line(kind="resolved", ref=row.id)])
        action = f"quarantine.{decision}"
        # The reason stays in the row, which a purge empties.
        audit.note(connection, at=now, who=who, action=action, ref=row.id, unit=row.unit)

    services.change(job)


def _resolve(
    connection: Connection, row: SetApart, decision: Decision, reason: str, *, who: str, at: str
) -> None:
    if not row.waits or (decision == "ask" and row.settled_at):
        raise ProblemError("quarantine.already_decided")
    obstacle, fact = quarantine.obstacle(connection, row), row.fact()
    if decision == "ask" and obstacle not in _ASKING_HELPS:
        raise ProblemError("quarantine.not_asked")
    if decision == "take" and obstacle:
        raise ProblemError(obstacle)
    # Without an obstacle, a record of this id in the ledger has these very bytes.
    here = fact and not obstacle and quarantine.stored_with_id(connection, fact.id)
    how = ARRIVED if here and decision != "drop" else _HOW[decision]
    quarantine.resolve(connection, row, how=how, by=who, reason=reason, at=at)
    if how == TAKEN and fact is not None:
        quarantine.take(connection, row, fact, at)


def _reopen(
    services: Services, connection: Connection, row: SetApart, *, who: str, at: str
) -> None:
    """Open a decision again, unless a printed version of the school's summary relies on it.

    No version relies on what a phone was asked for: it waits as before.
    """
    if row.resolution not in (DROPPED, ASKED):
        raise ProblemError("quarantine.not_reopened")
    version = relied_on.printed_with_decision(services, connection, row)
    if version and row.resolution == DROPPED:
        raise ProblemError("quarantine.made_since", version=version)
    quarantine.reopen(connection, row)
    fact = row.fact()
    known = quarantine.stored_with_id(connection, fact.id) if fact else None
    if known is not None and known.sha256 == row.sha256:  # they came under another key meanwhile
        opened = msgspec.structs.replace(row, settled_at="", resolution="")
        quarantine.resolve(connection, opened, how=ARRIVED, by=who, reason="", at=at)


def _item(connection: Connection, season: str, row: SetApart) -> Item:
    fact = row.fact()
    obstacle = quarantine.obstacle(connection, row) if row.waits else ""
    found = cases.rows(connection, season, ids=[fact.case], off_list=None) if fact else []
    return Item(
        row=row,
        fact=fact,
        obstacle=obstacle,
        beside=_beside(connection, row, fact),
        case=cases.case_of(found[0]) if found else None,
        may=_may(row, obstacle),
    )


def _beside(connection: Connection, row: SetApart, fact: Fact | None) -> StoredFact | None:
    """Return the ledger's record of the same id, else the one at the same place of the chain."""
    same = quarantine.stored_with_id(connection, fact.id) if fact else None
    if same is not None and same.sha256 != row.sha256:
        return same
    if row.in_chain or same is not None:
        return None
    there = quarantine.stored_at(connection, row.device, row.n)
    return there if there is not None and there.sha256 != row.sha256 else None


def _may(row: SetApart, obstacle: str) -> tuple[Decision, ...]:
    if not row.waits:
        return ("reopen",) if row.resolution == DROPPED else ()
    take: tuple[Decision, ...] = () if obstacle else ("take",)
    if row.resolution == ASKED:
        return (*take, "drop", "reopen")
    ask: tuple[Decision, ...] = ("ask",) if obstacle in _ASKING_HELPS else ()
    return (*take, *ask, "drop")
