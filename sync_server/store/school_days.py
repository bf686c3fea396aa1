"""How far the people of each school were on each day, kept by school, so that no page reads them.

Triggers add each school whose standings or verdicts changed to `school_days_due`; the writer makes
its days anew when it has nothing else to do, each school at most every `REFRESH_EVERY_S`. A school
that is in that table, or of which a standing is due, is counted from its people when it is read, so
that the result is always current.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, delete, exists, select
from sqlalchemy.exc import OperationalError

from shared.lifecycle import accepted
from shared.season import Season, china_day, moment_of
from sync_server.store import cases, progress, reviews, school_totals, seasons
from sync_server.store import tables as t
from sync_server.store.prepared import Prepared
from sync_server.store.progress import CaseStanding
from sync_server.store.school_totals import Chased
from sync_server.store.scope import WHOLE_COUNTY, Of, of_schools, where

GROUP_SCHOOLS = 10
GROUP_PEOPLE = 2000
"""So many schools, or schools of so many people, are counted at a time in a pause: a push that
comes meanwhile waits no longer."""
REFRESH_EVERY_S = 5.0
"""A busy school is counted no more often: each of its records would count all its people."""
SHARE = 20
"""Nor more often than after so many times what the last counting took: a large one takes long."""
MANY_DUE = 1000
"""While more standings are due, no school is counted: finding which are fresh would take long."""
REST_S = 60.0
"""So long nothing is refreshed after a fault of the whole."""

_log = logging.getLogger("doorstep.days")
_k, _d, _f = t.school_days.c, t.school_days_due.c, t.case_file.c
# Built once: making a statement costs more than running it.
_EVERY_DUE = select(_d.season, _d.unit).order_by(_d.season, _d.unit)
_HOLD = (
    select(_d.unit)
    .where(_d.season == bindparam("of_season"), _d.unit == bindparam("of_unit"))
    .with_for_update(skip_locked=True)
)
_PEOPLE = select(t.school_sum.c.people).where(
    t.school_sum.c.season == bindparam("of_season"), t.school_sum.c.unit == bindparam("of_unit")
)
_STANDINGS_DUE = Prepared(select(t.standing_due.c.case_id).limit(MANY_DUE + 1))
_ANY_DUE = Prepared(select(_d.unit).limit(1))


class Days(msgspec.Struct, kw_only=True):
    """People, and visits, by the day on which something came about.

    Attributes:
        days: By what came about (delivered, visited, repaid, explained, visits) and ISO day, "" for
            an unknown one; `promised` are unpaid people by the day for which they promised, and
            `unassigned` those without a teacher.
        statements: People by where their statement is.
    """

    days: dict[str, dict[str, int]] = {}
    statements: dict[str, int] = {}


class _Chased(msgspec.Struct):
    """Of a school's days those that the morning sheets ask for."""

    promised: dict[str, int] = {}
    unassigned: dict[str, int] = {}


_chased_days: msgspec.json.Decoder[_Chased] = msgspec.json.Decoder(_Chased)
_days: msgspec.json.Decoder[dict[str, dict[str, int]]] = msgspec.json.Decoder(
    dict[str, dict[str, int]]
)
_statements: msgspec.json.Decoder[dict[str, int]] = msgspec.json.Decoder(dict[str, int])


def by_school(connection: Connection, season: Season, of: Of) -> dict[str, Days]:
    """Return the days of a school, or of those somebody sees, by school."""
    unsure = _unsure(connection, season, of)
    query = select(t.school_days).where(_k.season == season.id, where(_k.unit, of))
    found = {
        row.unit: Days(days=_days.decode(row.days), statements=_statements.decode(row.statements))
        for row in connection.execute(query)
        if row.unit not in unsure
    }
    return found | counted_by_school(connection, season, unsure)


def _unsure(connection: Connection, season: Season, of: Of) -> set[str]:
    """Return the schools of which nothing true is kept now."""
    unsure = set(school_totals.unsure_schools(connection, season, of))
    return unsure | {unit for _, unit in _due(connection, season.id, of)}


def chased(connection: Connection, season: Season, of: Of, today: date) -> dict[str, Chased]:
    """Count the unpaid people to chase by school, as `school_totals.chased` does."""
    day, unsure = today.isoformat(), _unsure(connection, season, of)
    query = select(_k.unit, _k.days).where(_k.season == season.id, where(_k.unit, of))
    kept = ((unit, _chased_days.decode(days)) for unit, days in connection.execute(query))
    found = {unit: _chased(one, day) for unit, one in kept if unit not in unsure}
    for unit, made in counted_by_school(connection, season, unsure).items():
        one = _Chased(made.days.get("promised", {}), made.days.get("unassigned", {}))
        found[unit] = _chased(one, day)
    return found


