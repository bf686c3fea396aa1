"""The database itself, seasons, and the policy texts."""

from __future__ import annotations

from sqlalchemy import Column, Integer, String, Table, Text

from sync_server.store.tables.base import metadata, text_column

meta = Table(
    "meta", metadata, Column("key", String, primary_key=True), Column("value", Text, nullable=False)
)

season = Table(
    "season",
    metadata,
    Column("id", String, primary_key=True),
    Column("body", Text, nullable=False),
    Column("state", String, nullable=False, server_default="preparing"),
    Column("file", Text, nullable=False, server_default=""),
)

season_change = Table(
    "season_change",
    metadata,
    Column("season", String, primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    text_column("at"),
    text_column("who"),
    text_column("what"),
    Column("reason", Text, nullable=False, server_default=""),
    Column("fields", Text, nullable=False),
)

policy_edition = Table(
    "policy_edition",
    metadata,
    Column("season", String, primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    text_column("at"),
    text_column("who"),
    text_column("what"),
    text_column("page"),
    text_column("title"),
    Column("body", Text, nullable=False),
)
