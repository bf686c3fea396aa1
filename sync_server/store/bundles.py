"""What was packed for each recipient: a row a sealed report, written when its file lies there.

A bundle is of one sealed file and never of another; packed again it has the same bytes, unless a
certificate was withdrawn since: it holds the list of those. Its note names the schools whose
stamped paper had not come.
"""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection, select

from sync_server.store import tables as t
from sync_server.store.rows import as_struct


class BundleRow(msgspec.Struct, frozen=True, kw_only=True):
    """A bundle.

    Attributes:
        sealed_sha256: The sealed report (sha256 of its PDF) that it was made of.
        season: The season.
        document: The report's document.
        version: The report's version.
        name: The name of folder and zip, without its ending.
        sha256: Of the zip.
        size_bytes: Of the zip.
        files: How many files are in it.
        made_at: When it was packed (UTC ISO).
        who: Who had it packed.
    """

    sealed_sha256: str
    season: str
    document: str
    version: int
    name: str
    sha256: str
    size_bytes: int
    files: int
    made_at: str
    who: str


def find(connection: Connection, sealed_sha256: str) -> BundleRow | None:
    """Return the bundle of a sealed report."""
    where = t.bundle.c.sealed_sha256 == sealed_sha256
    row = connection.execute(select(t.bundle).where(where)).mappings().first()
    return None if row is None else as_struct(row, BundleRow)


def listed(connection: Connection, season: str) -> list[BundleRow]:
    """Return the bundles of a season, the newest version first."""
    c = t.bundle.c
    query = select(t.bundle).where(c.season == season).order_by(c.version.desc(), c.document)
    return [as_struct(row, BundleRow) for row in connection.execute(query).mappings()]


def every(connection: Connection) -> list[BundleRow]:
    """Return the bundles of all seasons."""
    return [as_struct(row, BundleRow) for row in connection.execute(select(t.bundle)).mappings()]


def put(connection: Connection, row: BundleRow) -> None:
    """Store a bundle in place of an earlier one of the same sealed report."""
    connection.execute(t.bundle.delete().where(t.bundle.c.sealed_sha256 == row.sealed_sha256))
    connection.execute(t.bundle.insert(), msgspec.structs.asdict(row))
