"""contacts accepted in a season that are kept for the next one, and whom they are suggested for"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_TABLES = {"kept_contact": "mark", "suggested_contact": "case_id"}


def upgrade() -> None:
    for table, key in _TABLES.items():
        op.create_table(
            table,
            sa.Column("season", sa.String(), primary_key=True),
            sa.Column(key, sa.String(), primary_key=True),
            sa.Column("body", sa.Text(), nullable=False),
        )


def downgrade() -> None:
    for table in reversed(_TABLES):
        op.drop_table(table)
