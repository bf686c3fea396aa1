"""when somebody said to have paid is kept with a standing; an index of the last sign-ins"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

CLAIMED = b"claimed_paid"
DUE = (
    "INSERT INTO standing_due (case_id) SELECT DISTINCT case_id FROM fact "
    "WHERE kind IN ('visit', 'statement', 'correction') "
    "AND case_id IN (SELECT id FROM case_file) "
    "AND case_id NOT IN (SELECT case_id FROM standing_due)"
)
CLAIMS = ["season", "basis", "unit", "off_list", "paid", "repaid_fen", "claimed_on", "case_id"]
PARTIAL = (
    ("standing_of_claims", "case_standing", CLAIMS, "claimed_on <> ''"),
    ("audit_of_sign_ins", "audit", ["who", "at"], "action = 'sign_in'"),
)
"""Indexes of the few rows that are so."""


def upgrade() -> None:
    column = sa.Column("claimed_on", sa.String(), server_default="", nullable=False)
    op.add_column("case_standing", column)
    for name, table, columns, which in PARTIAL:
        where = sa.text(which)
        op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)
    # whose standing says so is judged anew: whoever has a record that names it
    sqlite = op.get_bind().dialect.name == "sqlite"
    names_it = "instr(data, :word) > 0" if sqlite else "position(:word in data) > 0"
    due = sa.text(f"{DUE} AND {names_it}")
    op.get_bind().execute(due.bindparams(sa.bindparam("word", CLAIMED, sa.LargeBinary)))


def downgrade() -> None:
    for name, table, *_ in reversed(PARTIAL):
        op.drop_index(name, table_name=table)
    op.drop_column("case_standing", "claimed_on")
