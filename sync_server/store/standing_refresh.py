"""Refresh kept standings: judge the cases that are due, keep what was found, add schools up.

The writer does it before the COMMIT of what made them due, and what is left when it has nothing
else to do. Nobody waits for it: whoever reads judges what is due (store/standing_reading.py). A
case that cannot be judged stays due, and fails nobody's record.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import (
    BindParameter,
    Connection,
    RowMapping,
    bindparam,
    delete,
    select,
    text,
    update,
)

from shared.season import Season
from sync_server.store import db_faults, school_kept, standing_places, standing_rows
from sync_server.store import tables as t
from sync_server.store.parts import parts
from sync_server.store.prepared import Prepared, savepoint
from sync_server.store.standing_basis import basis_of
from sync_server.store.standing_rows import StandingRow

GROUP_CASES = 1000
"""So many cases are refreshed with what made them due; where more are due, all wait for a pause."""
PAUSE_CASES = 200
"""So many are refreshed at a time in a pause: a push that comes meanwhile waits no longer."""
REST_S = 60.0
"""So long nothing is refreshed after a fault of the whole."""
SEASON = "season:"
"""Beginning of what is due where a season's settings changed."""

_log = logging.getLogger("doorstep.standings")
_c = t.case_standing.c
_COLUMNS = tuple(t.case_standing.columns.keys())
_NAMES = ", ".join(f'"{name}"' for name in _COLUMNS)
_VALUES = ", ".join(f":{name}" for name in _COLUMNS)
_CHANGED = ", ".join(f'"{name}" = excluded."{name}"' for name in _COLUMNS if name != "case_id")
_UPSERT = Prepared(
    text(
        f"INSERT INTO case_standing ({_NAMES}) VALUES ({_VALUES}) "
        f"ON CONFLICT (case_id) DO UPDATE SET {_CHANGED}"
    )
)
_SUMS = ("people", *t.COUNTED, "slips_late", *t.BY_CODE)
_ADDED = (
    "COUNT(*)",
    *(f"SUM({name})" for name in (*t.COUNTED, "slips_late")),
    *(f"SUM(CASE WHEN {of} = '{code}' THEN 1 ELSE 0 END)" for of, code in t.BY_CODE.values()),
)
_ADD_UP = Prepared(
    text(
        f"INSERT INTO school_sum (season, unit, basis, {', '.join(_SUMS)}) "
        "SELECT season, unit, CASE WHEN MIN(basis) = MAX(basis) THEN MIN(basis) ELSE '' END, "
        f"{', '.join(_ADDED)} FROM case_standing "
        "WHERE season = :season AND unit = :unit AND off_list = '' GROUP BY season, unit "
        "ON CONFLICT (season, unit) DO UPDATE SET "
        + ", ".join(f"{name} = excluded.{name}" for name in ("basis", *_SUMS))
    )
)
_HOLD = text(
    "INSERT INTO school_sum (season, unit) VALUES (:season, :unit) "
    "ON CONFLICT (season, unit) DO UPDATE SET unit = excluded.unit"
)
# Built once: making a statement costs more than running it, and every commit runs these.
_IDS: BindParameter[str] = bindparam("ids", expanding=True)
_BEFORE = Prepared(select(t.case_standing).where(_c.case_id.in_(_IDS)))
_CASES = Prepared(select(t.case_file).where(t.case_file.c.id.in_(_IDS)))
_REFRESHD = Prepared(delete(t.standing_due).where(t.standing_due.c.case_id.in_(_IDS)))
_SEASON = Prepared(select(t.season.c.body).where(t.season.c.id == bindparam("of_season")))
_NEIGHBOURS = Prepared(
    select(
        *(_c.case_id, _c.season, _c.unit, _c.village, _c.place, _c.near, _c.own_waiting, _c.waiting)
    ).where(
        _c.season == bindparam("of_season"),
        _c.unit == bindparam("of_unit"),
        _c.village.in_(bindparam("villages", expanding=True)),
    )
)
_DUE = Prepared(
    select(t.standing_due.c.case_id).limit(bindparam("most")).with_for_update(skip_locked=True)
)
_WAITING = Prepared(
    update(t.case_standing)
    .where(_c.case_id == bindparam("case"))
    .values(waiting=bindparam("records"))
)

School = tuple[str, str]
"""Season and school."""


