"""people are found through an index; triggers note whose terms are to be made anew"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sync_server.store import search_triggers

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

IN_ORDER = (
    *("season", "off_list", "code", "case_id", "basis", "unit", "assignee"),
    *("delivery_record", "paper", "paid", "delivered", "untouched", "promised", "special"),
    *("explained", "unreachable", "returned"),
)


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
    op.create_index("standing_in_order", "case_standing", list(IN_ORDER))
    op.execute("INSERT INTO search_due (case_id, season) SELECT id, season FROM case_file")
    for statement in search_triggers.created(op.get_bind().dialect.name):
        op.execute(sa.text(statement.replace(":", r"\:")))


def downgrade() -> None:
    for statement in search_triggers.dropped(op.get_bind().dialect.name):
        op.execute(statement)
    op.drop_index("standing_in_order", table_name="case_standing")
    for table in ("search_due", "search_term", "search_case", "search_season"):
        op.drop_table(table)
