"""The forms that an office typed in, each with the record it made: sent twice, it makes no second.

A form is known in its school alone.
"""

from __future__ import annotations

from sqlalchemy import Connection, select

from sync_server.store import tables as t


def fact_of(connection: Connection, unit: str, request: str) -> str:
    """Return the id of the record that a form made; "" where it made none."""
    c = t.keyed_form.c
    query = select(c.fact_id).where(c.unit == unit, c.request == request)
    return connection.execute(query).scalar() or ""


def put(connection: Connection, season: str, unit: str, request: str, fact_id: str) -> None:
    """Note the record that a form made."""
    row = {"season": season, "unit": unit, "request": request, "fact_id": fact_id}
    connection.execute(t.keyed_form.insert(), row)
