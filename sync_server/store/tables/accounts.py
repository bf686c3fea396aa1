"""Accounts, jobs, attempts to sign in, and the audit."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, String, Table, Text, text

from sync_server.store.tables.base import metadata, text_column

account = Table(
    "account",
    metadata,
    Column("name", String, primary_key=True),
    text_column("password_hash"),
    text_column("role"),
    text_column("unit"),
    text_column("shown"),
    text_column("disabled_at"),
    text_column("session_mark"),
)

account_link = Table(
    "account_link",
    metadata,
    Column("token_hash", String, primary_key=True),
    text_column("account"),
    text_column("made_at"),
    text_column("made_by"),
    text_column("expires_at"),
    text_column("used_at"),
    text_column("ended_at"),
    Index("account_link_by_account", "account"),
)

account_school = Table(
    "account_school",
    metadata,
    Column("account", String, primary_key=True),
    Column("unit", String, primary_key=True),
    Index("account_school_by_unit", "unit"),
)

job = Table(
    "job",
    metadata,
    Column("id", String, primary_key=True),
    text_column("kind"),
    text_column("season"),
    text_column("unit"),
    text_column("ref"),
    text_column("who"),
    text_column("state"),
    text_column("claim"),
    text_column("queued_at"),
    text_column("started_at"),
    text_column("ended_at"),
    Column("done", BigInteger, nullable=False, server_default="0"),
    Column("total", BigInteger, nullable=False, server_default="0"),
    Column("problem", Text, nullable=False, server_default=""),
    Index("job_by_state", "state", "queued_at"),
)

attempt = Table(
    "attempt",
    metadata,
    Column("kind", String, primary_key=True),
    Column("key", String, primary_key=True),
    Column("failures", BigInteger, nullable=False, server_default="0"),
    text_column("last_at"),
    text_column("blocked_until"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", String, primary_key=True),
    text_column("at"),
    text_column("who"),
    text_column("unit"),
    text_column("action"),
    text_column("ref"),
    text_column("detail"),
    Index("audit_by_action", "action", "at"),
    Index(
        "audit_of_sign_ins",
        *("who", "at"),
        sqlite_where=text("action = 'sign_in'"),
        postgresql_where=text("action = 'sign_in'"),
    ),
)
