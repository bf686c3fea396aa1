"""stacks of slips through the scanner, and what became of each page"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(), server_default="", nullable=False)


def upgrade() -> None:
    op.create_table(
        "slip_stack",
        sa.Column("id", sa.String(), primary_key=True),
        *map(_text, ("season", "unit", "at", "who", "state", "digest")),
        sa.Column("files", sa.Text(), server_default="[]", nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
    )
    op.create_index("slip_stack_by_season", "slip_stack", ["season", "unit"])
    op.create_table(
        "slip_page",
        sa.Column("id", sa.String(), primary_key=True),
        *map(_text, ("season", "stack")),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        *map(_text, ("place", "sha256", "code", "case_id", "ink", "state", "why", "who", "at")),
    )
    for name, columns in (
        ("slip_page_by_stack", ["stack", "number", "part"]),
        ("slip_page_by_case", ["case_id"]),
        ("slip_page_by_hash", ["sha256"]),
        ("slip_page_by_state", ["season", "state"]),
    ):
        op.create_index(name, "slip_page", columns)


def downgrade() -> None:
    for table in ("slip_page", "slip_stack"):
        op.drop_table(table)
