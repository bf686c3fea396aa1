"""what was packed for a recipient of the county's report, by the report's sealed file"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(), server_default="", nullable=False)


def _number(name: str, kind: type[sa.Integer] = sa.Integer) -> sa.Column[int]:
    return sa.Column(name, kind(), server_default="0", nullable=False)


def upgrade() -> None:
    op.create_table(
        "bundle",
        sa.Column("sealed_sha256", sa.String(), primary_key=True),
        _text("season"),
        _text("document"),
        _number("version"),
        _text("name"),
        _text("sha256"),
        _number("size_bytes", sa.BigInteger),
        _number("files"),
        _text("made_at"),
        _text("who"),
    )


def downgrade() -> None:
    op.drop_table("bundle")
