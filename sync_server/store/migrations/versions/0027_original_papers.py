"""the stamped papers that the centre has received, a version each"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(), server_default="", nullable=False)


def upgrade() -> None:
    op.create_table(
        "original_paper",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("season", sa.String(), nullable=False),
        sa.Column("summary", sa.String(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        _text("day"),
        _text("who"),
        _text("at"),
        _text("undone_at"),
        _text("undone_by"),
        _text("undone_reason"),
    )
    op.create_index("original_paper_by_summary", "original_paper", ["summary"])


def downgrade() -> None:
    op.drop_table("original_paper")
