"""who resolved a quarantined record and how, the scan of a summary, a phone's earlier key"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_ADDED = (
    ("quarantine", "resolution", sa.String()),
    ("quarantine", "resolved_by", sa.String()),
    ("quarantine", "resolved_reason", sa.Text()),
    ("summary", "scan", sa.String()),
    ("summary", "confirmed_stamps", sa.Text()),
    ("device", "replaces", sa.String()),
)


def upgrade() -> None:
    for table, name, kind in _ADDED:
        op.add_column(table, sa.Column(name, kind, server_default="", nullable=False))


def downgrade() -> None:
    for table, name, _ in reversed(_ADDED):
        op.drop_column(table, name)
