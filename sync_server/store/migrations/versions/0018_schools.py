"""names a school had or is written by, and schools that were merged or retired"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_OF_UNIT = ("retired_at", "merged_into")


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(), server_default="", nullable=False)


def upgrade() -> None:
    for name in _OF_UNIT:
        op.add_column("unit", _text(name))
    op.create_table(
        "school_name",
        sa.Column("code", sa.String(), primary_key=True),
        sa.Column("n", sa.Integer(), primary_key=True, autoincrement=False),
        *map(_text, ("name", "kind", "since", "until", "who", "run")),
    )


def downgrade() -> None:
    op.drop_table("school_name")
    for name in reversed(_OF_UNIT):
        op.drop_column("unit", name)
