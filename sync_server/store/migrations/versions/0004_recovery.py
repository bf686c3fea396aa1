"""recovery codes"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "recovery_code",
        sa.Column("code_hash", sa.String(), nullable=False),
        sa.Column("season", sa.String(), server_default="", nullable=False),
        sa.Column("device", sa.String(), server_default="", nullable=False),
        sa.Column("expires_at", sa.String(), server_default="", nullable=False),
        sa.Column("used_at", sa.String(), server_default="", nullable=False),
        sa.Column("point", sa.String(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("code_hash"),
    )
    op.create_index("recovery_code_by_device", "recovery_code", ["device"])


def downgrade() -> None:
    op.drop_table("recovery_code")
