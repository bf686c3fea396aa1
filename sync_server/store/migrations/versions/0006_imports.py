"""imports with a history, people off the list, shapes of files, initials, how people were placed"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_PRINTED = """
UPDATE case_file SET notice_printed_at = coalesce(
    (SELECT max(at) FROM audit WHERE action = 'notices.print' AND audit.unit = case_file.unit), '')
WHERE unit <> ''
"""
"""Until now only the audit trail knew of printed notices, and only by school."""


def upgrade() -> None:
    for name, kind in (
        ("initials", sa.String()),
        ("written", sa.Text()),
        ("off_list", sa.String()),
        ("off_list_at", sa.String()),
        ("notice_printed_at", sa.String()),
        ("placing", sa.String()),
    ):
        op.add_column("case_file", sa.Column(name, kind, server_default="", nullable=False))
    op.execute(_PRINTED)
    op.create_index("case_by_initials", "case_file", ["season", "initials"], unique=False)
    op.add_column(
        "snapshot", sa.Column("kind", sa.String(), server_default="cumulative", nullable=False)
    )
    op.add_column("repayment", sa.Column("payments", sa.Text(), server_default="", nullable=False))
    for name, kind, default in (
        ("choice", sa.Text(), "{}"),
        ("difference", sa.Text(), "{}"),
        ("undo", sa.Text(), ""),
        ("undone_at", sa.String(), ""),
        ("undone_by", sa.String(), ""),
    ):
        op.add_column("import_run", sa.Column(name, kind, server_default=default, nullable=False))
    op.create_index("import_run_by_season", "import_run", ["season", "at"], unique=False)
    op.create_table(
        "import_shape",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("signature", sa.String(), nullable=False),
        sa.Column("choice", sa.Text(), nullable=False),
        sa.Column("used_at", sa.String(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("kind", "signature"),
    )


def downgrade() -> None:
    op.drop_table("import_shape")
    op.drop_index("import_run_by_season", table_name="import_run")
    for name in ("undone_by", "undone_at", "undo", "difference", "choice"):
        op.drop_column("import_run", name)
    op.drop_column("repayment", "payments")
    op.drop_column("snapshot", "kind")
    op.drop_index("case_by_initials", table_name="case_file")
    for name in (
        "placing",
        "notice_printed_at",
        "off_list_at",
        "off_list",
        "written",
        "initials",
    ):
        op.drop_column("case_file", name)
