"""a phone that fetched its list is told from one that only sent"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("device", sa.Column("fetched_at", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("device", "fetched_at")
