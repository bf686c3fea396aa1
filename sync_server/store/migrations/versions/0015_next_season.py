"""where a device was in a season it has gone on from, and a teacher's row of the season before"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(), server_default="", nullable=False)


_PLACES = """
INSERT INTO device_season (device, season, unit, staff, state, confirmed_at)
SELECT d.id, f.season, min(f.unit),
    coalesce(min(s.id), ''), 'confirmed', min(d.enrolled_at)
FROM device d
JOIN fact f ON f.device = d.id AND f.season <> d.season
JOIN season y ON y.id = f.season AND y.state <> 'purged'
LEFT JOIN staff p ON p.id = d.staff
LEFT JOIN staff s ON s.season = f.season AND s.unit = f.unit AND s.name = p.name
WHERE d.kind = ''
GROUP BY d.id, f.season
"""
"""A phone that was enrolled anew for the next season: its records say where it was before."""


def upgrade() -> None:
    op.add_column("staff", _text("before"))
    op.create_table(
        "device_season",
        sa.Column("device", sa.String(), primary_key=True),
        sa.Column("season", sa.String(), primary_key=True),
        *map(_text, ("unit", "staff", "state", "confirmed_at")),
    )
    op.create_index("device_season_by_season", "device_season", ["season", "unit"])
    op.execute(_PLACES)


def downgrade() -> None:
    op.drop_index("device_season_by_season", "device_season")
    op.drop_table("device_season")
    op.drop_column("staff", "before")
