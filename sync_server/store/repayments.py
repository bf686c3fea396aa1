"""Repayment snapshots ("截至…"): the newest day is in force; repaid people leave the lists."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, select, update

from shared import spelling
from shared.cases import Repaid, Repayment, repaid
from sync_server.store import seasons
from sync_server.store import tables as t
from sync_server.store.cases import case_of, mark_changed, repaid_of, rows
from sync_server.store.rows import as_struct


class SnapshotResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a snapshot changed; `newest` is False when a later day is in force already."""

    as_of: str
    newest: bool
    paid: int = 0
    newly_paid: int = 0
    taken_back: int = 0
    unknown_contracts: int = 0


def store_snapshot(
    connection: Connection,
    season: str,
    as_of: str,
    lines: Sequence[Repayment],
    *,
    file_name: str,
    sha256: str,
    now: str,
) -> SnapshotResult:
    """Store a snapshot, replacing that day's, and update every case when it is the newest."""
    for table in (t.snapshot, t.repayment):
        connection.execute(table.delete().where(table.c.season == season, table.c.as_of == as_of))
    connection.execute(
        t.snapshot.insert(),
        {
            "season": season,
            "as_of": as_of,
            "file_name": file_name,
            "sha256": sha256,
            "imported_at": now,
            "lines": len(lines),
        },
    )
    if lines:
        connection.execute(
            t.repayment.insert(),
            [{"season": season, "as_of": as_of, **msgspec.structs.asdict(x)} for x in lines],
        )
    known = known_contracts(connection, season)
    unknown = sum(1 for line in lines if spelling.contract_no(line.contract_no) not in known)
    if as_of != newest(connection, season):
        return SnapshotResult(as_of=as_of, newest=False, unknown_contracts=unknown)
    return msgspec.structs.replace(
        _judge(connection, season, as_of, lines), unknown_contracts=unknown
    )


def known_contracts(connection: Connection, season: str) -> set[str]:
    """The contracts of a season's due lists, in the spelling in which they are compared."""
    query = select(t.contract.c.contract_no).where(t.contract.c.season == season)
    return {spelling.contract_no(number) for number in connection.execute(query).scalars()}


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
    connection: Connection, season: str, as_of: str, lines: Sequence[Repayment]
) -> SnapshotResult:
    by_contract = {spelling.contract_no(line.contract_no): line for line in lines}
    paid = newly_paid = taken_back = 0
    touched: dict[str, list[str]] = {}
    for row in rows(connection, season):
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
            _store(connection, row["id"], now)
    for unit, case_ids in touched.items():
        mark_changed(connection, unit, case_ids)
    seasons.announce(connection, season)
    return SnapshotResult(
        as_of=as_of, newest=True, paid=paid, newly_paid=newly_paid, taken_back=taken_back
    )


def _store(connection: Connection, case_id: str, now: Repaid) -> None:
    values = {
        "paid": now.paid,
        "repaid_fen": now.repaid_fen,
        "repaid_as_of": now.as_of,
        "paid_on": now.paid_on,
    }
    connection.execute(update(t.case_file).where(t.case_file.c.id == case_id).values(**values))


def standing_at(
    connection: Connection, season: str, moment: str
) -> tuple[str, dict[str, Repayment]]:
    """Return the snapshot in force at a moment (UTC text): its day, and lines by contract."""
    c = t.snapshot.c
    query = (
        select(c.as_of)
        .where(c.season == season, c.imported_at <= moment)
        .order_by(c.as_of.desc())
        .limit(1)
    )
    as_of = connection.execute(query).scalar() or ""
    lines = _lines(connection, season, as_of)
    return as_of, {spelling.contract_no(line.contract_no): line for line in lines}
