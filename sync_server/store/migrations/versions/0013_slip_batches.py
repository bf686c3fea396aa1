"""batches of signed slips handed in to the centre, and the slips in them"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(), server_default="", nullable=False)


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), server_default="0", nullable=False)


def upgrade() -> None:
    op.create_table(
        "slip_batch",
        sa.Column("id", sa.String(), primary_key=True),
        *map(_text, ("season", "unit")),
        sa.Column("number", sa.Integer(), nullable=False),
        _text("state"),
        sa.Column("without_sheet", sa.Boolean(), nullable=False),
        *map(_text, ("created_at", "created_by", "brought_at", "brought_by")),
        *map(_text, ("received_on", "received_at", "received_by", "given_by")),
        sa.Column("late", sa.Boolean(), nullable=False),
        _count("receipts"),
        _count("version"),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.UniqueConstraint("season", "unit", "number"),
    )
    op.create_table(
        "slip_line",
        sa.Column("batch", sa.String(), primary_key=True),
        sa.Column("case_id", sa.String(), primary_key=True),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("on_sheet", sa.Boolean(), nullable=False),
        *map(_text, ("ticked_at", "ticked_by")),
    )
    op.create_index("slip_line_by_case", "slip_line", ["case_id"])


def downgrade() -> None:
    op.drop_index("slip_line_by_case", table_name="slip_line")
    for table in ("slip_line", "slip_batch"):
        op.drop_table(table)
