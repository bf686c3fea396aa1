"""the schools of an officer's account: those that 附件2 gives to a person of the account's name

An officer saw the whole county until now. One whom 附件2 gives no school has none hereafter, and
the first page of the county's admins says so (docs/decisions/0032).
"""

from __future__ import annotations

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_account = sa.table("account", *map(sa.column, ("name", "role", "shown")))
_unit = sa.table("unit", *map(sa.column, ("season", "code", "officer")))
_school = sa.table("account_school", *map(sa.column, ("account", "unit")))


def _key(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).split())


def upgrade() -> None:
    op.create_table(
        "account_school",
        sa.Column("account", sa.String(), primary_key=True),
        sa.Column("unit", sa.String(), primary_key=True),
    )
    op.create_index("account_school_by_unit", "account_school", ["unit"])
    _fill(op.get_bind())


def _fill(connection: sa.Connection) -> None:
    """Give each officer the schools whose newest season names the person."""
    of = {
        row.code: _key(row.officer)
        for row in connection.execute(sa.select(_unit).order_by(_unit.c.season))
    }
    officers = connection.execute(sa.select(_account).where(_account.c.role == "officer")).all()
    found = [
        {"account": row.name, "unit": code}
        for row in officers
        for code, officer in of.items()
        if officer and officer == _key(row.shown or row.name)
    ]
    if found:
        connection.execute(sa.insert(_school), found)


def downgrade() -> None:
    op.drop_index("account_school_by_unit", table_name="account_school")
    op.drop_table("account_school")
