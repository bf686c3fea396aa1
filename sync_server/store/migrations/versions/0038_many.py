"""what several processes of one server share: who is at work, what pages keep, keys made"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "hold",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("until", sa.String, nullable=False),
    )
    op.create_table(
        "kept",
        sa.Column("kind", sa.String, primary_key=True),
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("of", sa.String, nullable=False, server_default=""),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("until", sa.String, nullable=False),
    )
    op.create_index("kept_of", "kept", ["kind", "of"])
    op.create_table(
        "made_key",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("made_key")
    op.drop_index("kept_of", "kept")
    op.drop_table("kept")
    op.drop_table("hold")
