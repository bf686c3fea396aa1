"""What an import changes, row by row: the tables it may touch are compared before and after it.

Of a row that it changed only the changed columns are kept, as they were; of one that it removed,
all; of one that it added, the key. What others derive from these rows (a case's version, what was
repaid) is left out: versions only go forward, and repayments are judged again.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, Table, false, select

from shared.digest import sha256_hex
from sync_server.store import tables as t

TABLES = (t.case_file, t.contract, t.unit, t.snapshot, t.repayment)
"""What an import may touch."""
REPAID = ("paid", "repaid_fen", "repaid_as_of", "paid_on")
"""What repayments say of a case: judged again after an undo, but not while it is off the list."""

Key = tuple[str, ...]
Rows = dict[Key, tuple[Any, ...]]
"""Key without the season -> the other columns, in the order of `columns_of`."""


class Image(NamedTuple):
    """The rows of a season, by table; repayments only from some day on (`since`), they are many."""

    rows: dict[str, Rows]
    since: str


class TableChanges(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The changes of one table: keys of new rows, removed rows, and what changed ones had before.

    Rows and columns go by name, so that a later version with more columns can still read them.
    """

    added: list[Key] = []
    removed: list[tuple[Key, dict[str, Any]]] = []
    changed: list[tuple[Key, dict[str, Any]]] = []

    @property
    def touched(self) -> list[Key]:
        """Keys of the rows that are there after the import and were not so before."""
        return [*self.added, *(key for key, _ in self.changed)]

    def __bool__(self) -> bool:
        """Whether anything changed."""
        return bool(self.added or self.removed or self.changed)


def key_columns(table: Table) -> list[str]:
    """The columns that name a row within its season."""
    return [str(c.name) for c in table.primary_key if c.name != "season"]


def columns_of(table: Table) -> list[str]:
    """The other columns that an image holds."""
    left_out = ("season", "version", *key_columns(table))
    return [str(c.name) for c in table.columns if c.name not in left_out]


def image(connection: Connection, season: str, since: str = "") -> Image:
    """Read every row of a season that an import may touch.

    Args:
        connection: The transaction of the import.
        season: The season.
        since: The first day whose repayments it may touch; "" for none.
    """
    return Image({table.name: _rows(connection, table, season, since) for table in TABLES}, since)


def _rows(connection: Connection, table: Table, season: str, since: str) -> Rows:
    keys, columns = key_columns(table), columns_of(table)
    query = select(*(table.c[name] for name in (*keys, *columns)))
    query = query.where(table.c.season == season)
    if table is t.repayment:
        query = query.where(table.c.as_of >= since) if since else query.where(false())
    at = len(keys)
    found = {row[:at]: row[at:] for row in connection.execute(query)}
    return _frozen(columns, found) if table is t.case_file else found


def _frozen(columns: list[str], found: Rows) -> Rows:
    """Blank out what repayments say of the people on the list: it follows from the other rows."""
    off_list = columns.index("off_list")
    blanks = [name in REPAID for name in columns]
    return {
        key: row
        if row[off_list]
        else tuple(None if blank else value for value, blank in zip(row, blanks, strict=True))
        for key, row in found.items()
    }


def compare(before: Image, after: Image) -> dict[str, TableChanges]:
    """Return what changed, by table; a table without a change is left out.

    Raises:
        ValueError: when repayments of a day were stored that the images do not hold.
    """
    found = {
        table.name: _compared(columns_of(table), before.rows[table.name], after.rows[table.name])
        for table in TABLES
    }
    snapshots = found[t.snapshot.name]
    days = [key[0] for key in (*snapshots.touched, *(key for key, _ in snapshots.removed))]
    if days and not (before.since and before.since <= min(days)):
        raise ValueError(f"repayments of {min(days)} were stored; known since {before.since!r}")
    return {name: changes for name, changes in found.items() if changes}


def _compared(columns: list[str], earlier: Rows, later: Rows) -> TableChanges:
    changes = TableChanges(added=[key for key in later if key not in earlier])
    for key, was in earlier.items():
        now = later.get(key)
        if now is None:
            old = dict(zip(columns, was, strict=True))
            changes.removed.append((key, _known(old)))
        elif now != was:
            both = zip(columns, was, now, strict=True)
            old = {name: before for name, before, after in both if before != after}
            changes.changed.append((key, _known(old)))
    return changes


def _known(old: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in old.items() if value is not None}


def digest(values: Mapping[Any, Any], columns: list[str]) -> str:
    """Return a short digest of some columns of a row, to see later whether it is the same."""
    return sha256_hex(msgspec.json.encode([values.get(name) for name in columns]))[:12]


def packed(value: msgspec.Struct) -> str:
    """Return a struct as compressed text."""
    return base64.b64encode(zlib.compress(msgspec.json.encode(value), 6)).decode()


def unpacked(text: str) -> bytes:
    """Return the JSON of what `packed` made."""
    return zlib.decompress(base64.b64decode(text))
