"""Phones, and what each sends a day."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, String, Table

from sync_server.store.tables.base import metadata, text_column

device = Table(
    "device",
    metadata,
    Column("id", String, primary_key=True),
    text_column("season"),
    text_column("unit"),
    text_column("staff"),
    text_column("name"),
    Column("public_key", LargeBinary, nullable=False, unique=True),
    text_column("token_hash"),
    text_column("state"),
    text_column("enrolled_at"),
    text_column("confirmed_at"),
    text_column("seen_at"),
    Column("n", Integer, nullable=False),
    Column("link", LargeBinary, nullable=False),
    text_column("replaces"),
    text_column("kind"),
    text_column("epoch"),
    text_column("fetched_at"),
    Index("device_by_token", "token_hash", unique=True),
    Index("device_by_school", "season", "unit"),
)

device_season = Table(
    "device_season",
    metadata,
    Column("device", String, primary_key=True),
    Column("season", String, primary_key=True),
    text_column("unit"),
    text_column("staff"),
    text_column("state"),
    text_column("confirmed_at"),
    Index("device_season_by_season", "season", "unit"),
)

enrol_code = Table(
    "enrol_code",
    metadata,
    Column("code_hash", String, primary_key=True),
    text_column("season"),
    text_column("unit"),
    text_column("staff"),
    text_column("expires_at"),
    text_column("used_at"),
)

recovery_code = Table(
    "recovery_code",
    metadata,
    Column("code_hash", String, primary_key=True),
    text_column("season"),
    text_column("device"),
    text_column("expires_at"),
    text_column("used_at"),
    text_column("point"),
    Index("recovery_code_by_device", "device"),
)

device_day = Table(
    "device_day",
    metadata,
    Column("device", String, primary_key=True),
    Column("day", String, primary_key=True),
    Column("photo_bytes", BigInteger, nullable=False, server_default="0"),
    Column("photos", BigInteger, nullable=False, server_default="0"),
    Column("quarantined", BigInteger, nullable=False, server_default="0"),
    Column("quarantined_bytes", BigInteger, nullable=False, server_default="0"),
)
