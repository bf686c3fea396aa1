"""How many slips of each school a received sheet names and no batch brought since."""

from __future__ import annotations

from sqlalchemy import Connection, func, select, text

from sync_server.store import tables as t
from sync_server.store.on_list import ON_LIST
from sync_server.store.scope import Of, as_scope, where
from sync_server.store.slip_batches import RECEIVED


def by_school(connection: Connection, season: str, of: Of) -> dict[str, int]:
    """Count them by the school that the people are of; who is off the list is not counted."""
    line, b, f = t.slip_line.c, t.slip_batch.c, t.case_file.c
    came, into = t.slip_line.alias("came"), t.slip_batch.alias("into_batch")
    brought = (
        select(came.c.case_id)
        .select_from(came.join(into, into.c.id == came.c.batch))
        .where(came.c.case_id == line.case_id, came.c.ticked_at != "")
        .where(into.c.season == season, into.c.state == RECEIVED)
        .exists()
    )
    joined = t.slip_batch.join(t.slip_line, b.id == line.batch)
    joined = joined.join(t.case_file, f.id == line.case_id)
    query = (
        select(f.unit, func.count(func.distinct(line.case_id)))
        .select_from(joined)
        .where(b.season == season, b.state == RECEIVED, where(b.unit, of))
        # said as the index says it
        .where(text("slip_line.ticked_at = ''"), line.on_sheet, ~brought, ON_LIST)
        .group_by(f.unit)
    )
    scope = as_scope(of)  # asked of each line, a list of schools would be gone through each time
    return {unit: int(n) for unit, n in connection.execute(query) if scope.sees(unit)}
