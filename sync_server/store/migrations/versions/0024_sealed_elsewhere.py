"""what a summary's seal stands on where it is no scan, and who declared it"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_ADDED = (("stands_on", sa.String()), ("declared", sa.Text()))


def upgrade() -> None:
    for name, kind in _ADDED:
        op.add_column("summary", sa.Column(name, kind, server_default="", nullable=False))


def downgrade() -> None:
    for name, _ in reversed(_ADDED):
        op.drop_column("summary", name)