class Refresher:
    """Refreshes for one writer, and remembers what it could not judge."""

    def __init__(self) -> None:
        self._unjudged: set[str] = set()
        self._seasons: dict[str, tuple[str, Season]] = {}
        self._rests_until_s = 0.0

    def with_group(self, connection: Connection) -> bool:
        """Refresh what this transaction made due; return whether anything is left.

        Where more is due than a transaction should take, all of it is left for a pause.
        """
        return self._safely(connection, GROUP_CASES, all_or_nothing=True)

    def in_pause(self, connection: Connection) -> bool:
        """Refresh some of what is due; return whether anything is left."""
        return self._safely(connection, PAUSE_CASES, all_or_nothing=False)

    def _safely(self, connection: Connection, most: int, *, all_or_nothing: bool) -> bool:
        """Refresh inside a savepoint; what goes wrong is logged and fails nobody."""
        if time.monotonic() < self._rests_until_s:
            return False
        try:
            with savepoint(connection):
                more = self._refresh(connection, most, all_or_nothing=all_or_nothing)
                return school_kept.refresh(connection, whole=all_or_nothing) or more
        except Exception as fault:
            if db_faults.ends_transaction(connection, fault):
                raise
            self._rests_until_s = time.monotonic() + REST_S
            _log.warning("standings were not refreshed: %s", type(fault).__name__, exc_info=True)
            return False

    def _refresh(self, connection: Connection, most: int, *, all_or_nothing: bool) -> bool:
        due = self._due(connection, most)
        if not due:
            return False
        more = len(due) > most
        if more and all_or_nothing:
            return True
        ids = due[:most]
        cases = [one for one in ids if not one.startswith(SEASON)]
        for marker in (one for one in ids if one.startswith(SEASON)):
            found = self._stale(connection, marker.removeprefix(SEASON), most)
            cases += [one for one in found if one not in self._unjudged]
            if not found:
                _forget(connection, [marker])
            more |= bool(found)
        if all_or_nothing and len(cases) > most:
            return True
        self.refresh_cases(connection, list(dict.fromkeys(cases)))
        return more

    def _due(self, connection: Connection, most: int) -> list[str]:
        """Return what is due and nobody else refreshes now, one more than asked for."""
        found = _DUE.rows(connection, {"most": most + 1 + len(self._unjudged)})
        return [one for (one,) in found if one not in self._unjudged]

    def _stale(self, connection: Connection, season_id: str, most: int) -> list[str]:
        """Return cases of a season that were judged by other settings, or another version."""
        season = self._season(connection, season_id)
        if season is None:
            return []
        s, basis = t.school_sum.c, basis_of(season)
        query = select(_c.case_id).where(_c.season == season_id, _c.basis != basis).limit(most)
        if self._unjudged:
            query = query.where(_c.case_id.not_in(sorted(self._unjudged)))
        # school by school, so that what is done already is not looked through each time
        school = select(s.unit).where(s.season == season_id, s.basis != basis).limit(1)
        unit = connection.execute(school).scalar()
        found: list[str] = []
        if unit is not None:
            found = list(connection.execute(query.where(_c.unit == unit)).scalars())
        return found or list(connection.execute(query).scalars())

    def refresh_cases(self, connection: Connection, ids: Sequence[str]) -> None:
        """Judge these cases, keep what was found, and add their schools up."""
        if not ids:
            return
        kept = _kept(connection, ids)
        before = {case_id: _Before.of(row) for case_id, row in kept.items()}
        fresh, gone = self._judged(connection, ids)
        _keep(connection, kept, fresh)
        for part in parts(gone):
            connection.execute(delete(t.case_standing).where(_c.case_id.in_(part)))
        schools = {(row.season, row.unit) for row in before.values()}
        schools |= {(row.season, row.unit) for row in fresh}
        _hold(connection, schools)
        _count_far(connection, _villages(before, fresh))
        _add_up(connection, schools)
        _forget(connection, [*(row.case_id for row in fresh), *gone])

    def _judged(
        self, connection: Connection, ids: Sequence[str]
    ) -> tuple[list[StandingRow], list[str]]:
        """Return the rows of these cases, and the ids of which there is no case any more."""
        found: dict[str, list[RowMapping]] = {}
        missing = set(ids)
        for part in parts(ids):
            for row in _CASES.mappings(connection, {"ids": part}):
                found.setdefault(row["season"], []).append(row)
                missing.discard(row["id"])
        fresh = list[StandingRow]()
        for season_id, rows in found.items():
            season = self._season(connection, season_id)
            if season is None:
                self._unjudged |= {row["id"] for row in rows}
            else:
                fresh += standing_rows.judged(connection, season, rows, self._not_judged)
        return fresh, sorted(missing)

    def _not_judged(self, case_id: str, fault: Exception) -> None:
        if case_id not in self._unjudged:
            self._unjudged.add(case_id)
            _log.warning("a case could not be judged: %s", type(fault).__name__, exc_info=fault)

    def _season(self, connection: Connection, season_id: str) -> Season | None:
        found = _SEASON.one(connection, {"of_season": season_id})
        if found is None:
            return None
        body: str = found[0]
        known = self._seasons.get(season_id)
        if known is None or known[0] != body:
            known = self._seasons[season_id] = (body, msgspec.json.decode(body, type=Season))
        return known[1]


