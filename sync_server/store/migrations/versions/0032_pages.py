"""a school's list and notices are kept, with triggers that note changes; indexes of the pages"""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

ROW = "SELECT {row}.season AS season, {row}.unit AS unit"
SCHOOL = "SELECT {row}.season AS season, {row}.code AS unit"
PERSON = "SELECT f.season AS season, f.unit AS unit FROM case_file AS f WHERE f.id = {row}.case_id"
BATCH = (
    "SELECT DISTINCT f.season AS season, f.unit AS unit FROM notice_print AS p "
    "JOIN case_file AS f ON f.id = p.case_id WHERE p.batch = {row}.id"
)
TRIGGERS: tuple[tuple[str, str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("case_file", ROW, ("INSERT", "DELETE"), ()),
    (
        *("case_file", ROW, ("UPDATE",)),
        ("season", "unit", "code", "body", "off_list", "principal_fen", "interest_fen", "paid"),
    ),
    ("notice_print", PERSON, ("INSERT", "DELETE", "UPDATE"), ("batch", "case_id", "n", "content")),
    ("notice_batch", BATCH, ("UPDATE",), ("id", "printed_at")),
    (
        *("unit", SCHOOL, ("UPDATE",)),
        ("name", "leader_name", "leader_phone", "liaison_name", "liaison_phone"),
    ),
)
"""Table, whose list or notices change with a row of it, on which changes of which columns."""
PARTIAL = (
    ("fact_from_paper", "fact", ["case_id"], "visited_by <> ''"),
    ("fact_in_tray", "fact", ["season", "unit"], "tray"),
    ("fact_in_tray_by_case", "fact", ["case_id"], "tray"),
    (
        *("standing_by_promise", "case_standing", ["season", "unit", "promised_on"]),
        "promised_on <> ''",
    ),
    ("standing_of_nobody", "case_standing", ["season", "unit"], "assignee = ''"),
)
"""Indexes of the few rows that are so."""


def upgrade() -> None:
    op.create_table(
        "school_kept",
        sa.Column("season", sa.String(), primary_key=True),
        sa.Column("unit", sa.String(), primary_key=True),
        sa.Column("digest", sa.String(), server_default="", nullable=False),
        sa.Column("people", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_fen", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("unpaid", sa.Integer(), server_default="0", nullable=False),
        sa.Column("unprinted", sa.Integer(), server_default="0", nullable=False),
        sa.Column("changed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("lines", sa.Text(), server_default="", nullable=False),
    )
    op.create_table(
        "school_kept_due",
        sa.Column("season", sa.String(), primary_key=True),
        sa.Column("unit", sa.String(), primary_key=True),
    )
    op.execute(
        "INSERT INTO school_kept_due (season, unit) "
        "SELECT DISTINCT season, unit FROM case_file WHERE unit <> ''"
    )
    for statement in _created(op.get_bind().dialect.name):
        op.execute(statement)
    op.create_index(
        "school_list_steps",
        "school_list",
        ["season", "unit", "version", "digest", "seen_at", "confirmed_at"],
    )
    op.create_index("summary_by_unit", "summary", ["season", "unit", "version", "state", "sha256"])
    op.create_index("quarantine_by_school", "quarantine", ["season", "unit", "settled_at"])
    op.create_index("device_by_school", "device", ["season", "unit"])
    op.create_index("slip_batch_by_state", "slip_batch", ["season", "state", "unit"])
    op.create_index("audit_by_action", "audit", ["action", "at"])
    for name, table, columns, which in PARTIAL:
        where = sa.text(which)
        op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    for table, name in (
        *((table, name) for name, table, *_ in PARTIAL),
        ("audit", "audit_by_action"),
        ("slip_batch", "slip_batch_by_state"),
        ("device", "device_by_school"),
        ("quarantine", "quarantine_by_school"),
        ("summary", "summary_by_unit"),
        ("school_list", "school_list_steps"),
    ):
        op.drop_index(name, table_name=table)
    postgres = op.get_bind().dialect.name != "sqlite"
    for name, table, *_ in _each():
        op.execute(f"DROP TRIGGER {name}" + (f" ON {table}" if postgres else ""))
        if postgres:
            op.execute(f"DROP FUNCTION {name}()")
    op.drop_table("school_kept_due")
    op.drop_table("school_kept")


def _each() -> Iterator[tuple[str, str, str, tuple[str, ...], list[str]]]:
    """Yield each trigger's name, table, event, columns and queries."""
    for number, (table, query, events, columns) in enumerate(TRIGGERS):
        for event in events:
            rows = {"INSERT": ("NEW",), "DELETE": ("OLD",), "UPDATE": ("OLD", "NEW")}[event]
            queries = [query.replace("{row}", row) for row in rows]
            yield f"kept_{table}_{number}_{event.lower()}", table, event, columns, queries


def _created(dialect: str) -> Iterator[str]:
    sqlite = dialect == "sqlite"
    for name, table, event, columns, queries in _each():
        when = event
        condition = ""
        if event == "UPDATE":
            when = f"UPDATE OF {', '.join(columns)}"
            differs = "IS NOT" if sqlite else "IS DISTINCT FROM"
            condition = " OR ".join(f"OLD.{c} {differs} NEW.{c}" for c in columns)
        if sqlite:
            body = " ".join(f"{_noted(query)};" for query in queries)
            given = f" WHEN {condition}" if condition else ""
            yield f"CREATE TRIGGER {name} AFTER {when} ON {table}{given} BEGIN {body} END"
            continue
        body = " ".join(f"{_noted_locked(query)};" for query in queries)
        given = f" WHEN ({condition})" if condition else ""
        yield (
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN {body} RETURN NULL; END $$"
        )
        yield (
            f"CREATE TRIGGER {name} AFTER {when} ON {table} FOR EACH ROW{given} "
            f"EXECUTE FUNCTION {name}()"
        )


def _noted(query: str) -> str:
    """On SQLite: an `OR` clause of the statement that fires the trigger must not change it."""
    return (
        "INSERT INTO school_kept_due (season, unit) SELECT found.season, found.unit "
        f"FROM ({query}) AS found WHERE found.unit <> '' AND NOT EXISTS (SELECT 1 FROM "
        "school_kept_due AS d WHERE d.season = found.season AND d.unit = found.unit)"
    )


def _noted_locked(query: str) -> str:
    """On PostgreSQL: an existing row is locked, so that no other process settles it meanwhile."""
    return (
        "INSERT INTO school_kept_due (season, unit) SELECT found.season, found.unit "
        f"FROM ({query}) AS found WHERE found.unit <> '' ORDER BY 1, 2 "
        "ON CONFLICT (season, unit) DO UPDATE SET unit = excluded.unit"
    )
