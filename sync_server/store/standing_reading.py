"""Read kept standings where they hold, and judge the others: what comes out is never old.

A kept standing holds where its case is not due and its basis is the season's (standing_basis.py).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, select, text

from shared.season import Season
from sync_server.store import standing_places, standing_rows, tally
from sync_server.store import tables as t
from sync_server.store.on_list import ON_LIST
from sync_server.store.parts import parts
from sync_server.store.rows import as_struct
from sync_server.store.scope import Scope
from sync_server.store.standing_basis import basis_of
from sync_server.store.standing_rows import StandingRow

_c, _f = t.case_standing.c, t.case_file.c
_DUE = select(t.standing_due.c.case_id)
# SQLite takes the tables of a CROSS JOIN in their order: few are due, and cases are many.
_UNSURE = text(
    "SELECT f.unit FROM standing_due AS d CROSS JOIN case_file AS f "
    "WHERE f.id = d.case_id AND f.season = :season "
    "UNION SELECT k.unit FROM standing_due AS d CROSS JOIN case_standing AS k "
    "WHERE k.case_id = d.case_id AND k.season = :season"
)


class SchoolSum(tally.Progress, kw_only=True):
    """The counts of a school's people on the list, and what waits of their records.

    Attributes:
        waiting: Records that wait for a verdict.
        claimed: People who claim to have paid and have not, by the file in force.
        slips_late: People whose slip came to the centre after the season's day.
        record_none: People of whom the records say that nothing was delivered; and so on with the
            codes of what they say (record_…), of where the paper slip is (paper_…), and of what
            picture there is of it (photo_…).
    """

    waiting: int = 0
    claimed: int = 0
    slips_late: int = 0
    record_signed: int = 0
    record_acknowledged: int = 0
    record_refused: int = 0
    record_undelivered: int = 0
    record_none: int = 0
    paper_none: int = 0
    paper_at_school: int = 0
    paper_handed_in: int = 0
    photo_none: int = 0
    photo_message: int = 0
    photo_on_phone: int = 0
    photo_slip: int = 0


_ADDED = (*t.COUNTED, "slips_late")


def holds(season: Season) -> ColumnElement[bool]:
    """The condition that a row of `case_standing` says what is true now."""
    return and_(_c.season == season.id, _c.basis == basis_of(season), _c.case_id.not_in(_DUE))


def bodies(
    connection: Connection,
    season: Season,
    *,
    ids: Sequence[str] | None,
    which: ColumnElement[bool],
) -> dict[str, str]:
    """Return the kept standings that hold, as they are kept, by case id.

    Args:
        connection: The store.
        season: The season.
        ids: Only these cases; None for all that `which` names.
        which: A further condition on `case_standing`.
    """
    query = select(_c.case_id, _c.body).where(holds(season), which)
    if ids is None:
        return {row.case_id: row.body for row in connection.execute(query)}
    found = dict[str, str]()
    # a basis is of one season: beside ids SQLite would read a whole season by its index
    query = select(_c.case_id, _c.body).where(_c.basis == basis_of(season), which)
    query = query.where(_c.case_id.not_in(_DUE))
    for part in parts(ids):
        rows = connection.execute(query.where(_c.case_id.in_(part)))
        found |= {row.case_id: row.body for row in rows}
    return found


def school_sums(connection: Connection, season: Season, scope: Scope) -> dict[str, SchoolSum]:
    """Add up the people on the list of each school that somebody sees."""
    found, unsure = _sums(connection, season, scope.rows(t.school_sum.c.unit))
    wanted = [unit for unit in unsure if scope.is_county or scope.sees(unit)]
    return found | {unit: added(rows) for unit, rows in rows_of(connection, season, wanted).items()}


def kept_sums(
    connection: Connection, season: Season, schools: Sequence[str]
) -> dict[str, SchoolSum]:
    """Return the kept sums of these schools that hold."""
    return _sums(connection, season, t.school_sum.c.unit.in_(schools))[0]


def _sums(
    connection: Connection, season: Season, which: ColumnElement[bool]
) -> tuple[dict[str, SchoolSum], set[str]]:
    """Return the kept sums that hold by school, and the schools whose sums do not."""
    s, basis = t.school_sum.c, basis_of(season)
    unsure, found = touched_schools(connection, season), dict[str, SchoolSum]()
    query = select(t.school_sum).where(s.season == season.id, which)
    for row in connection.execute(query).mappings():
        if row["basis"] != basis:
            unsure.add(row["unit"])
        elif row["unit"] not in unsure and row["people"]:
            found[row["unit"]] = as_struct(row, SchoolSum)
    return found, unsure


def by_teacher(connection: Connection, season: Season, unit: str) -> dict[str, SchoolSum]:
    """Add up a school's people on the list by their teacher; "" has those of nobody."""
    if unit in touched_schools(connection, season) or not _is_whole(connection, season, unit):
        teachers: dict[str, list[StandingRow]] = {}
        for row in rows_of(connection, season, [unit]).get(unit, ()):
            teachers.setdefault(row.assignee, []).append(row)
        return {teacher: added(rows) for teacher, rows in teachers.items()}
    coded = {
        name: func.sum(case((_c[of] == code, 1), else_=0)) for name, (of, code) in t.BY_CODE.items()
    }
    sums = {name: func.sum(_c[name]) for name in _ADDED} | coded
    query = select(
        _c.assignee, func.count().label("people"), *(s.label(n) for n, s in sums.items())
    ).where(_c.season == season.id, _c.unit == unit, _c.off_list == "")
    rows = connection.execute(query.group_by(_c.assignee)).mappings()
    return {
        row["assignee"]: SchoolSum(**{n: int(row[n]) for n in SchoolSum.__struct_fields__})
        for row in rows
    }


