"""an upload's parts in a shared store, and who is sending it right now"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "upload", sa.Column("held_bytes", sa.BigInteger(), nullable=False, server_default="0")
    )
    for name in ("parts", "claim", "claim_until"):
        op.add_column("upload", sa.Column(name, sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    for name in ("claim_until", "claim", "parts", "held_bytes"):
        op.drop_column("upload", name)
