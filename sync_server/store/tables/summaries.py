"""Summaries, bulletins, bundles, and what stands beside a sealed one."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from sync_server.store.tables.base import metadata, text_column

summary = Table(
    "summary",
    metadata,
    Column("id", String, primary_key=True),
    text_column("season"),
    text_column("unit"),
    text_column("document"),
    Column("version", Integer, nullable=False),
    text_column("state"),
    text_column("cut_off"),
    text_column("as_of"),
    Column("data", LargeBinary, nullable=False),
    text_column("data_hash"),
    text_column("exceptions"),
    text_column("reason"),
    text_column("folder"),
    text_column("sha256"),
    text_column("composed_at"),
    text_column("sealed_at"),
    text_column("submitted_at"),
    text_column("verdict"),
    text_column("comment"),
    text_column("scan"),
    Column("confirmed_stamps", Text, nullable=False, server_default=""),
    text_column("stands_on"),
    Column("declared", Text, nullable=False, server_default=""),
    UniqueConstraint("document", "version"),
    Index("summary_by_unit", "season", "unit", "version", "state", "sha256"),
)

bulletin = Table(
    "bulletin",
    metadata,
    Column("id", String, primary_key=True),
    text_column("season"),
    Column("number", Integer, nullable=False),
    text_column("request"),
    text_column("number_text"),
    text_column("issued_at"),
    text_column("issued_by"),
    text_column("withdrawn_at"),
    text_column("withdrawn_by"),
    text_column("withdrawn_reason"),
    UniqueConstraint("season", "number"),
    UniqueConstraint("season", "request"),
)
"""`id` is that of its row in `summary`, which has its data, files and state."""

late_school = Table(
    "late_school",
    metadata,
    Column("id", String, primary_key=True),
    text_column("season"),
    text_column("unit"),
    Column("n", Integer, nullable=False),
    text_column("state"),
    text_column("at"),
    text_column("who"),
    Column("grounds", Text, nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    text_column("talk_on"),
    text_column("held_on"),
    Column("with_whom", Text, nullable=False, server_default=""),
    Column("agreed", Text, nullable=False, server_default=""),
    text_column("printed_at"),
    text_column("printed_state"),
    UniqueConstraint("season", "unit", "n"),
)
"""`printed_state`: the state in which it last stood on a printed list."""

bundle = Table(
    "bundle",
    metadata,
    Column("sealed_sha256", String, primary_key=True),
    text_column("season"),
    text_column("document"),
    Column("version", Integer, nullable=False, server_default="0"),
    text_column("name"),
    text_column("sha256"),
    Column("size_bytes", BigInteger, nullable=False, server_default="0"),
    Column("files", Integer, nullable=False, server_default="0"),
    text_column("made_at"),
    text_column("who"),
)

bulletin_moment = Table(
    "bulletin_moment",
    metadata,
    Column("bulletin", String, primary_key=True),
    text_column("season"),
    Column("heads", Text, nullable=False),
)
"""`heads`: JSON, the head of every school's feed when the bulletin was counted."""

original_paper = Table(
    "original_paper",
    metadata,
    Column("id", String, primary_key=True),
    Column("season", String, nullable=False),
    Column("summary", String, nullable=False),
    Column("pages", Integer, nullable=False),
    text_column("day"),
    text_column("who"),
    text_column("at"),
    text_column("undone_at"),
    text_column("undone_by"),
    text_column("undone_reason"),
    Index("original_paper_by_summary", "summary"),
)
