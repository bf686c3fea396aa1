"""How far the season is: case standings, counts by school and teacher, records set aside."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import overload

import msgspec
from sqlalchemy import ColumnElement, Connection, case, func, select, text

from shared.cases import Case
from shared.contacts import in_force
from shared.lifecycle import Standing
from shared.season import Season
from sync_server.store import cases, masking, standing_reading, standing_rows, tally
from sync_server.store import tables as t
from sync_server.store.device_seasons import PLACES
from sync_server.store.on_list import ON_LIST
from sync_server.store.scope import WHOLE_COUNTY, Of, Scope, where
from sync_server.store.standing_reading import SchoolSum as SchoolSum
from sync_server.store.standing_reading import by_teacher as by_teacher
from sync_server.store.standing_reading import school_sums as school_sums
from sync_server.store.tally import Progress as Progress


class CaseStanding(msgspec.Struct, frozen=True, kw_only=True):
    """A case and where it stands.

    `unit_name` is the school as the due list writes it; `initials` are those of the name.
    `off_list`: why the person is on the list no longer, "" for everybody who is; `off_list_at`:
    since when. `contact`: what the office accepted since of phone, address and workplace.
    """

    case: Case
    standing: Standing
    unit_name: str = ""
    off_list: str = ""
    off_list_at: str = ""
    initials: str = ""
    contact: dict[str, str] = {}


@overload
def case_standings(
    connection: Connection,
    season: Season,
    *,
    unit: str,
    assignee: str | None = None,
    ids: Iterable[str] | None = None,
    scope: Scope | None = None,
    off_list: bool | None = False,
    from_facts: bool = False,
) -> list[CaseStanding]: ...


@overload
def case_standings(
    connection: Connection,
    season: Season,
    *,
    unit: str | None = None,
    assignee: str | None = None,
    ids: Iterable[str],
    scope: Scope | None = None,
    off_list: bool | None = False,
    from_facts: bool = False,
) -> list[CaseStanding]: ...


@overload
def case_standings(
    connection: Connection,
    season: Season,
    *,
    unit: str | None = None,
    assignee: str | None = None,
    ids: Iterable[str] | None = None,
    scope: Scope,
    off_list: bool | None = False,
    from_facts: bool = False,
) -> list[CaseStanding]: ...


def case_standings(
    connection: Connection,
    season: Season,
    *,
    unit: str | None = None,
    assignee: str | None = None,
    ids: Iterable[str] | None = None,
    scope: Scope | None = None,
    off_list: bool | None = False,
    from_facts: bool = False,
) -> list[CaseStanding]:
    """Return cases with where each stands, in order of code; None leaves a filter out.

    What is kept is read where it holds. `from_facts`: everybody is judged anew, as whatever is
    printed to be signed, sealed or handed up asks for.
    """
    wanted = None if ids is None else list(ids)
    scope = WHOLE_COUNTY if scope is None else scope  # the overloads ask for another filter
    rows = cases.rows(
        connection,
        season.id,
        unit=unit,
        assignee=assignee,
        ids=wanted,
        scope=scope,
        off_list=off_list,
    )
    standing = {} if from_facts else _kept(connection, season, unit, scope, wanted)
    left = [row for row in rows if row["id"] not in standing]
    judged = cases.standings(connection, season, left) if left else {}
    standing |= {case_id: found for case_id, (_, found) in judged.items()}
    return [
        CaseStanding(
            case=cases.case_of(r),
            standing=standing[r["id"]],
            unit_name=r["unit_name"],
            off_list=r["off_list"],
            off_list_at=r["off_list_at"],
            initials=r["initials"],
            contact={field: c.value for field, c in in_force(cases.contacts_of(r)).items()},
        )
        for r in rows
    ]


def _kept(
    connection: Connection,
    season: Season,
    unit: str | None,
    scope: Scope,
    ids: list[str] | None,
) -> dict[str, Standing]:
    """Return the kept standings that hold, by case id; masked for who only inspects."""
    c = t.case_standing.c
    which = scope.rows(c.unit) if unit is None else c.unit == unit
    found = standing_reading.bodies(connection, season, ids=ids, which=which)
    standings = {case_id: standing_rows.standing_of(body) for case_id, body in found.items()}
    if masking.inspects(connection):
        return {case_id: masking.standing(one) for case_id, one in standings.items()}
    return standings


def count(found: Iterable[CaseStanding], season: Season) -> Progress:
    """Add up cases. Pure."""
    total = Progress()
    for line in found:
        tally.add(total, line.case, line.standing, season)
    return total


def count_by(
    found: Iterable[CaseStanding], season: Season, key: Callable[[CaseStanding], str]
) -> dict[str, Progress]:
    """Add up cases by school, teacher or village. Pure."""
    totals: dict[str, Progress] = {}
    for line in found:
        tally.add(totals.setdefault(key(line), Progress()), line.case, line.standing, season)
    return totals


def newest_snapshot(connection: Connection, season: str) -> str:
    """The day of the newest repayment file, empty before the first."""
    query = select(func.max(t.snapshot.c.as_of)).where(t.snapshot.c.season == season)
    return connection.execute(query).scalar() or ""


def phones(connection: Connection, season: str, of: Of) -> dict[tuple[str, str], int]:
    """How many phones by (school, state)."""
    c = PLACES.c
    query = (
        select(c.unit, c.state, func.count().label("n"))
        .where(c.season == season, c.kind == "", where(c.unit, of))
        .group_by(c.unit, c.state)
    )
    return {(r.unit, r.state): int(r.n) for r in connection.execute(query)}


def open_codes(connection: Connection, season: str, unit: str) -> dict[str, str]:
    """When the unused enrolment code of a teacher ends (UTC ISO, real clock), by staff id."""
    c = t.enrol_code.c
    query = select(c.staff, c.expires_at).where(c.season == season, c.unit == unit, c.used_at == "")
    return {r.staff: r.expires_at for r in connection.execute(query)}


def photos_waiting(connection: Connection, season: str, unit: str) -> dict[str, int]:
    """How many photos that records name have not arrived, by the teacher whose phone has them."""
    of, d = t.fact_photo.c, PLACES.c
    joined = t.fact_photo.join(t.fact, of.fact_id == t.fact.c.id).join(
        PLACES, (t.fact.c.device == d.id) & (t.fact.c.season == d.season)
    )
    query = (
        select(d.staff, func.count(func.distinct(of.sha256)).label("n"))
        .select_from(joined)
        .where(d.season == season, d.unit == unit)
        .where(of.sha256.not_in(select(t.photo.c.sha256)))
        .group_by(d.staff)
    )
    return {r.staff: int(r.n) for r in connection.execute(query)}


def corrections(connection: Connection, season: str, of: Of) -> list[tuple[str, str]]:
    """Return school and time of arrival (UTC ISO text) of every correction of a record."""
    f = t.fact.c
    corrects = text("fact.kind = 'correction'")  # said as the index says it
    query = select(f.unit, f.received_at).where(f.season == season, corrects)
    rows = connection.execute(query.where(where(f.unit, of)).order_by(f.unit, f.received_at))
    return [(row.unit, row.received_at) for row in rows]


class SetAsideRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A record whose case had moved when it arrived; `paper`: it was typed in from paper."""

    fact_id: str
    teacher: str
    device: str
    received_at: str
    kind: str = ""
    case_id: str = ""
    case_code: str = ""
    name: str = ""
    from_unit: str = ""
    to_unit: str = ""
    paper: bool = False