def _chased(one: _Chased, day: str) -> Chased:
    return Chased(
        unassigned=one.unassigned.get("", 0),
        promised_today=one.promised.get(day, 0),
        promised_past=sum(n for before, n in one.promised.items() if before < day),
    )


def total(
    connection: Connection, season: Season, of: Of, names: Collection[str]
) -> dict[str, dict[str, int]]:
    """Return how many of all of them by day, of some of what can come about."""
    unsure, decoder = _unsure(connection, season, of), _decoder(tuple(sorted(names)))
    whole: dict[str, dict[str, int]] = {name: {} for name in sorted(names)}
    query = select(_k.unit, _k.days).where(_k.season == season.id, where(_k.unit, of))
    for unit, days in connection.execute(query):
        if unit not in unsure:
            one = decoder.decode(days)
            for name, sums in whole.items():
                for day, n in getattr(one, name).items():
                    sums[day] = sums.get(day, 0) + n
    for made in counted_by_school(connection, season, unsure).values():
        for name, sums in whole.items():
            _add(sums, made.days.get(name, {}))
    return whole


@lru_cache(maxsize=8)
def _decoder(names: tuple[str, ...]) -> msgspec.json.Decoder[Any]:
    """What reads these of a school's days, and passes the others over."""
    fields: list[tuple[str, Any, Any]] = [
        (name, dict[str, int], msgspec.field(default_factory=dict)) for name in names
    ]
    return msgspec.json.Decoder(msgspec.defstruct("_Days", fields))


def counted_by_school(
    connection: Connection, season: Season, schools: Iterable[str]
) -> dict[str, Days]:
    """Count the days of schools from their people; a school without people has none."""
    units = set(schools)
    if not units:
        return {}
    found = []
    if units - {""}:
        found = progress.case_standings(connection, season, scope=of_schools(units))
    if "" in units:
        found += progress.case_standings(connection, season, unit="")
    accepted_on = accepted_days(connection, found)
    people: dict[str, list[CaseStanding]] = {}
    for line in found:
        people.setdefault(line.case.school, []).append(line)
    return {unit: counted(many, accepted_on) for unit, many in people.items()}


def counted(found: Iterable[CaseStanding], accepted_on: Mapping[str, str]) -> Days:
    """Count people by day. Pure.

    Args:
        found: The people.
        accepted_on: ISO days of the accepted statements, by case id.
    """
    days: dict[str, Counter[str]] = {}
    statements = Counter[str]()
    for line in found:
        statements[line.standing.statement] += 1
        for what, day in _reached(line, accepted_on):
            days.setdefault(what, Counter())[day] += 1
    return Days(days={what: dict(n) for what, n in days.items()}, statements=dict(statements))


def accepted_days(connection: Connection, found: Iterable[CaseStanding]) -> dict[str, str]:
    """Return the day (China) on which each accepted statement was accepted, by case id."""
    ids = [line.case.id for line in found if line.standing.statement == "accepted"]
    facts = cases.facts_of(connection, ids)
    verdicts = reviews.reviews_of(connection, [f.fact.id for many in facts.values() for f in many])
    days = {}
    for case_id, many in facts.items():
        given = accepted([one.fact for one in many], verdicts, "statement")
        moment = moment_of(given[-1][1].at, assume=UTC) if given else None
        if moment is not None:
            days[case_id] = china_day(moment).isoformat()
    return days


