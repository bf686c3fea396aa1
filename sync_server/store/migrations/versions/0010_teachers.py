"""teachers who left or were merged, and every assignment as it can be undone"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_OF_STAFF = ("merged_into", "left_at", "offered")


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(), server_default="", nullable=False)


def upgrade() -> None:
    for name in _OF_STAFF:
        op.add_column("staff", _text(name))
    op.create_table(
        "assignment",
        sa.Column("id", sa.String(), primary_key=True),
        *map(_text, ("season", "unit", "at", "who", "how", "plan")),
        *map(_text, ("undone_at", "undone_by")),
    )
    op.create_index("assignment_by_unit", "assignment", ["season", "unit"])
    op.create_table(
        "assignment_move",
        sa.Column("assignment", sa.String(), primary_key=True),
        sa.Column("case_id", sa.String(), primary_key=True),
        *map(_text, ("season", "before", "after")),
    )


def downgrade() -> None:
    op.drop_table("assignment_move")
    op.drop_index("assignment_by_unit", table_name="assignment")
    op.drop_table("assignment")
    for name in reversed(_OF_STAFF):
        op.drop_column("staff", name)
