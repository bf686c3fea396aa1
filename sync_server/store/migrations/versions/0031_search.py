"""people are found through an index; triggers note whose terms are to be made anew"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sync_server.store import search_triggers

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

FILTERS = {
    "undelivered": "paid = 0 AND delivered = 0",
    "acknowledged": "delivery_record = 'acknowledged'",
    "paper_at_school": "paper = 'at_school'",
    "paper_handed_in": "paper = 'handed_in'",
    "paper_none": "paper = 'none'",
    "untouched": "untouched = 1",
    "promised": "promised = 1",
    "special": "special = 1",
    "unexplained": "special = 1 AND explained = 0",
    "unreachable": "unreachable = 1",
    "returned": "returned > 0",
    "paid": "paid = 1",
}


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(), server_default="", nullable=False)


def upgrade() -> None:
    op.create_table(
        "search_season",
        sa.Column("season", sa.String(), primary_key=True),
        sa.Column("next", sa.Integer(), nullable=False),
        _text("maker"),
    )
    op.create_table(
        "search_case",
        sa.Column("case_id", sa.String(), primary_key=True),
        sa.Column("season", sa.String(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        *map(_text, ("code", "unit", "assignee")),
        sa.Column("off_list", sa.Boolean(), nullable=False),
        *(
            sa.Column(name, sa.Text(), server_default="", nullable=False)
            for name in ("text", "shown", "numbers")
        ),
    )
    op.create_index("search_case_by_number", "search_case", ["season", "n"], unique=True)
    op.create_index("search_case_in_order", "search_case", ["season", "code", "case_id", "n"])
    op.create_table(
        "search_term",
        sa.Column("season", sa.String(), primary_key=True),
        sa.Column("term", sa.String(), primary_key=True),
        sa.Column("block", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("cases", sa.LargeBinary(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "search_due",
        sa.Column("case_id", sa.String(), primary_key=True),
        sa.Column("season", sa.String(), nullable=False),
    )
    op.create_index("search_due_by_season", "search_due", ["season"])
    for name, where in FILTERS.items():
        which = sa.text(f"off_list = '' AND {where}")
        op.create_index(
            f"standing_{name}",
            "case_standing",
            ["season", "basis", "code", "case_id", "unit", "assignee"],
            sqlite_where=which,
            postgresql_where=which,
        )
    op.execute("INSERT INTO search_due (case_id, season) SELECT id, season FROM case_file")
    for statement in search_triggers.created(op.get_bind().dialect.name):
        op.execute(sa.text(statement.replace(":", r"\:")))


def downgrade() -> None:
    for statement in search_triggers.dropped(op.get_bind().dialect.name):
        op.execute(statement)
    for name in FILTERS:
        op.drop_index(f"standing_{name}", table_name="case_standing")
    for table in ("search_due", "search_term", "search_case", "search_season"):
        op.drop_table(table)