def count_tray(connection: Connection, season: str, unit: str) -> int:
    """Count the records of cases that had moved when they arrived, of both schools."""
    joined = t.fact.join(t.case_file, t.fact.c.case_id == t.case_file.c.id)
    query = select(func.count()).select_from(joined).where(_in_tray(season, unit), ON_LIST)
    return int(connection.execute(query).scalar_one())


def _in_tray(season: str, unit: str) -> ColumnElement[bool]:
    f, c = t.fact.c, t.case_file.c
    aside = text("fact.tray")  # said as the indexes say it: `tray = 1` would use none
    sent = select(f.id).where(f.season == season, f.unit == unit, aside)
    come = select(f.id).join(t.case_file, c.id == f.case_id)
    come = come.where(c.season == season, c.unit == unit, aside)
    return f.id.in_(sent.union(come))


def tray(connection: Connection, season: str, unit: str, most: int = -1) -> list[SetAsideRecord]:
    """Return records of cases that had moved when they arrived, for both schools to see.

    The newest first; `most` at most, -1 for all.
    """
    d = PLACES.c
    joined = t.fact.join(t.case_file, t.fact.c.case_id == t.case_file.c.id).join(
        PLACES, (t.fact.c.device == d.id) & (t.fact.c.season == d.season)
    )
    visitor = case((t.fact.c.visited_by != "", t.fact.c.visited_by), else_=d.staff)
    joined = joined.outerjoin(t.staff, t.staff.c.id == visitor)
    query = (
        select(
            t.fact,
            t.case_file.c.code,
            t.case_file.c.body,
            t.case_file.c.unit.label("home"),
            t.staff.c.name.label("teacher"),
            d.name.label("phone"),
        )
        .select_from(joined)
        .where(_in_tray(season, unit), ON_LIST)
        .order_by(t.fact.c.received_at.desc())
    )
    query = query.limit(most) if most >= 0 else query
    return [
        SetAsideRecord(
            fact_id=r["id"],
            teacher=r["teacher"] or "",
            device=r["phone"],
            received_at=r["received_at"],
            kind=r["kind"],
            case_id=r["case_id"],
            case_code=r["code"],
            name=masking.name(connection, msgspec.json.decode(r["body"], type=Case)),
            from_unit=r["unit"],
            to_unit=r["home"],
            paper=r["visited_by"] != "",
        )
        for r in connection.execute(query).mappings()
    ]


def unit_of_fact(connection: Connection, season: str, fact_id: str) -> str | None:
    """The school whose case a record is of."""
    joined = t.fact.join(t.case_file, t.fact.c.case_id == t.case_file.c.id)
    query = (
        select(t.case_file.c.unit)
        .select_from(joined)
        .where(t.fact.c.id == fact_id, t.fact.c.season == season)
    )
    found = connection.execute(query).scalar()
    return None if found is None else str(found)
