"""seasons with a state and a history

Until now the shipped example was the season of whoever had not changed a text. It is stored now for
each season that has data: the newest open, earlier ones closed.
"""

from __future__ import annotations

import json
from importlib.resources import files

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

EXAMPLE = files("sync_server") / "sample" / "season_of_0_1.json"
"""What seasons without a row were until now; frozen with this migration."""
WITH_DATA = ("unit", "case_file", "staff", "device", "fact", "summary", "snapshot", "enrol_code")


def upgrade() -> None:
    op.add_column(
        "season", sa.Column("state", sa.String(), server_default="preparing", nullable=False)
    )
    op.add_column("season", sa.Column("file", sa.Text(), server_default="", nullable=False))
    op.create_table(
        "season_change",
        sa.Column("season", sa.String(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("at", sa.String(), server_default="", nullable=False),
        sa.Column("who", sa.String(), server_default="", nullable=False),
        sa.Column("what", sa.String(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("season", "n"),
    )
    _store_seasons(op.get_bind())


def _store_seasons(connection: sa.Connection) -> None:
    stored = set(connection.execute(sa.text("SELECT id FROM season")).scalars())
    found = set(stored)
    for table in (*WITH_DATA, "policy_edition"):
        seasons = (
            sa.select(sa.column("season", sa.String())).select_from(sa.table(table)).distinct()
        )
        found |= set(connection.execute(seasons).scalars())
    example = json.loads(EXAMPLE.read_text(encoding="utf-8"))
    pages = json.dumps(example["policy"], ensure_ascii=False)
    for season in sorted(found - {""}):
        if season not in stored:
            body = json.dumps({**example, "id": season}, ensure_ascii=False)
            connection.execute(
                sa.text("INSERT INTO season (id, body) VALUES (:id, :body)"),
                {"id": season, "body": body},
            )
        connection.execute(
            sa.text(
                "INSERT INTO policy_edition (season, n, what, body)"
                " VALUES (:season, 0, 'ship', :body)"
            ),
            {"season": season, "body": pages},
        )
        connection.execute(
            sa.text("UPDATE season SET state = :state WHERE id = :id"),
            {"id": season, "state": _state(connection, season, newest=season == max(found))},
        )


def _state(connection: sa.Connection, season: str, *, newest: bool) -> str:
    purged = connection.execute(
        sa.text("SELECT 1 FROM audit WHERE action = 'purge.rows' AND ref = :season"),
        {"season": season},
    ).first()
    cases = connection.execute(
        sa.text("SELECT 1 FROM case_file WHERE season = :season"), {"season": season}
    ).first()
    if purged and not cases:
        return "purged"
    return "open" if newest else "closed"


def downgrade() -> None:
    op.execute("DELETE FROM policy_edition WHERE n = 0")
    op.drop_table("season_change")
    op.drop_column("season", "file")
    op.drop_column("season", "state")
