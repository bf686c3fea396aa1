"""bulletins of a season with their numbers, and what was decided about late schools"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(), server_default="", nullable=False)


def _long(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), server_default="", nullable=False)


def upgrade() -> None:
    op.create_table(
        "bulletin",
        sa.Column("id", sa.String(), primary_key=True),
        _text("season"),
        sa.Column("number", sa.Integer(), nullable=False),
        *map(_text, ("request", "number_text", "issued_at", "issued_by")),
        *map(_text, ("withdrawn_at", "withdrawn_by", "withdrawn_reason")),
        sa.UniqueConstraint("season", "number"),
        sa.UniqueConstraint("season", "request"),
    )
    op.create_table(
        "late_school",
        sa.Column("id", sa.String(), primary_key=True),
        *map(_text, ("season", "unit")),
        sa.Column("n", sa.Integer(), nullable=False),
        *map(_text, ("state", "at", "who")),
        sa.Column("grounds", sa.Text(), nullable=False),
        _long("reason"),
        *map(_text, ("talk_on", "held_on")),
        *map(_long, ("with_whom", "agreed")),
        *map(_text, ("printed_at", "printed_state")),
        sa.UniqueConstraint("season", "unit", "n"),
    )


def downgrade() -> None:
    op.drop_table("late_school")
    op.drop_table("bulletin")
