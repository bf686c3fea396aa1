"""slips"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "slip",
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("case_code", sa.String(), server_default="", nullable=False),
        sa.Column("read_at", sa.String(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("sha256"),
    )


def downgrade() -> None:
    op.drop_table("slip")
