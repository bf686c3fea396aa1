"""Which school of a season a school of any season is there: itself, or the one that has its people.

A school may have been merged in another season than the one that is asked about, and a merged one
is not carried over: its row may be in one season alone.
"""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from sync_server.store import tables as t


def of_season(connection: Connection, season: str) -> dict[str, str]:
    """Return the school at work in a season by every code that leads to it."""
    c = t.unit.c
    rows = connection.execute(
        select(c.season, c.code, c.merged_into, c.retired_at).order_by(c.season)
    ).all()
    here = {r.code for r in rows if r.season == season and not (r.retired_at or r.merged_into)}
    merged = {r.code: r.merged_into for r in rows if r.merged_into}
    found = {code: code for code in here}
    for code in merged.keys() - here:
        now, passed = code, set[str]()
        while now not in here and now in merged and now not in passed:
            passed.add(now)
            now = merged[now]
        if now in here:
            found[code] = now
    return found


def retired(connection: Connection, season: str, before: str) -> set[str]:
    """Return the schools that were retired, in a season or in the one before it."""
    c = t.unit.c
    query = select(c.code).where(
        c.season.in_((season, before)), c.retired_at != "", c.merged_into == ""
    )
    return set(connection.execute(query).scalars())


def newest(connection: Connection) -> dict[str, str]:
    """Return the newest season that has each school, by code."""
    c = t.unit.c
    query = select(c.code, func.max(c.season).label("season")).group_by(c.code)
    return {row.code: row.season for row in connection.execute(query)}


def gone(connection: Connection) -> set[str]:
    """Return the schools that were merged or retired in the newest season that has them."""
    c, last = t.unit.c, newest(connection)
    query = select(c.code, c.season).where((c.retired_at != "") | (c.merged_into != ""))
    return {row.code for row in connection.execute(query) if last[row.code] == row.season}
