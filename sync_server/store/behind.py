"""How much of what is kept is still to be made, where that is more than a page may make itself.

After an update, or a rebuild, everybody is judged and indexed once, in the writer's pauses. A page
that needs a few of them makes these itself (store/standing_reading.py, store/case_search.py); one
that would need a whole county says how far it is instead, and is asked for again.
"""

from __future__ import annotations

from sqlalchemy import Connection, Table, func, select

from shared.problems import ProblemError
from shared.season import Season
from sync_server.store import tables as t
from sync_server.store.scope import Of
from sync_server.store.standing_basis import basis_of

MOST_JUDGED = 5000
"""People whom a page judges itself; a second or two of the processor."""
MOST_LOOKED_AT = 20_000
"""People whom a search looks at directly; about as long."""


def check_judged(connection: Connection, season: Season, of: Of) -> None:
    """Refuse a page that would judge a large part of a county.

    Args:
        connection: The store.
        season: The season.
        of: Whose numbers the page shows; a school's are always made.

    Raises:
        ProblemError: pages.behind.
    """
    if isinstance(of, str) or unjudged(connection, season, MOST_JUDGED) <= MOST_JUDGED:
        return
    people = _people(connection, season.id, of)
    left = min(unjudged(connection, season), people)
    if left > MOST_JUDGED:
        raise ProblemError("pages.behind", left=f"{left:,}", people=f"{people:,}")


def check_indexed(connection: Connection, season: str, of: Of) -> None:
    """Refuse a search that would look at a large part of a county.

    Raises:
        ProblemError: pages.behind.
    """
    left = unindexed(connection, season, MOST_LOOKED_AT)
    if left > MOST_LOOKED_AT:
        left, people = unindexed(connection, season), _people(connection, season, of)
        raise ProblemError("pages.behind", left=f"{left:,}", people=f"{max(left, people):,}")


def unjudged(connection: Connection, season: Season, most: int = -1) -> int:
    """Count the people whose standing is to be judged anew; of many only `most` and one more."""
    s = t.school_sum.c
    stale = select(func.coalesce(func.sum(s.people), 0))
    stale = stale.where(s.season == season.id, s.basis != basis_of(season))
    return _count(connection, t.standing_due, "", most) + int(
        connection.execute(stale).scalar_one()
    )


def unindexed(connection: Connection, season: str, most: int = -1) -> int:
    """Count the people whose search terms are to be made; of many only `most` and one more."""
    return _count(connection, t.search_due, season, most)


def _count(connection: Connection, table: Table, season: str, most: int) -> int:
    some = select(table.c.case_id)
    if season:
        some = some.where(table.c.season == season)
    if most >= 0:
        some = some.limit(most + 1)
    query = select(func.count()).select_from(some.subquery())
    return int(connection.execute(query).scalar_one())


def _people(connection: Connection, season: str, of: Of) -> int:
    c = t.case_file.c
    which = c.unit == of if isinstance(of, str) else of.rows(c.unit)
    return int(
        connection.execute(select(func.count()).where(c.season == season, which)).scalar_one()
    )
