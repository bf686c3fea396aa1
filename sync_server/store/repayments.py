"""Repayment snapshots ("截至…"): the newest day is in force; repaid people leave the lists.

A snapshot's rows are the full state of its day, whatever kind of file it came from; everything an
import changes lies in the tables snapshot, repayment and case_file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    bindparam,
    func,
    select,
    true,
    update,
)

from shared import spelling
from shared.cases import Case, Repaid, Repayment, RepaymentKind, repaid
from sync_server.store import repayment_state, seasons
from sync_server.store import tables as t
from sync_server.store.cases import case_of, mark_changed, repaid_of, rows
from sync_server.store.parts import parts
from sync_server.store.repayment_state import Line, Part, State
from sync_server.store.rows import as_struct
from sync_server.store.scope import WHOLE_COUNTY, Of, as_scope


class SnapshotResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a snapshot changed; `newest` is False when a later day is in force already.

    `already_counted`: payments that an earlier file had brought.
    """

    as_of: str
    newest: bool
    paid: int = 0
    newly_paid: int = 0
    taken_back: int = 0
    unknown_contracts: int = 0
    already_counted: int = 0


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """One stored day: the file it came from last, and of which kind that was."""

    as_of: str
    kind: RepaymentKind
    file_name: str
    sha256: str
    imported_at: str
    lines: int


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a file would make of the stored days; nothing is written.

    Attributes:
        base: The day it is added to; "" for a cumulative file and for the first.
        days: The new state of each day that changes, oldest first.
        in_force: The day in force afterwards.
        known: Places of the lines that were counted already.
    """

    base: str
    days: dict[str, State]
    in_force: str
    known: tuple[int, ...] = ()

    @property
    def takes_effect(self) -> bool:
        """Whether the day in force is among those that change."""
        return self.in_force in self.days


def plan_snapshot(
    connection: Connection,
    season: str,
    as_of: str,
    lines: Sequence[Repayment],
    *,
    kind: RepaymentKind = "cumulative",
    sha256: str = "",
) -> Plan:
    """Plan a file: its own day, and the later days whose files were added to what it changes.

    Args:
        connection: The store.
        season: The season.
        as_of: The file's day (ISO).
        lines: A sum for each contract of a cumulative file; else a line for each payment.
        kind: What the lines are.
        sha256: Of the file's bytes.

    Returns:
        The plan.
    """
    stored = snapshots(connection, season)
    before = [s for s in stored if s.as_of <= as_of]
    source, base, known = sha256[:16], "", tuple[int, ...]()
    if kind in ("increment", "payments"):
        if before and _replaced(before[-1], as_of, sha256):
            before.pop()
        base = before[-1].as_of if before else ""
        old = repayment_state.without(state_at(connection, season, base), as_of, source)
        added = repayment_state.add(old, lines, kind=kind, as_of=as_of, source=source)
        state, known = added.state, added.known
    else:
        state = repayment_state.whole(lines, as_of)
    days = {as_of: state}
    for later in (s for s in stored if s.as_of > as_of):
        held = state_at(connection, season, later.as_of)
        if later.kind == "cumulative" or repayment_state.has_sums_of(held, later.as_of):
            break
        state = _on_top(state, held, later)
        days[later.as_of] = state
    in_force = max([as_of, *(s.as_of for s in stored)])
    return Plan(base=base, days=days, in_force=in_force, known=known)


def _replaced(snapshot: Snapshot, as_of: str, sha256: str) -> bool:
    """Whether a day's sum came from this very file, which is now read as another kind."""
    same = (snapshot.as_of, snapshot.sha256) == (as_of, sha256)
    return same and snapshot.kind == "cumulative"


def _on_top(state: State, later: State, snapshot: Snapshot) -> State:
    """Add what a later day's files brought to the changed state of the day before."""
    for source, payments in repayment_state.own_payments(later, snapshot.as_of).items():
        state = repayment_state.add(
            state, payments, kind=snapshot.kind, as_of=snapshot.as_of, source=source
        ).state
    return state