def _reached(line: CaseStanding, accepted_on: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What a person counts in, each time with the ISO day, "" for an unknown one."""
    one = line.standing
    if one.delivered:
        yield "delivered", one.delivered_on
    if one.visits:
        yield "visited", min((v.day for v in one.visits if v.day), default="")
    for visit in one.visits:
        yield "visits", visit.day
    if one.repaid.paid:
        yield "repaid", one.repaid.paid_on or one.repaid.as_of
        return
    if one.group == "special" and one.statement == "accepted":
        yield "explained", accepted_on.get(line.case.id, "")
    if one.promise_date:
        yield "promised", one.promise_date
    if not line.case.assignee:
        yield "unassigned", ""


def _add(to: dict[str, int], counts: Mapping[str, int]) -> None:
    for key, n in counts.items():
        to[key] = to.get(key, 0) + n


def _due(connection: Connection, season: str, of: Of) -> list[tuple[str, str]]:
    query = select(_d.season, _d.unit).where(_d.season == season, where(_d.unit, of))
    return [(row.season, row.unit) for row in connection.execute(query)]


def forget(connection: Connection, season: str = "") -> None:
    """Delete what is kept of a season, or of all of them, and let it be made anew."""
    kept, c = delete(t.school_days), t.case_file.c
    schools = select(c.season, c.unit).distinct()
    if season:
        kept, schools = kept.where(_k.season == season), schools.where(c.season == season)
    connection.execute(kept)
    known = exists().where(_d.season == c.season, _d.unit == c.unit)
    into = t.school_days_due.insert().from_select(["season", "unit"], schools.where(~known))
    connection.execute(into)


def erase(connection: Connection, season: str) -> None:
    """Delete what is kept of a season that is purged, after its cases."""
    connection.execute(delete(t.school_days).where(_k.season == season))
    connection.execute(delete(t.school_days_due).where(_d.season == season))


class Refresher:
    """Counts for one writer, in its pauses. What goes wrong is logged and fails nobody's record."""

    def __init__(self) -> None:
        self._next_s = 0.0

    def with_group(self, connection: Connection) -> bool:
        """Leave everything for a pause; return whether one is wanted now."""
        return time.monotonic() >= self._next_s and bool(_ANY_DUE.rows(connection, {}))

    def in_pause(self, connection: Connection) -> bool:
        """Count some of the schools that are due, if that is not too soon; whether any is left."""
        now_s = time.monotonic()
        if now_s < self._next_s:
            return False
        if len(_STANDINGS_DUE.rows(connection, {})) > MANY_DUE:
            self._next_s = now_s + REFRESH_EVERY_S
            return False
        try:
            with connection.begin_nested():
                more = refresh(connection)
        except Exception as fault:
            if isinstance(fault, OperationalError) and connection.dialect.name == "sqlite":
                raise  # a full disk may have undone the whole transaction
            self._next_s = now_s + REST_S
            _log.warning("days were not counted: %s", type(fault).__name__, exc_info=True)
            return False
        if not more:
            ended_s = time.monotonic()
            self._next_s = now_s + max(REFRESH_EVERY_S, SHARE * (ended_s - now_s))
        return more


def refresh(connection: Connection, most: int = GROUP_SCHOOLS) -> bool:
    """Count some schools that are due and keep what was counted; return whether any is left.

    A school with stale standings waits: what it would be counted from may be taken back before it
    is kept, and nothing would note that.
    """
    by_season: dict[str, list[str]] = {}
    for season_id, unit in connection.execute(_EVERY_DUE):
        by_season.setdefault(season_id, []).append(unit)
    for season_id, schools in by_season.items():
        row = seasons.find(connection, season_id)
        season = row.season if row else None
        sure = schools if season is None else _sure(connection, season, schools)
        taken = _taken(connection, season_id, sure, most)
        if not taken:
            continue
        found = {} if season is None else counted_by_school(connection, season, taken)
        kept = taken if season is None else _sure(connection, season, taken)
        _keep(connection, season_id, kept, {unit: found[unit] for unit in kept if unit in found})
        return len(taken) < len(sure) or len(by_season) > 1
    return False


def _sure(connection: Connection, season: Season, schools: Sequence[str]) -> list[str]:
    """Return those of these schools whose standings are refreshed."""
    unsure = school_totals.unsure_schools(connection, season, WHOLE_COUNTY)
    return sorted(set(schools).difference(unsure))


def _taken(connection: Connection, season: str, schools: Sequence[str], most: int) -> list[str]:
    """Return the schools to count now, which on PostgreSQL nobody else counts meanwhile."""
    taken, people = list[str](), 0
    for unit in schools:
        of = {"of_season": season, "of_unit": unit}
        people += connection.execute(_PEOPLE, of).scalar() or 0
        if len(taken) == most or (taken and people > GROUP_PEOPLE):
            break
        if connection.execute(_HOLD, of).first() is not None:
            taken.append(unit)
    return taken


def _keep(
    connection: Connection, season: str, schools: Sequence[str], found: Mapping[str, Days]
) -> None:
    kept = (_k.season == season) & _k.unit.in_(schools)
    connection.execute(delete(t.school_days).where(kept))
    rows = [
        {
            "season": season,
            "unit": unit,
            "days": msgspec.json.encode(one.days, order="deterministic").decode(),
            "statements": msgspec.json.encode(one.statements, order="deterministic").decode(),
        }
        for unit, one in found.items()
    ]
    if rows:
        connection.execute(t.school_days.insert(), rows)
    done = (_d.season == season) & _d.unit.in_(schools)
    connection.execute(delete(t.school_days_due).where(done))
