"""who looked at a school's morning sheet, once a day"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "morning_look",
        *(
            sa.Column(name, sa.String(), primary_key=True)
            for name in ("season", "unit", "day", "account")
        ),
        sa.Column("at_school", sa.Boolean(), nullable=False),
        sa.Column("first_at", sa.String(), server_default="", nullable=False),
    )


def downgrade() -> None:
    op.drop_table("morning_look")