def store_snapshot(
    connection: Connection,
    season: str,
    as_of: str,
    lines: Sequence[Repayment],
    *,
    file_name: str,
    sha256: str,
    now: str,
    kind: RepaymentKind = "cumulative",
) -> SnapshotResult:
    """Store a snapshot, replacing that day's, and update every case by the one in force."""
    plan = plan_snapshot(connection, season, as_of, lines, kind=kind, sha256=sha256)
    c = t.snapshot.c
    connection.execute(t.snapshot.delete().where(c.season == season, c.as_of == as_of))
    connection.execute(
        t.snapshot.insert(),
        {
            "season": season,
            "as_of": as_of,
            "file_name": file_name,
            "sha256": sha256,
            "imported_at": now,
            "lines": len(plan.days[as_of]),
            "kind": kind or "cumulative",
        },
    )
    for day, state in plan.days.items():
        _store_state(connection, season, day, state)
    known = known_contracts(connection, season)
    result = SnapshotResult(
        as_of=as_of,
        newest=as_of == plan.in_force,
        unknown_contracts=sum(spelling.contract_no(x.contract_no) not in known for x in lines),
        already_counted=len(plan.known),
    )
    if not plan.takes_effect:
        return result
    judged = _judge(connection, season, plan.in_force, sums(plan.days[plan.in_force]).values())
    return msgspec.structs.replace(
        result,
        paid=judged.paid,
        newly_paid=judged.newly_paid,
        taken_back=judged.taken_back,
    )


def _store_state(connection: Connection, season: str, as_of: str, state: State) -> None:
    r, c = t.repayment.c, t.snapshot.c
    connection.execute(t.repayment.delete().where(r.season == season, r.as_of == as_of))
    if state:
        connection.execute(
            t.repayment.insert(),
            [
                {
                    "season": season,
                    "as_of": as_of,
                    **msgspec.structs.asdict(line.repayment()),
                    "payments": _parts_text(line, as_of),
                }
                for line in state.values()
            ],
        )
    where = (c.season == season, c.as_of == as_of)
    connection.execute(update(t.snapshot).where(*where).values(lines=len(state)))


def _parts_text(line: Line, as_of: str) -> str:
    """Return the parts as they are stored: "" for the sum of a cumulative file of that very day."""
    (first, *more) = line.parts
    if first.whole and first.as_of == as_of and not more:
        return ""
    return msgspec.json.encode(line.parts).decode()


def state_at(connection: Connection, season: str, as_of: str) -> State:
    """Return the state of a stored day, empty for a day without one."""
    return _state(connection, season, as_of, true())


def _state(connection: Connection, season: str, as_of: str, which: ColumnElement[bool]) -> State:
    r, found = t.repayment.c, State()
    query = select(t.repayment).where(r.season == season, r.as_of == as_of, which)
    for row in connection.execute(query).mappings():
        line = as_struct(row, Repayment)
        number = spelling.contract_no(line.contract_no)
        found[number] = repayment_state.whole([line], as_of)[number]
        if row["payments"]:
            parts = msgspec.json.decode(row["payments"], type=tuple[Part, ...])
            found[number] = msgspec.structs.replace(found[number], parts=parts)
    return found


def sums(state: Mapping[str, Line]) -> dict[str, Repayment]:
    """Return what each contract has paid, by its number."""
    return {number: line.repayment() for number, line in state.items()}


def sums_of(
    connection: Connection, season: str, as_of: str, people: Sequence[Case]
) -> dict[str, Repayment]:
    """Return what each contract of these people has paid by a stored day, by its number."""
    numbers = {one.contract_no for case in people for one in case.contracts}
    spelled = {spelling.contract_no(number) for number in numbers}
    wanted, r, found = sorted(numbers | spelled), t.repayment.c, State()
    for part in parts(wanted):
        found |= _state(connection, season, as_of, r.contract_no.in_(part))
    sums_found = sums(found)
    kept = {row["id"]: repaid_of(row).repaid_fen for row in _rows_of(connection, season, people)}
    if any(repaid(c, sums_found, as_of).repaid_fen != kept.get(c.id, 0) for c in people):
        return sums(state_at(connection, season, as_of))  # the bank writes a number otherwise
    return sums_found


def _rows_of(connection: Connection, season: str, people: Sequence[Case]) -> list[RowMapping]:
    return list(rows(connection, season, ids=[case.id for case in people])) if people else []


def left(case: Case, sums: Mapping[str, Repayment]) -> int:
    """Return what is still due, fen; too much paid on one contract covers no other."""
    found = 0
    for contract in case.contracts:
        line = sums.get(spelling.contract_no(contract.contract_no))
        found += max(0, contract.total_fen - (line.total_fen if line else 0))
    return found


