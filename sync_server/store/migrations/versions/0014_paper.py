"""the office device of a school, who visited by a record from paper, and the forms typed in"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_ADDED = (("device", "kind"), ("device", "epoch"), ("fact", "visited_by"))


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(), server_default="", nullable=False)


def upgrade() -> None:
    for table, name in _ADDED:
        op.add_column(table, _text(name))
    op.create_table(
        "keyed_form",
        sa.Column("unit", sa.String(), primary_key=True),
        sa.Column("request", sa.String(), primary_key=True),
        *map(_text, ("season", "fact_id")),
    )


def downgrade() -> None:
    op.drop_table("keyed_form")
    for table, name in reversed(_ADDED):
        op.drop_column(table, name)
