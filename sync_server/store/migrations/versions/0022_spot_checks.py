"""spot checks of schools: who was drawn from which people, and what was found"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(), server_default="", nullable=False)


def _key(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), primary_key=True, autoincrement=False)


def upgrade() -> None:
    op.create_table(
        "bulletin_moment",
        sa.Column("bulletin", sa.String(), primary_key=True),
        _text("season"),
        sa.Column("heads", sa.Text(), nullable=False),
    )
    op.create_table(
        "spot_check",
        sa.Column("id", sa.String(), primary_key=True),
        *map(_text, ("season", "unit", "bulletin", "bulletin_sha256")),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("frame", sa.Text(), nullable=False),
        *map(_text, ("frame_sha256", "drawn_at", "drawn_by", "printed_at")),
        sa.UniqueConstraint("bulletin", "unit"),
    )
    op.create_table(
        "spot_check_person",
        sa.Column("spot_check", sa.String(), primary_key=True),
        _key("position"),
        *map(_text, ("season", "case_id", "code")),
        sa.Column("recorded", sa.Text(), nullable=False),
    )
    op.create_table(
        "spot_check_step",
        sa.Column("spot_check", sa.String(), primary_key=True),
        _key("position"),
        _key("n"),
        *map(_text, ("season", "kind", "verdict")),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        *map(_text, ("inspectors", "seen_on", "at", "who")),
    )


def downgrade() -> None:
    op.drop_table("spot_check_step")
    op.drop_table("spot_check_person")
    op.drop_table("spot_check")
    op.drop_table("bulletin_moment")
