"""how far each school was on each day is kept, with triggers that note changes; indexes of pages"""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0033"
branch_labels = None
depends_on = None

ROW = "SELECT {row}.season AS season, {row}.unit AS unit"
RECORD = (
    "SELECT f.season AS season, f.unit AS unit FROM fact "
    "JOIN case_file AS f ON f.id = fact.case_id WHERE fact.id = {row}.fact_id"
)
DUE = "school_days_due"
EVERY = ("INSERT", "DELETE", "UPDATE")
TRIGGERS: tuple[tuple[str, str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("case_standing", ROW, EVERY, ("season", "unit", "off_list", "assignee", "basis", "body")),
    ("review", RECORD, EVERY, ("fact_id", "verdict", "at")),
)
"""Table, whose days change with a row of it, on which changes of which columns."""
PARTIAL = (
    ("fact_of_corrections", "fact", ["season", "unit", "received_at"], "kind = 'correction'"),
    (
        *("case_placed_by_hand", "case_file", ["season", "placing", "unit"]),
        "\"placing\" NOT IN ('', 'list', 'township', 'moved')",
    ),
    ("slip_line_not_ticked", "slip_line", ["batch", "case_id"], "ticked_at = ''"),
)
"""Indexes of the few rows that are so."""


def upgrade() -> None:
    op.create_table(
        "school_days",
        sa.Column("season", sa.String(), primary_key=True),
        sa.Column("unit", sa.String(), primary_key=True),
        sa.Column("days", sa.Text(), server_default="{}", nullable=False),
        sa.Column("statements", sa.Text(), server_default="{}", nullable=False),
    )
    op.create_table(
        "school_days_due",
        sa.Column("season", sa.String(), primary_key=True),
        sa.Column("unit", sa.String(), primary_key=True),
    )
    op.execute(
        "INSERT INTO school_days_due (season, unit) SELECT DISTINCT season, unit FROM case_file"
    )
    for statement in _created(op.get_bind().dialect.name):
        op.execute(statement)
    op.create_index("fact_by_arrival", "fact", ["season", "received_at", "unit"])
    for name, table, columns, which in PARTIAL:
        where = sa.text(which)
        op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    for name, table, *_ in PARTIAL:
        op.drop_index(name, table_name=table)
    op.drop_index("fact_by_arrival", table_name="fact")
    postgres = op.get_bind().dialect.name != "sqlite"
    for name, table, *_ in _each():
        op.execute(f"DROP TRIGGER {name}" + (f" ON {table}" if postgres else ""))
        if postgres:
            op.execute(f"DROP FUNCTION {name}()")
    op.drop_table("school_days_due")
    op.drop_table("school_days")


def _each() -> Iterator[tuple[str, str, str, tuple[str, ...], list[str]]]:
    """Yield each trigger's name, table, event, columns and queries."""
    for table, query, events, columns in TRIGGERS:
        for event in events:
            rows = {"INSERT": ("NEW",), "DELETE": ("OLD",), "UPDATE": ("OLD", "NEW")}[event]
            queries = [query.replace("{row}", row) for row in rows]
            yield f"days_{table}_{event.lower()}", table, event, columns, queries


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
        f"INSERT INTO {DUE} (season, unit) SELECT found.season, found.unit "
        f"FROM ({query}) AS found WHERE NOT EXISTS (SELECT 1 FROM "
        f"{DUE} AS d WHERE d.season = found.season AND d.unit = found.unit)"
    )


def _noted_locked(query: str) -> str:
    """On PostgreSQL: an existing row is locked, so that no other process settles it meanwhile."""
    return (
        f"INSERT INTO {DUE} (season, unit) SELECT found.season, found.unit "
        f"FROM ({query}) AS found ORDER BY 1, 2 "
        "ON CONFLICT (season, unit) DO UPDATE SET unit = excluded.unit"
    )
