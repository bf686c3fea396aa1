"""Photos and uploads, what was read from them, and slips that came on paper."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from sync_server.store.tables.base import metadata, text_column

fact_photo = Table(
    "fact_photo",
    metadata,
    Column("fact_id", String, primary_key=True),
    Column("sha256", String, primary_key=True),
    text_column("unit"),
    Index("fact_photo_by_hash", "sha256"),
)

photo = Table(
    "photo",
    metadata,
    Column("sha256", String, primary_key=True),
    Column("size_bytes", BigInteger, nullable=False),
    text_column("device"),
    text_column("received_at"),
    Index("photo_by_device", "device"),
)

slip = Table(
    "slip",
    metadata,
    Column("sha256", String, primary_key=True),
    text_column("case_code"),
    text_column("read_at"),
    Column("sharpness", Integer, nullable=False, server_default="-1"),
    text_column("same"),
    Index("slip_by_same", "same"),
    Index("slip_by_code", "case_code"),
)

slip_stack = Table(
    "slip_stack",
    metadata,
    Column("id", String, primary_key=True),
    text_column("season"),
    text_column("unit"),
    text_column("at"),
    text_column("who"),
    text_column("state"),
    text_column("digest"),
    Column("files", Text, nullable=False, server_default="[]"),
    Column("pages", Integer, nullable=False),
    Index("slip_stack_by_season", "season", "unit"),
)

slip_page = Table(
    "slip_page",
    metadata,
    Column("id", String, primary_key=True),
    text_column("season"),
    text_column("stack"),
    Column("number", Integer, nullable=False),
    Column("part", Integer, nullable=False),
    text_column("place"),
    text_column("sha256"),
    text_column("code"),
    text_column("case_id"),
    text_column("ink"),
    text_column("state"),
    text_column("why"),
    text_column("who"),
    text_column("at"),
    Index("slip_page_by_stack", "stack", "number", "part"),
    Index("slip_page_by_case", "case_id"),
    Index("slip_page_by_hash", "sha256"),
    Index("slip_page_by_state", "season", "state"),
)

slip_batch = Table(
    "slip_batch",
    metadata,
    Column("id", String, primary_key=True),
    text_column("season"),
    text_column("unit"),
    Column("number", Integer, nullable=False),
    text_column("state"),
    Column("without_sheet", Boolean, nullable=False),
    text_column("created_at"),
    text_column("created_by"),
    text_column("brought_at"),
    text_column("brought_by"),
    text_column("received_on"),
    text_column("received_at"),
    text_column("received_by"),
    text_column("given_by"),
    Column("late", Boolean, nullable=False),
    Column("receipts", Integer, nullable=False, server_default="0"),
    Column("version", Integer, nullable=False, server_default="0"),
    Column("reason", Text, nullable=False, server_default=""),
    UniqueConstraint("season", "unit", "number"),
    Index("slip_batch_by_state", "season", "state", "unit"),
)

slip_line = Table(
    "slip_line",
    metadata,
    Column("batch", String, primary_key=True),
    Column("case_id", String, primary_key=True),
    Column("line", Integer, nullable=False),
    Column("on_sheet", Boolean, nullable=False),
    text_column("ticked_at"),
    text_column("ticked_by"),
    Index("slip_line_by_case", "case_id"),
    Index(
        "slip_line_not_ticked",
        "batch",
        "case_id",
        sqlite_where=text("ticked_at = ''"),
        postgresql_where=text("ticked_at = ''"),
    ),
)

upload = Table(
    "upload",
    metadata,
    Column("id", String, primary_key=True),
    text_column("device"),
    text_column("sha256"),
    Column("size_bytes", BigInteger, nullable=False),
    text_column("created_at"),
    # what lies in parts of a shared store (photo_objects.py), who is sending now (upload_claims.py)
    Column("held_bytes", BigInteger, nullable=False, server_default="0"),
    Column("parts", String, nullable=False, server_default=""),
    Column("claim", String, nullable=False, server_default=""),
    Column("claim_until", String, nullable=False, server_default=""),
    UniqueConstraint("device", "sha256"),
)
