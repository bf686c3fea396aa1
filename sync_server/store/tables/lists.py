"""Lists that came in and went out: imports, repayments, lists to schools, notices."""

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

notice_batch = Table(
    "notice_batch",
    metadata,
    Column("id", String, primary_key=True),
    text_column("season"),
    text_column("unit"),
    Column("number", Integer, nullable=False),
    text_column("at"),
    text_column("who"),
    text_column("printed_at"),
    text_column("fetched_at"),
    Column("people", Integer, nullable=False, server_default="0"),
    Column("choice", Text, nullable=False, server_default=""),
    UniqueConstraint("season", "unit", "number"),
)

notice_print = Table(
    "notice_print",
    metadata,
    Column("batch", String, primary_key=True),
    Column("case_id", String, primary_key=True),
    text_column("season"),
    Column("n", Integer, nullable=False),
    Column("position", Integer, nullable=False),
    Column("content", Text, nullable=False, server_default=""),
    UniqueConstraint("case_id", "n"),
)

snapshot = Table(
    "snapshot",
    metadata,
    Column("season", String, primary_key=True),
    Column("as_of", String, primary_key=True),
    text_column("file_name"),
    text_column("sha256"),
    text_column("imported_at"),
    Column("lines", Integer, nullable=False),
    Column("kind", String, nullable=False, server_default="cumulative"),
)

repayment = Table(
    "repayment",
    metadata,
    Column("season", String, primary_key=True),
    Column("as_of", String, primary_key=True),
    Column("contract_no", String, primary_key=True),
    Column("principal_fen", BigInteger, nullable=False),
    Column("interest_fen", BigInteger, nullable=False),
    text_column("paid_on"),
    text_column("channel"),
    Column("payments", Text, nullable=False, server_default=""),
)

import_run = Table(
    "import_run",
    metadata,
    Column("id", String, primary_key=True),
    text_column("season"),
    text_column("kind"),
    text_column("file_name"),
    text_column("sha256"),
    text_column("at"),
    text_column("who"),
    Column("report", Text, nullable=False),
    Column("choice", Text, nullable=False, server_default="{}"),
    Column("difference", Text, nullable=False, server_default="{}"),
    Column("undo", Text, nullable=False, server_default=""),
    text_column("undone_at"),
    text_column("undone_by"),
    Index("import_run_by_season", "season", "at"),
)

school_list = Table(
    "school_list",
    metadata,
    Column("season", String, primary_key=True),
    Column("unit", String, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    text_column("digest"),
    Column("people", Integer, nullable=False),
    Column("due_fen", BigInteger, nullable=False),
    Column("lines", Text, nullable=False),
    text_column("import_run"),
    text_column("import_at"),
    text_column("given_at"),
    text_column("given_by"),
    text_column("seen_at"),
    text_column("seen_by"),
    text_column("confirmed_at"),
    text_column("confirmed_by"),
    text_column("receipt_at"),
    text_column("receipt_by"),
    Index("school_list_steps", "season", "unit", "version", "digest", "seen_at", "confirmed_at"),
)

school_kept = Table(
    "school_kept",
    metadata,
    Column("season", String, primary_key=True),
    Column("unit", String, primary_key=True),
    text_column("digest"),
    Column("people", Integer, nullable=False, server_default="0"),
    Column("due_fen", BigInteger, nullable=False, server_default="0"),
    Column("unpaid", Integer, nullable=False, server_default="0"),
    Column("unprinted", Integer, nullable=False, server_default="0"),
    Column("changed", Integer, nullable=False, server_default="0"),
    Column("lines", Text, nullable=False, server_default=""),
)
"""A school's list and notices now (store/school_kept.py); of one that is due it is not true."""

school_kept_due = Table(
    "school_kept_due",
    metadata,
    Column("season", String, primary_key=True),
    Column("unit", String, primary_key=True),
)
"""Schools whose kept list or notices may be wrong, put here by triggers (migration 0032)."""

school_days = Table(
    "school_days",
    metadata,
    Column("season", String, primary_key=True),
    Column("unit", String, primary_key=True),
    Column("days", Text, nullable=False, server_default="{}"),
    Column("statements", Text, nullable=False, server_default="{}"),
)
"""How far a school's people were on each day (store/school_days.py); not true of a due one."""

school_days_due = Table(
    "school_days_due",
    metadata,
    Column("season", String, primary_key=True),
    Column("unit", String, primary_key=True),
)
"""Schools whose kept days may be wrong, put here by triggers (migration 0035)."""

import_shape = Table(
    "import_shape",
    metadata,
    Column("kind", String, primary_key=True),
    Column("signature", String, primary_key=True),
    Column("choice", Text, nullable=False),
    text_column("used_at"),
)

withdrawn_list = Table(
    "withdrawn_list",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    text_column("made_at"),
    text_column("who"),
    text_column("code"),
    text_column("reason"),
    text_column("note"),
    Column("body", LargeBinary, nullable=False),
)
