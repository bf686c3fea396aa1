"""The tables by which several processes of one server know of each other.

All three are empty on SQLite, where one process serves: what they hold lies in files of its data
folder there, and in its memory.
"""

from __future__ import annotations

from sqlalchemy import Column, Index, LargeBinary, String, Table

from sync_server.store.tables import metadata

hold = Table(
    "hold",
    metadata,
    Column("name", String, primary_key=True),
    Column("by", String, nullable=False),
    Column("until", String, nullable=False),
)
"""Who is at work on what, until when (UTC ISO, the database's clock) unless it is held on."""

kept = Table(
    "kept",
    metadata,
    Column("kind", String, primary_key=True),
    Column("key", String, primary_key=True),
    Column("of", String, nullable=False, server_default=""),
    Column("body", LargeBinary, nullable=False),
    Column("until", String, nullable=False),
    Index("kept_of", "kind", "of"),
)
"""What pages keep from one request to the next, until when (UTC ISO): sessions, forms, works."""

made_key = Table(
    "made_key",
    metadata,
    Column("name", String, primary_key=True),
    Column("body", LargeBinary, nullable=False),
)
"""Key files that a server with mounted keys made: sealed under the passphrase, or public."""
