"""the county's receipts for accepted summaries, and its lists of withdrawn certificates"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(), server_default="", nullable=False)


def upgrade() -> None:
    op.create_table(
        "receipt",
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("season", sa.String(), nullable=False),
        sa.Column("summary", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        _text("made_at"),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        _text("withdrawn_at"),
        sa.Column("withdrawal", sa.LargeBinary(), nullable=True),
    )
    op.create_index("receipt_by_summary", "receipt", ["summary"])
    op.create_index("receipt_by_sha256", "receipt", ["sha256"])
    op.create_table(
        "withdrawn_list",
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        _text("made_at"),
        _text("who"),
        _text("code"),
        _text("reason"),
        _text("note"),
        sa.Column("body", sa.LargeBinary(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("withdrawn_list")
    op.drop_table("receipt")
