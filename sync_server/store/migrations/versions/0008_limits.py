"""heavy work as jobs, failed attempts, and what each phone sent on a day"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(), server_default="", nullable=False)


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), server_default="0", nullable=False)


def upgrade() -> None:
    op.create_table(
        "job",
        sa.Column("id", sa.String(), primary_key=True),
        *map(_text, ("kind", "season", "unit", "ref", "who", "state", "claim")),
        *map(_text, ("queued_at", "started_at", "ended_at")),
        _count("done"),
        _count("total"),
        sa.Column("problem", sa.Text(), server_default="", nullable=False),
    )
    op.create_index("job_by_state", "job", ["state", "queued_at"])
    op.create_table(
        "attempt",
        sa.Column("kind", sa.String(), primary_key=True),
        sa.Column("key", sa.String(), primary_key=True),
        _count("failures"),
        _text("last_at"),
        _text("blocked_until"),
    )
    op.create_table(
        "device_day",
        sa.Column("device", sa.String(), primary_key=True),
        sa.Column("day", sa.String(), primary_key=True),
        _count("photo_bytes"),
        _count("photos"),
        _count("quarantined"),
        _count("quarantined_bytes"),
    )
    op.create_index("photo_by_device", "photo", ["device"])


def downgrade() -> None:
    op.drop_index("photo_by_device", table_name="photo")
    for table in ("device_day", "attempt", "job"):
        op.drop_table(table)
