"""What an earlier cut-off leaves out of a summary: records, verdicts and repayment files.

A cut-off compares the time the server wrote down when a thing came. That clock may have been ahead
and corrected since; a thing then has a later time than what came after it, or than the clock shows
now. Order is the feed's sequence, so such a time can be recognised.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, select

from sync_server.store import tables as t
from sync_server.store.parts import parts
from sync_server.store.stored_fact import StoredFact


class LateVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """A verdict that the cut-off leaves out, on a record that it takes."""

    fact: str
    verdict: str
    at: str


class LateFile(msgspec.Struct, frozen=True, kw_only=True):
    """A repayment file that the cut-off leaves out, by the day it is as of."""

    as_of: str
    file_name: str
    imported_at: str


def written_ahead(connection: Connection, late: Sequence[StoredFact], now: str) -> set[str]:
    """Return ids of the records that came while the server's clock was ahead.

    Args:
        connection: A read transaction.
        late: The records.
        now: What the server's clock shows now (UTC text).
    """
    f = t.fact.c
    ids = {each.fact.id for each in late}
    found = {each.fact.id for each in late if each.received_at > now}
    if ids == found:
        return found
    devices = sorted({each.device for each in late})
    units = select(f.unit).where(f.device.in_(devices)).distinct()
    query = select(f.id, f.unit, f.received_at).where(f.unit.in_(units))
    earliest_later: dict[str, str] = {}
    for row in connection.execute(query.order_by(f.seq.desc())):
        later = earliest_later.get(row.unit)
        if row.id in ids and later is not None and row.received_at > later:
            found.add(row.id)
        earliest_later[row.unit] = min(later, row.received_at) if later else row.received_at
    return found


def late_verdicts(
    connection: Connection, fact_ids: Sequence[str], moment: str
) -> list[LateVerdict]:
    """Return the verdicts on these records given after a moment (UTC text), in order."""
    found: list[LateVerdict] = []
    r = t.review.c
    for part in parts(fact_ids):
        query = select(t.review).where(r.fact_id.in_(part), r.at > moment).order_by(r.at, r.id)
        found += [
            LateVerdict(fact=row.fact_id, verdict=row.verdict, at=row.at)
            for row in connection.execute(query)
        ]
    return found


def late_files(connection: Connection, season: str, moment: str) -> list[LateFile]:
    """Return the repayment files imported after a moment (UTC text), by their day."""
    s = t.snapshot.c
    query = select(t.snapshot).where(s.season == season, s.imported_at > moment).order_by(s.as_of)
    return [
        LateFile(as_of=row.as_of, file_name=row.file_name, imported_at=row.imported_at)
        for row in connection.execute(query)
    ]
