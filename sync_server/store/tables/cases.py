"""People who are to be visited, and what the office knows of them beside records."""

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

case_file = Table(
    "case_file",
    metadata,
    Column("id", String, primary_key=True),
    text_column("season"),
    text_column("person_key"),
    text_column("code"),
    text_column("unit"),
    text_column("unit_name"),
    text_column("assignee"),
    Column("body", Text, nullable=False),
    Column("principal_fen", BigInteger, nullable=False),
    Column("interest_fen", BigInteger, nullable=False),
    Column("contracts", Integer, nullable=False),
    Column("version", BigInteger, nullable=False, server_default="0"),
    Column("paid", Boolean, nullable=False),
    Column("repaid_fen", BigInteger, nullable=False, server_default="0"),
    text_column("repaid_as_of"),
    text_column("paid_on"),
    text_column("contact"),
    text_column("initials"),
    Column("written", Text, nullable=False, server_default=""),
    text_column("off_list"),
    text_column("off_list_at"),
    text_column("notice_printed_at"),
    text_column("placing"),
    UniqueConstraint("season", "person_key"),
    Index("case_by_unit", "season", "unit", "assignee"),
    Index("case_by_initials", "season", "initials"),
    Index(
        "case_placed_by_hand",
        "season",
        "placing",
        "unit",
        sqlite_where=text("\"placing\" NOT IN ('', 'list', 'township', 'moved')"),
        postgresql_where=text("\"placing\" NOT IN ('', 'list', 'township', 'moved')"),
    ),
)

contract = Table(
    "contract",
    metadata,
    Column("season", String, primary_key=True),
    Column("contract_no", String, primary_key=True),
    text_column("case_id"),
)

kept_contact = Table(
    "kept_contact",
    metadata,
    Column("season", String, primary_key=True),
    Column("mark", String, primary_key=True),
    Column("body", Text, nullable=False),
)

suggested_contact = Table(
    "suggested_contact",
    metadata,
    Column("season", String, primary_key=True),
    Column("case_id", String, primary_key=True),
    Column("body", Text, nullable=False),
)
