"""The county's receipts for accepted summaries: one stands for a version, the others are withdrawn.

A receipt names no person. It stays when the season is purged: a school may have it on paper.
"""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Connection, Select, func, select, update

from sync_server.store import tables as t
from sync_server.store.rows import as_struct


class ReceiptRow(msgspec.Struct, frozen=True, kw_only=True):
    """A receipt.

    Attributes:
        number: Counts the county's receipts from 1.
        season: The season.
        summary: The version it is for.
        sha256: Of the sealed PDF, hex.
        made_at: When it was signed (UTC ISO, the real clock).
        body: The signed file.
        withdrawn_at: When it was withdrawn; "" while it stands.
        withdrawal: The signed statement that it is withdrawn.
    """

    number: int
    season: str
    summary: str
    sha256: str
    made_at: str
    body: bytes
    withdrawn_at: str = ""
    withdrawal: bytes | None = None

    @property
    def file(self) -> bytes:
        """Return what is handed out: the receipt, or that it is withdrawn."""
        return self.withdrawal or self.body


def next_number(connection: Connection) -> int:
    """Return the number of the next receipt, which is this transaction's to give."""
    return (connection.execute(select(func.max(t.receipt.c.number))).scalar() or 0) + 1


def add(connection: Connection, row: ReceiptRow) -> None:
    """Store a receipt; its number must be new."""
    connection.execute(t.receipt.insert(), msgspec.structs.asdict(row))


def of_summary(connection: Connection, summary: str) -> ReceiptRow | None:
    """Return the newest receipt of a version."""
    c = t.receipt.c
    return _first(connection, select(t.receipt).where(c.summary == summary))


def of_file(connection: Connection, sha256: str) -> list[ReceiptRow]:
    """Return the receipts of a sealed file, the newest first, withdrawn ones too."""
    query = select(t.receipt).where(t.receipt.c.sha256 == sha256)
    rows = connection.execute(query.order_by(t.receipt.c.number.desc())).mappings()
    return [as_struct(row, ReceiptRow) for row in rows]


def _first(connection: Connection, query: Select[Any]) -> ReceiptRow | None:
    newest = query.order_by(t.receipt.c.number.desc()).limit(1)
    row = connection.execute(newest).mappings().first()
    return None if row is None else as_struct(row, ReceiptRow)


def withdrawn(connection: Connection) -> list[tuple[str, int, str]]:
    """Return every withdrawn receipt: the sha256 of its file, its number, and when."""
    c = t.receipt.c
    query = select(c.sha256, c.number, c.withdrawn_at).where(c.withdrawn_at != "")
    return [(row.sha256, row.number, row.withdrawn_at) for row in connection.execute(query)]


def withdraw(connection: Connection, number: int, at: str, statement: bytes) -> bool:
    """Mark a receipt withdrawn; False where it was before."""
    c = t.receipt.c
    where = (c.number == number) & (c.withdrawn_at == "")
    values = {"withdrawn_at": at, "withdrawal": statement}
    return connection.execute(update(t.receipt).where(where).values(**values)).rowcount == 1
