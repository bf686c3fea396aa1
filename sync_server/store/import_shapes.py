"""Shapes of imported files: which column is which, for the next file of the same shape."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection, delete, insert, select

from sync_server.store import tables as t

MOST_SHAPES = 200
"""So many are remembered of a kind; those unused for longest are forgotten first."""


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """What was chosen for a file.

    Attributes:
        sheet: The sheet's name, where several had the columns.
        mapping: Field -> letters of its columns.
    """

    sheet: str = ""
    mapping: dict[str, str] = {}


def known(connection: Connection, kind: str) -> dict[str, Shape]:
    """Return the shapes of one kind of file by their signature."""
    query = select(t.import_shape.c.signature, t.import_shape.c.choice)
    rows = connection.execute(query.where(t.import_shape.c.kind == kind))
    return {signature: msgspec.json.decode(choice, type=Shape) for signature, choice in rows}


def remember(connection: Connection, kind: str, signature: str, shape: Shape, now: str) -> None:
    """Keep what was chosen for a file, in place of what was chosen for this shape before.

    Args:
        connection: The writer's transaction.
        kind: The kind of file.
        signature: What files of the shape share.
        shape: What was chosen.
        now: UTC text.
    """
    table = t.import_shape
    newest = (
        select(table.c.signature)
        .where(table.c.kind == kind, table.c.signature != signature)
        .order_by(table.c.used_at.desc(), table.c.signature)
        .limit(MOST_SHAPES - 1)
    )
    kept = list(connection.execute(newest).scalars())
    connection.execute(delete(table).where(table.c.kind == kind, table.c.signature.not_in(kept)))
    connection.execute(
        insert(table).values(
            kind=kind,
            signature=signature,
            choice=msgspec.json.encode(shape).decode(),
            used_at=now,
        )
    )
