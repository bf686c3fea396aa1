"""Schools and their teachers, and who visits whom."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, String, Table, UniqueConstraint

from sync_server.store.tables.base import metadata, text_column

unit = Table(
    "unit",
    metadata,
    Column("season", String, primary_key=True),
    Column("code", String, primary_key=True),
    text_column("name"),
    text_column("leader_name"),
    text_column("leader_duty"),
    text_column("leader_phone"),
    text_column("liaison_name"),
    text_column("liaison_duty"),
    text_column("liaison_phone"),
    text_column("officer"),
    text_column("townships"),
    text_column("retired_at"),
    text_column("merged_into"),
    UniqueConstraint("season", "name"),
)

school_name = Table(
    "school_name",
    metadata,
    Column("code", String, primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    text_column("name"),
    text_column("kind"),
    text_column("since"),
    text_column("until"),
    text_column("who"),
    text_column("run"),
)

staff = Table(
    "staff",
    metadata,
    Column("id", String, primary_key=True),
    text_column("season"),
    text_column("unit"),
    text_column("name"),
    text_column("role"),
    text_column("merged_into"),
    text_column("left_at"),
    text_column("offered"),
    text_column("before"),
    UniqueConstraint("season", "unit", "name"),
)

assignment = Table(
    "assignment",
    metadata,
    Column("id", String, primary_key=True),
    text_column("season"),
    text_column("unit"),
    text_column("at"),
    text_column("who"),
    text_column("how"),
    text_column("plan"),
    text_column("undone_at"),
    text_column("undone_by"),
    Index("assignment_by_unit", "season", "unit"),
)

assignment_move = Table(
    "assignment_move",
    metadata,
    Column("assignment", String, primary_key=True),
    Column("case_id", String, primary_key=True),
    text_column("season"),
    text_column("before"),
    text_column("after"),
)

morning_look = Table(
    "morning_look",
    metadata,
    Column("season", String, primary_key=True),
    Column("unit", String, primary_key=True),
    Column("day", String, primary_key=True),
    Column("account", String, primary_key=True),
    Column("at_school", Boolean, nullable=False),
    text_column("first_at"),
)
"""Who looked at a school's morning sheet on a day (China): the school itself, or its officer."""
