"""what a photo shows beside its slip's code, and which verdicts were given together"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(), server_default="", nullable=False)


def upgrade() -> None:
    op.add_column("slip", sa.Column("sharpness", sa.Integer(), server_default="-1", nullable=False))
    op.add_column("slip", _text("same"))
    op.create_index("slip_by_same", "slip", ["same"])
    op.add_column("review", _text("batch"))
    op.create_index("review_by_batch", "review", ["batch"])


def downgrade() -> None:
    op.drop_index("review_by_batch", table_name="review")
    op.drop_column("review", "batch")
    op.drop_index("slip_by_same", table_name="slip")
    op.drop_column("slip", "same")
    op.drop_column("slip", "sharpness")
