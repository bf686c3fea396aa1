"""what was set apart is found by its bytes, however much was set apart"""

from __future__ import annotations

from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("quarantine_by_hash", "quarantine", ["sha256"])


def downgrade() -> None:
    op.drop_index("quarantine_by_hash", "quarantine")
