"""How much of what is kept is still to be made, where that is more than a page may make itself.

After an update, or a rebuild, everybody is judged and indexed once, in the writer's pauses. A page
that needs a few of them makes these itself (store/standing_reading.py, store/case_search.py); one
that would need a whole county says how far it is instead, and is asked for again.
"""

from __future__ import annotations

from typing import NoReturn

from sqlalchemy import ColumnElement, Connection, Table, func, select

from shared.problems import ProblemError
from shared.season import Season
from sync_server.store import tables as t
from sync_server.store.scope import WHOLE_COUNTY, Of, where
from sync_server.store.standing_basis import basis_of

MOST_JUDGED = 5000
"""People whom a page judges itself; a second or two of the processor."""
MOST_COUNTED = 20_000
"""People whose days a page counts itself, from kept standings; about as long."""
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
    if isinstance(of, str) or unjudged(connection, season, of, MOST_JUDGED) <= MOST_JUDGED:
        return
    people = _people(connection, season.id, of)
    left = min(unjudged(connection, season, of), people)
    if left > MOST_JUDGED:
        _refuse(left, people)


def check_counted(connection: Connection, season: Season, of: Of) -> None:
    """Refuse a page by day that would judge, or count, a large part of a county.

    Raises:
        ProblemError: pages.behind.
    """
    check_judged(connection, season, of)
    if isinstance(of, str):
        return
    left = uncounted(connection, season.id, of)
    if left > MOST_COUNTED:
        _refuse(left, _people(connection, season.id, of))


def check_indexed(connection: Connection, season: str, of: Of) -> None:
    """Refuse a search that would look at a large part of a county.

    Raises:
        ProblemError: pages.behind.
    """
    left = unindexed(connection, season, of, MOST_LOOKED_AT)
    if left > MOST_LOOKED_AT:
        left, people = unindexed(connection, season, of), _people(connection, season, of)
        _refuse(left, max(left, people))


def unjudged(connection: Connection, season: Season, of: Of = WHOLE_COUNTY, most: int = -1) -> int:
    """Count the people whose standing is to be judged anew; of many only `most` and one more."""
    s = t.school_sum.c
    stale = select(func.coalesce(func.sum(s.people), 0))
    stale = stale.where(s.season == season.id, s.basis != basis_of(season), where(s.unit, of))
    return _count(connection, t.standing_due, season.id, of, most) + int(
        connection.execute(stale).scalar_one()
    )


def uncounted(connection: Connection, season: str, of: Of) -> int:
    """Count the people of schools whose days are to be counted anew."""
    d, s = t.school_days_due.c, t.school_sum.c
    due = select(d.unit).where(d.season == season, where(d.unit, of))
    query = select(func.coalesce(func.sum(s.people), 0))
    return int(connection.execute(query.where(s.season == season, s.unit.in_(due))).scalar_one())


def unindexed(connection: Connection, season: str, of: Of = WHOLE_COUNTY, most: int = -1) -> int:
    """Count the people whose search terms are to be made; of many only `most` and one more."""
    return _count(connection, t.search_due, season, of, most)


def of_whom(due: Table, season: str, of: Of) -> ColumnElement[bool]:
    """Return the condition that a row of what is due is of a season, and of whom somebody sees."""
    c = t.case_file.c
    mine = select(c.id).where(c.id == due.c.case_id, c.season == season, where(c.unit, of))
    return mine.exists()


def _count(connection: Connection, due: Table, season: str, of: Of, most: int) -> int:
    some = select(due.c.case_id).where(of_whom(due, season, of))
    if most >= 0:
        some = some.limit(most + 1)
    query = select(func.count()).select_from(some.subquery())
    return int(connection.execute(query).scalar_one())


def _people(connection: Connection, season: str, of: Of) -> int:
    c = t.case_file.c
    which = c.season == season, where(c.unit, of)
    return int(connection.execute(select(func.count()).where(*which)).scalar_one())


def _refuse(left: int, people: int) -> NoReturn:
    raise ProblemError("pages.behind", left=f"{left:,}", people=f"{people:,}")
