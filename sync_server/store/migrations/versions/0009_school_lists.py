"""the lists that schools got: which version, given out, seen, confirmed, signed for on paper"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(), server_default="", nullable=False)


def upgrade() -> None:
    op.create_table(
        "school_list",
        sa.Column("season", sa.String(), primary_key=True),
        sa.Column("unit", sa.String(), primary_key=True),
        sa.Column("version", sa.Integer(), primary_key=True, autoincrement=False),
        _text("digest"),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("due_fen", sa.BigInteger(), nullable=False),
        sa.Column("lines", sa.Text(), nullable=False),
        *map(_text, ("import_run", "import_at", "given_at", "given_by", "seen_at", "seen_by")),
        *map(_text, ("confirmed_at", "confirmed_by", "receipt_at", "receipt_by")),
    )


def downgrade() -> None:
    op.drop_table("school_list")
