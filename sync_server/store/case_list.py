"""The list of cases: who is found and fits a filter, counted and paged in the database.

Filters are conditions on the kept standings. A case whose kept standing is not up to date is judged
from its facts, so the result is the same before and after refreshing (store/standing_reading.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    String,
    and_,
    cast,
    func,
    literal_column,
    select,
    true,
)

from shared.season import Season
from sync_server.store import case_filters, case_search, search_bits, standing_rows
from sync_server.store import tables as t
from sync_server.store.case_search import Asked, Entry, Hits, merged
from sync_server.store.on_list import ON_LIST
from sync_server.store.parts import parts
from sync_server.store.standing_basis import basis_of
from sync_server.store.standing_reading import holds
from sync_server.store.standing_rows import StandingRow

_c, _f, _d = t.case_standing.c, t.case_file.c, t.standing_due.c
FEW = 2000
"""It pays to ask for the standing of each of so many; of more, for everybody's at once."""
_JUDGED_AT_ONCE = 500


class Fitting(msgspec.Struct, frozen=True):
    """Who fits a filter.

    Attributes:
        kept: The condition on `case_standing` for those whose kept standing holds.
        known: How many these are.
        direct: The others, in order.
    """

    kept: ColumnElement[bool]
    known: int
    direct: list[Entry]

    @property
    def count(self) -> int:
        """How many."""
        return self.known + len(self.direct)

    def part(self, connection: Connection, start: int, stop: int) -> list[str]:
        """Return the ids from one place of the list up to another, in order."""
        return merged(self.direct, start, stop, lambda first: self._part(connection, first, stop))

    def _part(self, connection: Connection, start: int, stop: int) -> list[Entry]:
        stop = min(stop, self.known)
        if start >= stop:
            return []
        from_end = start > self.known - stop
        order = (_c.code.desc(), _c.case_id.desc()) if from_end else (_c.code, _c.case_id)
        query = select(_c.code, _c.case_id).where(self.kept).order_by(*order)
        query = query.offset(self.known - stop if from_end else start).limit(stop - start)
        found = [(code, case_id) for code, case_id in connection.execute(query)]
        return found[::-1] if from_end else found


def listed(
    connection: Connection, season: Season, asked: Asked, show: str = "", *, few: int = FEW
) -> Hits | Fitting:
    """Return who is found and fits a filter.

    Args:
        connection: The store.
        season: The season.
        asked: Who is looked for.
        show: The filter (store/case_filters.py); any other one lets everybody through.
        few: Of up to so many who are found, each one's standing is asked for.
    """
    if not case_filters.asks_standing(show):
        return case_search.find(connection, season.id, asked)
    if not asked.words:
        return _fitting(connection, season, asked, show)
    hits = case_search.find(connection, season.id, asked)
    if hits.count <= few:
        return Hits(season.id, 0, _those(connection, season, hits.every(connection), show))
    everybody = _fitting(connection, season, asked, show)
    bits = search_bits.of(_numbers(connection, season, everybody.kept))
    judged = [case_id for _, case_id in everybody.direct]
    bits |= search_bits.of(case_search.numbered(connection, season.id, judged).values())
    direct = _those(connection, season, hits.direct, show)
    return Hits(season.id, hits.bits & bits, direct)


def _numbers(connection: Connection, season: Season, kept: ColumnElement[bool]) -> list[int]:
    """Return the numbers in the search index of those whose kept standing a condition names.

    As one text, and along the index of the order of all, which both walk in the same order: a row
    each, found by its id, takes three times as long.
    """
    s = t.search_case.c
    in_order = (s.season == season.id) & (s.code == _c.code) & (s.case_id + "" == _c.case_id)
    joined = t.case_standing.join(t.search_case, in_order)
    numbers = func.aggregate_strings(cast(s.n, String), ",")
    found = connection.execute(select(numbers).select_from(joined).where(kept)).scalar()
    return [int(number) for number in found.split(",")] if found else []


