"""The history of imports: a row each, with the report and what an undo needs; never the file."""

from __future__ import annotations

import uuid
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, func, select, update

from shared.problems import ProblemError
from sync_server.store import tables as t
from sync_server.store.ids import new_id
from sync_server.store.rows import as_struct


class RunRow(msgspec.Struct, frozen=True, kw_only=True):
    """One import as it was kept.

    `report`, `choice` and `difference` are JSON. `changed`: whether it changed anything.
    `undone_at` and `undone_by` are "" while it is in force.
    """

    id: str
    season: str
    kind: str
    file_name: str
    sha256: str
    at: str
    who: str
    report: str
    choice: str = "{}"
    difference: str = "{}"
    changed: bool = True
    undone_at: str = ""
    undone_by: str = ""


def next_id(connection: Connection) -> str:
    """Return an id above all others, whatever the clock does: imports are undone in reverse."""
    made, newest = new_id(), connection.execute(select(func.max(t.import_run.c.id))).scalar()
    return (
        made if newest is None or made > newest else str(uuid.UUID(int=uuid.UUID(newest).int + 1))
    )


def add(connection: Connection, row: RunRow, undo: str) -> None:
    """Keep an import, in the transaction that does it. `undo`: "" when it changed nothing."""
    values = {name: getattr(row, name) for name in row.__struct_fields__ if name != "changed"}
    connection.execute(t.import_run.insert(), {**values, "undo": undo})


def get(connection: Connection, season: str, run_id: str) -> RunRow:
    """An import of a season. Raises: ProblemError import.undo_unknown."""
    c = t.import_run.c
    query = _query().where(c.season == season, c.id == run_id)
    row = connection.execute(query).mappings().first()
    if row is None:
        raise ProblemError("import.undo_unknown")
    return as_struct(row, RunRow)


def undo_of(connection: Connection, run_id: str) -> str:
    """What was kept for the undo of an import; "" when it changed nothing."""
    query = select(t.import_run.c.undo).where(t.import_run.c.id == run_id)
    return str(connection.execute(query).scalar_one())


def _query() -> Select[Any]:
    """Everything but the undo, which may be long."""
    c = t.import_run.c
    kept = [column for column in t.import_run.columns if column.name != "undo"]
    return select(*kept, ((c.undo != "") | (c.undone_at != "")).label("changed"))


def count(connection: Connection, season: str) -> int:
    """How many imports a season has had."""
    query = select(func.count()).where(t.import_run.c.season == season)
    return int(connection.execute(query).scalar_one())


def listed(connection: Connection, season: str, *, first: int = 0, limit: int = 25) -> list[RunRow]:
    """A page of a season's imports, the newest first."""
    c = t.import_run.c
    query = _query().where(c.season == season).order_by(c.id.desc())
    found = connection.execute(query.offset(first).limit(limit)).mappings()
    return [as_struct(row, RunRow) for row in found]


def newest_in_force(connection: Connection, season: str, kind: str) -> RunRow | None:
    """Return the newest import of a kind that was not taken back."""
    c = t.import_run.c
    query = _query().where(c.season == season, c.kind == kind, c.undone_at == "")
    row = connection.execute(query.order_by(c.id.desc()).limit(1)).mappings().first()
    return None if row is None else as_struct(row, RunRow)


def later(connection: Connection, row: RunRow) -> list[Any]:
    """Later imports in force that changed something: file name and moment, the newest first."""
    c = t.import_run.c
    query = select(c.id, c.file_name, c.at).where(
        c.season == row.season, c.id > row.id, c.undone_at == "", c.undo != ""
    )
    return list(connection.execute(query.order_by(c.id.desc())))


def mark_undone(connection: Connection, run_id: str, *, at: str, who: str) -> None:
    """Note that an import was taken back; what was kept of people for its undo goes."""
    where = t.import_run.c.id == run_id
    values = {"undone_at": at, "undone_by": who, "undo": ""}
    connection.execute(update(t.import_run).where(where).values(values))
