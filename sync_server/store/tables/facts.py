"""Records as they came, what was set apart, verdicts, and the feed to phones."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from sync_server.store.tables.base import metadata, text_column

fact = Table(
    "fact",
    metadata,
    Column("id", String, primary_key=True),
    text_column("season"),
    text_column("unit"),
    text_column("device"),
    Column("n", Integer, nullable=False),
    Column("link", LargeBinary, nullable=False),
    Column("sig", LargeBinary, nullable=False),
    text_column("sha256"),
    Column("data", LargeBinary, nullable=False),
    text_column("kind"),
    text_column("case_id"),
    text_column("happened_at"),
    text_column("received_at"),
    Column("seq", BigInteger, nullable=False),
    Column("tray", Boolean, nullable=False),
    text_column("visited_by"),
    UniqueConstraint("device", "n"),
    Index("fact_by_case", "case_id", "seq"),
    Index("fact_by_unit", "unit", "seq"),
    Index("fact_by_arrival", "season", "received_at", "unit"),
    Index(
        "fact_of_corrections",
        "season",
        "unit",
        "received_at",
        sqlite_where=text("kind = 'correction'"),
        postgresql_where=text("kind = 'correction'"),
    ),
    Index(
        "fact_from_paper",
        "case_id",
        sqlite_where=text("visited_by <> ''"),
        postgresql_where=text("visited_by <> ''"),
    ),
    Index(
        "fact_in_tray",
        "season",
        "unit",
        sqlite_where=text("tray"),
        postgresql_where=text("tray"),
    ),
    Index(
        "fact_in_tray_by_case",
        "case_id",
        sqlite_where=text("tray"),
        postgresql_where=text("tray"),
    ),
)

keyed_form = Table(
    "keyed_form",
    metadata,
    Column("unit", String, primary_key=True),
    Column("request", String, primary_key=True),
    text_column("season"),
    text_column("fact_id"),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", String, primary_key=True),
    text_column("season"),
    text_column("unit"),
    text_column("device"),
    Column("n", Integer, nullable=False),
    Column("link", LargeBinary, nullable=False),
    Column("sig", LargeBinary, nullable=False),
    text_column("fact_id"),
    text_column("sha256"),
    Column("data", LargeBinary, nullable=False),
    text_column("code"),
    text_column("received_at"),
    text_column("settled_at"),
    text_column("resolution"),
    text_column("resolved_by"),
    Column("resolved_reason", Text, nullable=False, server_default=""),
    UniqueConstraint("device", "sha256"),
    Index("quarantine_by_school", "season", "unit", "settled_at"),
    Index("quarantine_by_hash", "sha256"),
)

feed = Table(
    "feed",
    metadata,
    Column("unit", String, primary_key=True),
    Column("head", BigInteger, nullable=False),
)

change = Table(
    "change",
    metadata,
    Column("unit", String, primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    text_column("kind"),
    text_column("ref"),
    text_column("staff"),
)

review = Table(
    "review",
    metadata,
    Column("id", String, primary_key=True),
    text_column("fact_id"),
    text_column("verdict"),
    text_column("comment"),
    text_column("by"),
    text_column("at"),
    text_column("batch"),
    Index("review_by_fact", "fact_id"),
    Index("review_by_batch", "batch"),
)

receipt = Table(
    "receipt",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("season", String, nullable=False),
    Column("summary", String, nullable=False),
    Column("sha256", String, nullable=False),
    text_column("made_at"),
    Column("body", LargeBinary, nullable=False),
    text_column("withdrawn_at"),
    Column("withdrawal", LargeBinary),
    Index("receipt_by_summary", "summary"),
    Index("receipt_by_sha256", "sha256"),
)
