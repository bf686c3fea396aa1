"""a spot check keeps the questions that its sheet asks"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column = sa.Column("questions", sa.Text(), server_default="", nullable=False)
    op.add_column("spot_check", column)


def downgrade() -> None:
    op.drop_column("spot_check", "questions")
