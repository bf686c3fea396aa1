"""Spot checks: the drawing, whom it drew, and each step after it."""

from __future__ import annotations

from sqlalchemy import Column, Integer, String, Table, Text, UniqueConstraint

from sync_server.store.tables.base import metadata, text_column

spot_check = Table(
    "spot_check",
    metadata,
    Column("id", String, primary_key=True),
    text_column("season"),
    text_column("unit"),
    text_column("bulletin"),
    text_column("bulletin_sha256"),
    Column("size", Integer, nullable=False),
    Column("frame", Text, nullable=False),
    text_column("frame_sha256"),
    text_column("drawn_at"),
    text_column("drawn_by"),
    text_column("printed_at"),
    Column("questions", Text, nullable=False, server_default=""),
    UniqueConstraint("bulletin", "unit"),
)
"""`frame`: the canonical bytes that were drawn from (shared/spot_check.py).

`questions`: JSON, those of the season at the drawing; "" of one drawn before they were kept."""

spot_check_person = Table(
    "spot_check_person",
    metadata,
    Column("spot_check", String, primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    text_column("season"),
    text_column("case_id"),
    text_column("code"),
    Column("recorded", Text, nullable=False),
)

spot_check_step = Table(
    "spot_check_step",
    metadata,
    Column("spot_check", String, primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("n", Integer, primary_key=True, autoincrement=False),
    text_column("season"),
    text_column("kind"),
    text_column("verdict"),
    Column("note", Text, nullable=False, server_default=""),
    text_column("inspectors"),
    text_column("seen_on"),
    text_column("at"),
    text_column("who"),
)
