"""What a season's imports made, as one text: equal texts mean equal people, contracts, repayments, placing and assignment."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Table, select

from sync_server.services import Services
from sync_server.store import tables as t
from sync_server.store.database import Connection

_ONLY_FORWARD = {"case_file": ("version",)}
"""Columns that an undo does not bring back: versions only grow."""


def dump(services: Services) -> str:
    """Every row of the season that an import may touch, in one order."""
    return services.database.read(lambda c: _dump(c, services.season))


def _dump(connection: Connection, season: str) -> str:
    tables = (t.case_file, t.contract, t.unit, t.snapshot, t.repayment)
    rows = {table.name: _rows(connection, table, season) for table in tables}
    return json.dumps(rows, ensure_ascii=False, sort_keys=True, indent=1)


def _rows(connection: Connection, table: Table, season: str) -> list[dict[str, Any]]:
    left_out = _ONLY_FORWARD.get(table.name, ())
    found = connection.execute(
        select(table).where(table.c.season == season).order_by(*table.primary_key)
    )
    return [{k: v for k, v in row._mapping.items() if k not in left_out} for row in found]