def snapshots(connection: Connection, season: str) -> list[Snapshot]:
    """Return the stored days, oldest first."""
    query = select(t.snapshot).where(t.snapshot.c.season == season).order_by(t.snapshot.c.as_of)
    return [as_struct(row, Snapshot) for row in connection.execute(query).mappings()]


def newest_file_at(connection: Connection, season: str) -> str:
    """Return when the newest repayment file of a season came (UTC ISO), "" where there is none."""
    newest = select(func.max(t.snapshot.c.imported_at)).where(t.snapshot.c.season == season)
    return connection.execute(newest).scalar() or ""


def known_contracts(connection: Connection, season: str) -> set[str]:
    """The contracts of a season's due lists, in the spelling in which they are compared."""
    return set(contract_homes(connection, season))


def contract_homes(connection: Connection, season: str) -> dict[str, str]:
    """The case of each contract, by its number in the spelling in which numbers are compared."""
    query = select(t.contract).where(t.contract.c.season == season)
    return {spelling.contract_no(r.contract_no): r.case_id for r in connection.execute(query)}


def listed_cases(connection: Connection, season: str, of: Of) -> list[Case]:
    """Return the cases that are on the list, by school and code."""
    found = [case_of(row) for row in rows(connection, season, scope=as_scope(of))]
    return sorted(found, key=lambda case: (case.school, case.code, case.id))


def newest(connection: Connection, season: str) -> str:
    """The day of the newest snapshot, "" before the first."""
    c = t.snapshot.c
    query = select(c.as_of).where(c.season == season).order_by(c.as_of.desc()).limit(1)
    return connection.execute(query).scalar() or ""


def judge_by_newest(connection: Connection, season: str) -> None:
    """Update every case by the snapshot in force, after the due list changed."""
    as_of = newest(connection, season)
    if as_of:
        _judge(connection, season, as_of, _lines(connection, season, as_of))


def _lines(connection: Connection, season: str, as_of: str) -> list[Repayment]:
    r = t.repayment.c
    found = connection.execute(
        select(t.repayment).where(r.season == season, r.as_of == as_of)
    ).mappings()
    return [as_struct(x, Repayment) for x in found]


def _judge(
    connection: Connection, season: str, as_of: str, lines: Iterable[Repayment]
) -> SnapshotResult:
    by_contract = {spelling.contract_no(line.contract_no): line for line in lines}
    paid = newly_paid = taken_back = 0
    changed: list[dict[str, Any]] = []
    touched: dict[str, list[str]] = {}
    for row in rows(connection, season, scope=WHOLE_COUNTY):
        now, before = repaid(case_of(row), by_contract, as_of), repaid_of(row)
        paid += now.paid
        newly_paid += now.paid and not before.paid
        taken_back += before.paid and not now.paid
        if (now.paid, now.repaid_fen, now.paid_on) != (
            before.paid,
            before.repaid_fen,
            before.paid_on,
        ) and row["unit"]:
            touched.setdefault(row["unit"], []).append(row["id"])
        if now != before:
            changed.append({"case": row["id"], **_columns(now)})
    if changed:
        connection.execute(_REPAID, changed)
    for unit, case_ids in touched.items():
        mark_changed(connection, unit, case_ids)
    seasons.announce(connection, season)
    return SnapshotResult(
        as_of=as_of, newest=True, paid=paid, newly_paid=newly_paid, taken_back=taken_back
    )


def _columns(now: Repaid) -> dict[str, Any]:
    return {
        "now_paid": now.paid,
        "now_repaid_fen": now.repaid_fen,
        "now_as_of": now.as_of,
        "now_paid_on": now.paid_on,
    }


_REPAID = (
    update(t.case_file)
    .where(t.case_file.c.id == bindparam("case"))
    .values(
        paid=bindparam("now_paid"),
        repaid_fen=bindparam("now_repaid_fen"),
        repaid_as_of=bindparam("now_as_of"),
        paid_on=bindparam("now_paid_on"),
    )
)


def standing_at(
    connection: Connection, season: str, moment: str
) -> tuple[str, dict[str, Repayment]]:
    """Return the snapshot in force at a moment (UTC text): its day, and lines by contract.

    Without a moment it is the newest.
    """
    c = t.snapshot.c
    query = select(c.as_of).where(c.season == season).order_by(c.as_of.desc()).limit(1)
    query = query.where(c.imported_at <= moment) if moment else query
    as_of = connection.execute(query).scalar() or ""
    lines = _lines(connection, season, as_of)
    return as_of, {spelling.contract_no(line.contract_no): line for line in lines}
