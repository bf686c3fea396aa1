"""One read of the slips of many schools: sums and batches, and no person (see slip_counts.py)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from sync_server.console.parts.overview import part_at, slip_counts
from sync_server.office.slip_evidence import SlipCounts
from sync_server.services import Services
from sync_server.store import behind, school_totals, seasons, slip_batches, slip_missing, units
from sync_server.store.database import Connection
from sync_server.store.progress import SchoolSum
from sync_server.store.scope import Scope, of_schools
from sync_server.store.slip_batches import BROUGHT, RECEIVED, Batch
from sync_server.store.units import UnitRow

MOST_WAITING = 50
"""Batches that wait to be counted, named one by one."""


class SchoolSlips(NamedTuple):
    """A school's slips: its people by what there is of them, who is missing, the last batch."""

    counts: SlipCounts
    missing: int
    last: Batch | None


class Waiting(NamedTuple):
    """A batch that waits to be counted, with its school and how many slips it has."""

    code: str
    name: str
    batch: Batch
    slips: int


class CountySlips(msgspec.Struct, frozen=True, kw_only=True):
    """The slips of the schools that somebody sees.

    Attributes:
        schools: The part that is shown, of those with people, with each one's slips.
        count: How many schools with people there are.
        matching: How many of them the search means.
        total: Everybody by what there is of them.
        missing: How many slips did not come with their sheet.
        waiting: Some batches that wait to be counted.
        more_waiting: How many more wait.
    """

    schools: list[tuple[UnitRow, SchoolSlips]]
    count: int
    matching: int
    total: SlipCounts
    missing: int
    waiting: list[Waiting]
    more_waiting: int


async def load_county(
    services: Services, scope: Scope, *, sought: str, at: int, most: int
) -> CountySlips:
    """Read them: one part of the schools, and the sums of all."""
    season_id = services.season

    def job(connection: Connection) -> CountySlips:
        season = seasons.get(connection, season_id)
        behind.check_judged(connection, season, scope)
        names = units.names_at_work(connection, season_id, scope)
        shares = school_totals.shares(connection, season, scope)
        every = [code for code in names if code in shares]
        meant = every
        if sought:
            rows = units.some_within(connection, season_id, scope, sought=sought)
            meant = [row.code for row in rows if row.code in shares]
        first = (part_at(at, len(meant), most) - 1) * most if most > 0 else 0
        shown = meant[first : first + most] if most > 0 else meant
        missing = slip_missing.by_school(connection, season_id, scope)
        brought = slip_batches.listed(connection, season_id, scope, BROUGHT)
        waiting = [batch for batch in brought if batch.unit in names and batch.unit in shares]
        return CountySlips(
            schools=_schools(connection, season_id, shown, missing),
            count=len(every),
            matching=len(meant),
            total=slip_counts(school_totals.total(connection, season, scope)),
            missing=sum(n for code, n in missing.items() if code in names),
            waiting=_waiting(connection, waiting[:MOST_WAITING], names),
            more_waiting=max(0, len(waiting) - MOST_WAITING),
        )

    return await services.read(job)


def _schools(
    connection: Connection, season_id: str, shown: Sequence[str], missing: dict[str, int]
) -> list[tuple[UnitRow, SchoolSlips]]:
    here = of_schools(shown)
    sums = school_totals.by_school(connection, seasons.get(connection, season_id), here)
    last = _last(slip_batches.listed(connection, season_id, here, RECEIVED))
    found = []
    for row in units.every_unit(connection, season_id, here):
        counts = slip_counts(sums.get(row.code) or SchoolSum())
        one = SchoolSlips(counts, missing.get(row.code, 0), last.get(row.code))
        found.append((row, one))
    return found


def _waiting(
    connection: Connection, batches: Sequence[Batch], names: dict[str, str]
) -> list[Waiting]:
    lines = slip_batches.lines(connection, [batch.id for batch in batches])
    return [
        Waiting(one.unit, names[one.unit], one, sum(line.batch == one.id for line in lines))
        for one in batches
    ]


def _last(received: Iterable[Batch]) -> dict[str, Batch]:
    """Return the batch of each school that the centre received last."""
    ordered = sorted(received, key=lambda batch: (batch.received_at, batch.number))
    return {batch.unit: batch for batch in ordered}
