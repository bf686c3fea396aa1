"""What people are found by."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, String, Table, Text

from sync_server.store.tables.base import metadata, text_column

search_season = Table(
    "search_season",
    metadata,
    Column("season", String, primary_key=True),
    Column("next", Integer, nullable=False),
    text_column("maker"),
)
"""`next`: the number of the next case that gets terms; `maker`: the version of what made them."""

search_case = Table(
    "search_case",
    metadata,
    Column("case_id", String, primary_key=True),
    Column("season", String, nullable=False),
    Column("n", Integer, nullable=False),
    *map(text_column, ("code", "unit", "assignee")),
    Column("off_list", Boolean, nullable=False),
    *(Column(n, Text, nullable=False, server_default="") for n in ("text", "shown", "numbers")),
    Index("search_case_by_number", "season", "n", unique=True),
    Index("search_case_in_order", "season", "code", "case_id", "n"),
)
"""What a case is found by (store/search_terms.py), and its number in the sets of `search_term`."""

search_term = Table(
    "search_term",
    metadata,
    Column("season", String, primary_key=True),
    Column("term", String, primary_key=True),
    Column("block", Integer, primary_key=True, autoincrement=False),
    Column("cases", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
"""Which cases have a term, by blocks of their numbers (store/search_bits.py)."""

search_due = Table(
    "search_due",
    metadata,
    Column("case_id", String, primary_key=True),
    Column("season", String, nullable=False),
    Index("search_due_by_season", "season"),
)
"""Cases whose terms may be wrong, put here by triggers (store/search_triggers.py)."""
