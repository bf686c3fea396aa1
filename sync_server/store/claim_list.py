"""Who claims to have paid, in parts: counted, ordered and paged in the database.

Kept standings say who, and when (store/standing_rows.py); whoever's does not hold is judged from
the facts. Those with nothing in the repayments come first, then those with some, then those who
have paid; of each the oldest claim.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, case, func, literal_column, select, text

from shared.season import Season
from sync_server.store import case_list
from sync_server.store import tables as t
from sync_server.store.case_search import Asked, merged
from sync_server.store.scope import Of, as_scope, where
from sync_server.store.standing_basis import basis_of

STATES = ("missing", "different", "paid")
"""Nothing in the repayments, something but not all, everything."""
_c = t.case_standing.c
_RANK = case((_c.paid > 0, 2), (_c.repaid_fen > 0, 1), else_=0)
Place = tuple[int, str, str, str]
"""How far it is paid, day of the claim, school and id of the case: the order."""


class Claims(msgspec.Struct, frozen=True):
    """Who claims it.

    Attributes:
        kept: The condition on `case_standing` for those whose kept standing holds.
        direct: The others, in order.
        counts: How many of both by state.
    """

    kept: ColumnElement[bool]
    direct: Sequence[Place]
    counts: Mapping[str, int]

    @property
    def count(self) -> int:
        """How many."""
        return sum(self.counts.values())

    def part(self, connection: Connection, start: int, stop: int) -> list[str]:
        """Return the ids from one place of the list up to another, in order."""
        return merged(self.direct, start, stop, lambda first: self._part(connection, first, stop))

    def _part(self, connection: Connection, start: int, stop: int) -> list[Place]:
        places = (_RANK, _c.claimed_on, _c.unit, _c.case_id)
        query = select(*places).where(self.kept).order_by(*places)
        query = query.offset(start).limit(max(0, stop - start))
        return [(int(rank), day, unit, one) for rank, day, unit, one in connection.execute(query)]


def find(connection: Connection, season: Season, of: Of) -> Claims:
    """Return who claims it of a school, or of those somebody sees."""
    found = case_list.not_kept(connection, season, Asked(scope=as_scope(of)))
    direct = sorted(
        (2 if row.paid else 1 if row.repaid_fen else 0, row.claimed_on, row.unit, row.case_id)
        for row in found
        if row.claimed_on
    )
    kept = and_(
        _c.season == season.id,
        _c.basis == basis_of(season),
        _c.off_list == literal_column("''"),
        text("claimed_on <> ''"),  # said as the index says it
        where(_c.unit, of),
        case_list.not_due(connection),
    )
    counted = connection.execute(select(_RANK, func.count()).where(kept).group_by(_RANK))
    numbers = Counter({int(rank): int(n) for rank, n in counted})
    numbers.update(rank for rank, *_ in direct)
    return Claims(kept, direct, {state: numbers[n] for n, state in enumerate(STATES)})
