"""every print of a notice: which batch, for whom, by whom, the first one or another"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# What was printed before is known by its last time alone: a batch of each school and time, and
# nothing of what stood on the sheets.
EARLIER_BATCHES = """
INSERT INTO notice_batch (id, season, unit, number, at, printed_at, fetched_at, people)
SELECT min(id), season, unit,
  row_number() OVER (PARTITION BY season, unit ORDER BY notice_printed_at),
  notice_printed_at, notice_printed_at, notice_printed_at, count(*)
FROM case_file WHERE notice_printed_at <> '' GROUP BY season, unit, notice_printed_at
"""
EARLIER_PRINTS = """
INSERT INTO notice_print (batch, case_id, season, n, position)
SELECT b.id, c.id, c.season, 1, row_number() OVER (PARTITION BY b.id ORDER BY c.code, c.id)
FROM case_file AS c JOIN notice_batch AS b
  ON b.season = c.season AND b.unit = c.unit AND b.printed_at = c.notice_printed_at
WHERE c.notice_printed_at <> ''
"""


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(), server_default="", nullable=False)


def upgrade() -> None:
    op.create_table(
        "notice_batch",
        sa.Column("id", sa.String(), primary_key=True),
        _text("season"),
        _text("unit"),
        sa.Column("number", sa.Integer(), nullable=False),
        *map(_text, ("at", "who", "printed_at", "fetched_at")),
        sa.Column("people", sa.Integer(), server_default="0", nullable=False),
        sa.Column("choice", sa.Text(), server_default="", nullable=False),
        sa.UniqueConstraint("season", "unit", "number"),
    )
    op.create_table(
        "notice_print",
        sa.Column("batch", sa.String(), primary_key=True),
        sa.Column("case_id", sa.String(), primary_key=True),
        _text("season"),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("content", sa.Text(), server_default="", nullable=False),
        sa.UniqueConstraint("case_id", "n"),
    )
    op.execute(EARLIER_BATCHES)
    op.execute(EARLIER_PRINTS)


def downgrade() -> None:
    op.drop_table("notice_print")
    op.drop_table("notice_batch")