def added(rows: Iterable[StandingRow]) -> SchoolSum:
    """Add rows up. Pure."""
    total = SchoolSum()
    for row in rows:
        total.people += 1
        for name in _ADDED:
            setattr(total, name, getattr(total, name) + getattr(row, name))
        for name in (f"record_{row.delivery_record}", f"paper_{row.paper}", f"photo_{row.photo}"):
            setattr(total, name, getattr(total, name) + 1)
    return total


def rows_of(
    connection: Connection, season: Season, schools: Collection[str]
) -> dict[str, list[StandingRow]]:
    """Return the rows of everybody on the lists of schools as they are now, by school.

    Kept ones where they hold, the others judged.
    """
    if not schools:
        return {}
    rows = kept_rows(connection, season, schools)
    known = {row.case_id for row in rows}
    here = _c.unit.in_(sorted(schools))
    held = select(_c.case_id).where(holds(season), here) if known else None
    rows += _judged(connection, season, schools, held)
    standing_places.counted(rows)
    found: dict[str, list[StandingRow]] = {}
    for row in sorted(rows, key=lambda row: (row.code, row.case_id)):
        found.setdefault(row.unit, []).append(row)
    return found


def kept_rows(
    connection: Connection, season: Season, schools: Collection[str]
) -> list[StandingRow]:
    """Return the kept rows that hold of everybody on the lists of schools."""
    query = select(t.case_standing).where(
        holds(season), _c.off_list == "", _c.unit.in_(sorted(schools))
    )
    return [as_struct(row, StandingRow) for row in connection.execute(query).mappings()]


def judged_rows(
    connection: Connection, season: Season, schools: Collection[str]
) -> list[StandingRow]:
    """Return the rows of everybody on the lists of schools, all judged from the facts."""
    rows = _judged(connection, season, schools)
    standing_places.counted(rows)
    return rows


def _judged(
    connection: Connection,
    season: Season,
    schools: Collection[str],
    without: Select[tuple[str]] | None = None,
) -> list[StandingRow]:
    wanted = select(t.case_file).where(
        _f.season == season.id, _f.unit.in_(sorted(schools)), ON_LIST
    )
    if without is not None:
        wanted = wanted.where(_f.id.not_in(without))
    return standing_rows.judged(connection, season, connection.execute(wanted).mappings().all())


def due_cases(connection: Connection, season: Season) -> int:
    """Return how many cases of a season have no kept standing that holds."""
    held = select(_c.case_id).where(holds(season))
    query = select(func.count()).where(_f.season == season.id, _f.id.not_in(held))
    return int(connection.execute(query).scalar_one())


def touched_schools(connection: Connection, season: Season) -> set[str]:
    """Return the schools that have, or had, a case that is due."""
    return set(connection.execute(_UNSURE, {"season": season.id}).scalars())


def _is_whole(connection: Connection, season: Season, unit: str) -> bool:
    s = t.school_sum.c
    query = select(s.basis).where(s.season == season.id, s.unit == unit)
    found = connection.execute(query).scalar()
    return found is None or found == basis_of(season)