class _Before(msgspec.Struct, frozen=True):
    """What was kept of a case before, as far as it says whose numbers change."""

    season: str
    unit: str
    village: str
    place: str
    near: str

    @staticmethod
    def of(row: RowMapping) -> _Before:
        return _Before(row["season"], row["unit"], row["village"], row["place"], row["near"])


def _kept(connection: Connection, ids: Sequence[str]) -> dict[str, RowMapping]:
    rows = (row for part in parts(ids) for row in _BEFORE.mappings(connection, {"ids": part}))
    return {row["case_id"]: row for row in rows}


def _keep(
    connection: Connection, kept: dict[str, RowMapping], fresh: Sequence[StandingRow]
) -> None:
    """Write what was found; on SQLite, which has one writer, only what differs from what was kept.

    A table of pages' lists has an index a list, and each column that is set costs those it is in.
    """
    whole, changed = list[dict[str, Any]](), dict[tuple[str, ...], list[dict[str, Any]]]()
    for row in fresh:
        now, was = msgspec.structs.asdict(row), kept.get(row.case_id)
        if was is None or connection.dialect.name != "sqlite":
            whole.append(now)
        elif names := tuple(name for name in _COLUMNS if now[name] != was[name]):
            changed.setdefault(names, []).append(now)
    if whole:
        _UPSERT.run_each(connection, whole)
    for names, rows in changed.items():
        _setting(names).run_each(connection, rows)


@lru_cache(maxsize=128)
def _setting(names: tuple[str, ...]) -> Prepared:
    """Return the statement that sets these columns of a case."""
    to = ", ".join(f'"{name}" = :{name}' for name in names)
    return Prepared(text(f"UPDATE case_standing SET {to} WHERE case_id = :case_id"))


def _villages(
    before: dict[str, _Before], fresh: Iterable[StandingRow]
) -> set[standing_places.Village]:
    """Return the villages of which a position, or a record that may be far, is another now."""
    found = set[standing_places.Village]()
    now = {
        row.case_id: _Before(row.season, row.unit, row.village, row.place, row.near)
        for row in fresh
    }
    for case_id, was in before.items():
        if now.get(case_id) != was and was.village:
            found.add((was.season, was.unit, was.village))
    for case_id, one in now.items():
        if one.village and (one.near or before.get(case_id) != one):
            found.add((one.season, one.unit, one.village))
    return found


def _count_far(connection: Connection, villages: set[standing_places.Village]) -> None:
    """Set how many records wait in these villages."""
    rows = list[StandingRow]()
    by_school: dict[School, list[str]] = {}
    for season, unit, village in sorted(villages):
        by_school.setdefault((season, unit), []).append(village)
    for (season, unit), names in by_school.items():
        for part in parts(names):
            which = {"of_season": season, "of_unit": unit, "villages": part}
            rows += [StandingRow(**row) for row in _NEIGHBOURS.mappings(connection, which)]
    changed = standing_places.counted(rows)
    if changed:
        values = [{"case": row.case_id, "records": row.waiting} for row in changed]
        _WAITING.run_each(connection, values)


def _hold(connection: Connection, schools: Iterable[School]) -> None:
    """Let nobody else add these schools up until this transaction ends; SQLite has one writer."""
    if connection.dialect.name != "sqlite":
        for season, unit in sorted(schools):
            connection.execute(_HOLD, {"season": season, "unit": unit})


def _add_up(connection: Connection, schools: Iterable[School]) -> None:
    s = t.school_sum.c
    for season, unit in sorted(schools):
        if _ADD_UP.run(connection, {"season": season, "unit": unit}) == 0:
            here = (s.season == season) & (s.unit == unit)
            connection.execute(delete(t.school_sum).where(here))


def _forget(connection: Connection, ids: Sequence[str]) -> None:
    for part in parts(ids):
        _REFRESHD.run(connection, {"ids": part})
