"""where a case stands is kept, with sums by school; triggers note what is to be judged again"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sync_server.store import standing_triggers

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

COUNTED = (
    *("due_fen", "assigned", "delivered", "delivered_unpaid", "late", "paid", "repaid_fen"),
    *("visited", "visits", "promised", "special", "unreachable", "untouched", "explained"),
    *("returned", "waiting", "claimed"),
)
BY_CODE = (
    *("record_signed", "record_acknowledged", "record_refused", "record_undelivered"),
    *("record_none", "paper_none", "paper_at_school", "paper_handed_in"),
    *("photo_none", "photo_message", "photo_on_phone", "photo_slip"),
)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(), server_default="", nullable=False)


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), server_default="0", nullable=False)


def upgrade() -> None:
    op.create_table(
        "case_standing",
        sa.Column("case_id", sa.String(), primary_key=True),
        *map(_text, ("season", "unit", "off_list", "assignee", "code", "basis")),
        *map(_text, ("stage", "group", "delivery_record", "paper", "photo")),
        *map(_count, (*COUNTED, "own_waiting", "slips_late")),
        *map(_text, ("village", "place", "near")),
        sa.Column("body", sa.Text(), nullable=False),
    )
    op.create_index(
        "standing_by_unit", "case_standing", ["season", "unit", "off_list", "code", "case_id"]
    )
    op.create_index("standing_by_village", "case_standing", ["season", "unit", "village"])
    op.create_table(
        "school_sum",
        sa.Column("season", sa.String(), primary_key=True),
        sa.Column("unit", sa.String(), primary_key=True),
        _text("basis"),
        *map(_count, ("people", *COUNTED, "slips_late", *BY_CODE)),
    )
    op.create_table("standing_due", sa.Column("case_id", sa.String(), primary_key=True))
    op.create_index("slip_by_code", "slip", ["case_code"])
    op.execute("INSERT INTO standing_due (case_id) SELECT id FROM case_file")
    for statement in standing_triggers.created(op.get_bind().dialect.name):
        op.execute(sa.text(statement.replace(":", r"\:")))


def downgrade() -> None:
    for statement in standing_triggers.dropped(op.get_bind().dialect.name):
        op.execute(statement)
    op.drop_index("slip_by_code", table_name="slip")
    for table in ("standing_due", "school_sum", "case_standing"):
        op.drop_table(table)