def _fitting(connection: Connection, season: Season, asked: Asked, show: str) -> Fitting:
    """Return who of those on the list fits a filter, whatever words are looked for."""
    kept = and_(
        _c.season == season.id,
        _c.basis == basis_of(season),
        _c.off_list == literal_column("''"),  # as the filter's index has it
        case_filters.condition(show),
        asked.scope.rows(_c.unit),
    )
    if asked.unit is not None:
        kept &= _c.unit == asked.unit
    if asked.assignee is not None:
        kept &= _c.assignee == asked.assignee
    kept &= not_due(connection)
    known = int(connection.execute(select(func.count()).where(kept)).scalar_one())
    rows = not_kept(connection, season, asked)
    direct = [(row.code, row.case_id) for row in rows if case_filters.fits(row, show)]
    return Fitting(kept, known, sorted(direct))


def not_due(connection: Connection) -> ColumnElement[bool]:
    """Return the condition that a kept standing is not to be judged again."""
    some = connection.execute(select(_d.case_id).limit(1)).first()
    return true() if some is None else _c.case_id.not_in(select(_d.case_id))


def not_kept(connection: Connection, season: Season, asked: Asked) -> Iterator[StandingRow]:
    """Judge those on the list whose kept standing does not hold, whatever words are looked for."""
    of_file = and_(ON_LIST, asked.scope.rows(_f.unit))
    if asked.unit is not None:
        of_file &= _f.unit == asked.unit
    if asked.assignee is not None:
        of_file &= _f.assignee == asked.assignee
    if _is_refreshed(connection, season):  # by their ids: SQLite would read a season by its index
        due = list(connection.execute(select(_d.case_id)).scalars())
        which = [of_file & _f.id.in_(part) for part in parts(due)]
    else:
        held = select(_c.case_id).where(holds(season))
        which = [of_file & (_f.season == season.id) & _f.id.not_in(held)]
    for some in which:
        yield from _judged_rows(connection, season, some)


def _those(
    connection: Connection, season: Season, entries: Sequence[Entry], show: str
) -> list[Entry]:
    """Return those of some cases who fit a filter, in order."""
    code_of = {case_id: code for code, case_id in entries}
    found = list[Entry]()
    # a basis is of one season: no index of a season is taken in place of the ids
    held = and_(_c.basis == basis_of(season), _c.case_id.not_in(select(_d.case_id)))
    for part in parts(list(code_of)):
        here = held & _c.case_id.in_(part)
        known = set(connection.execute(select(_c.case_id).where(here)).scalars())
        fits = and_(here, case_filters.condition(show))
        fitting = connection.execute(select(_c.case_id).where(fits)).scalars()
        found += [(code_of[case_id], case_id) for case_id in fitting]
        rest = [case_id for case_id in part if case_id not in known]
        if rest:
            found += _judged(connection, season, _f.id.in_(rest), show)
    return sorted(found)


def _judged(
    connection: Connection, season: Season, which: ColumnElement[bool], show: str
) -> list[Entry]:
    """Return who fits a filter by the facts, of the cases that a condition names, in order."""
    judged = _judged_rows(connection, season, which)
    return sorted((row.code, row.case_id) for row in judged if case_filters.fits(row, show))


def _judged_rows(
    connection: Connection, season: Season, which: ColumnElement[bool]
) -> Iterator[StandingRow]:
    rows = connection.execute(select(t.case_file).where(which)).mappings()
    while part := rows.fetchmany(_JUDGED_AT_ONCE):
        mine = [row for row in part if row["season"] == season.id]
        yield from standing_rows.judged(connection, season, mine)


def _is_refreshed(connection: Connection, season: Season) -> bool:
    """Return whether all kept standings of a season hold but those of cases that are due."""
    marker = select(_d.case_id).where(_d.case_id == f"season:{season.id}")
    if connection.execute(marker).first() is not None:
        return False
    s = t.school_sum.c
    other = select(s.unit).where(s.season == season.id, s.basis != basis_of(season)).limit(1)
    return connection.execute(other).first() is None
