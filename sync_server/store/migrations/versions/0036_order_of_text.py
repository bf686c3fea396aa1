"""text in the order of its code points on PostgreSQL: what every run of steps ends with

store/collation.py; nothing else changes.
"""

from __future__ import annotations

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
