"""Kept standings as a whole: let them be judged anew, count what is due, compare with the facts."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection as Connection
from sqlalchemy import delete, func, select

from shared.season import Season
from sync_server.store import school_days, school_kept, standing_reading
from sync_server.store import tables as t
from sync_server.store.standing_basis import basis_of
from sync_server.store.standing_refresh import SEASON

_c, _f, _s = t.case_standing.c, t.case_file.c, t.school_sum.c


def note_other_basis(connection: Connection) -> None:
    """Let the standings be judged anew that another version or other settings judged."""
    kept = select(_s.season).distinct()
    query = select(t.season.c.id, t.season.c.body).where(t.season.c.id.in_(kept))
    for season_id, body in connection.execute(query).all():
        basis = basis_of(msgspec.json.decode(body, type=Season))
        other = select(_s.unit).where(_s.season == season_id, _s.basis != basis).limit(1)
        if connection.execute(other).first() is not None:
            _note(connection, SEASON + season_id)


def _note(connection: Connection, what: str) -> None:
    d = t.standing_due.c.case_id
    if connection.execute(select(d).where(d == what)).first() is None:
        connection.execute(t.standing_due.insert(), {"case_id": what})


def forget(connection: Connection, season: str = "") -> int:
    """Delete what is kept of a season, or of all of them, and let it be judged; how many cases.

    For a database that came from outside, and for whoever doubts what is kept.
    """
    kept, sums, people = delete(t.case_standing), delete(t.school_sum), select(_f.id)
    if season:
        kept, sums = kept.where(_c.season == season), sums.where(_s.season == season)
        people = people.where(_f.season == season)
    connection.execute(kept)
    connection.execute(sums)
    school_kept.forget(connection, season)
    school_days.forget(connection, season)
    known = select(t.standing_due.c.case_id)
    fresh = people.where(_f.id.not_in(known))
    connection.execute(t.standing_due.insert().from_select(["case_id"], fresh))
    return int(connection.execute(select(func.count()).select_from(people.subquery())).scalar_one())


def due(connection: Connection, season_id: str) -> int:
    """Return how many cases of a season wait to be judged."""
    query = select(t.season.c.body).where(t.season.c.id == season_id)
    body = connection.execute(query).scalar()
    if body is None:
        return 0
    return standing_reading.due_cases(connection, msgspec.json.decode(body, type=Season))


def erase(connection: Connection, season: str) -> None:
    """Delete what is kept of a season that is purged, after its cases.

    What is due of another season stays: also somebody who left it and whose kept row is still
    there, and that its settings changed.
    """
    school_kept.erase(connection, season)
    connection.execute(delete(t.case_standing).where(_c.season == season))
    connection.execute(delete(t.school_sum).where(_s.season == season))
    d = t.standing_due.c.case_id
    nobody = ~select(_f.id).where(_f.id == d).exists()
    nobody &= ~select(_c.case_id).where(_c.case_id == d).exists()
    nobody &= ~d.startswith(SEASON, autoescape=True) | (d == SEASON + season)
    connection.execute(delete(t.standing_due).where(nobody))
    school_days.erase(connection, season)  # the kept standings that go have noted their schools


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """What a comparison with the facts found.

    Attributes:
        people: How many were compared.
        different: Codes of those whose kept standing is not what the facts say.
        due: How many cases of the season wait to be judged.
        schools: Schools whose kept sum is not the sum of the kept standings.
    """

    people: int = 0
    different: tuple[str, ...] = ()
    due: int = 0
    schools: tuple[str, ...] = ()


def compare(connection: Connection, season: Season, most: int) -> Look:
    """Judge schools drawn by chance from the facts, up to `most` people; compare with what is kept.

    A case that is due is no difference: nobody reads what is kept of it. Nor is how many records
    wait where a neighbour is due, for that says with the others where their village is.
    """
    query = select(_s.unit, _s.people).where(_s.season == season.id).order_by(func.random())
    schools = list[str]()
    people = 0
    for unit, size in connection.execute(query).all():
        if not schools or people + size <= most:
            schools.append(unit)
            people += size
    rows = standing_reading.kept_rows(connection, season, schools)
    fresh = standing_reading.judged_rows(connection, season, schools)
    truth = {row.case_id: row for row in fresh}
    unsure = standing_reading.touched_schools(connection, season)
    for row in rows:
        if row.unit in unsure and row.case_id in truth:
            row.waiting = truth[row.case_id].waiting
    different = [row.code for row in rows if truth.get(row.case_id) != row]
    sums = standing_reading.kept_sums(connection, season, schools)
    by_school = {unit: [row for row in fresh if row.unit == unit] for unit in sums}
    wrong = [
        unit
        for unit, kept_sum in sums.items()
        if standing_reading.added(by_school[unit]) != kept_sum
    ]
    return Look(
        people=people,
        different=tuple(sorted(different)),
        due=standing_reading.due_cases(connection, season),
        schools=tuple(sorted(wrong)),
    )
