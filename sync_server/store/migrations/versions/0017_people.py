"""accounts that are switched off, and the one-time links that activate accounts"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_ADDED = ("disabled_at", "session_mark")


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(), server_default="", nullable=False)


def upgrade() -> None:
    for name in _ADDED:
        op.add_column("account", _text(name))
    op.create_table(
        "account_link",
        sa.Column("token_hash", sa.String(), primary_key=True),
        *map(_text, ("account", "made_at", "made_by", "expires_at", "used_at", "ended_at")),
    )
    op.create_index("account_link_by_account", "account_link", ["account"])


def downgrade() -> None:
    op.drop_table("account_link")
    for name in reversed(_ADDED):
        op.drop_column("account", name)
