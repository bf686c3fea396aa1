"""Seasons in the database: their settings, their state, and who changed what.

One season at most is open; phones work on it. See docs/states.md.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Any, Final, Literal, cast

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    LargeBinary,
    RowMapping,
    Select,
    bindparam,
    func,
    select,
    update,
)
from sqlalchemy import cast as as_type

from shared.problems import ProblemError
from shared.season import Season
from sync_server.store import feed
from sync_server.store import tables as t
from sync_server.store.prepared import Prepared
from sync_server.store.same_settings import settings_of

State = Literal["preparing", "open", "closed", "purged"]
PREPARING: Final = "preparing"
OPEN: Final = "open"
CLOSED: Final = "closed"
PURGED: Final = "purged"
SHOWN_FIRST: tuple[State, ...] = (OPEN, CLOSED, PREPARING, PURGED)
"""Which season is meant where none is named: the open one, else the newest closed, and so on."""
TAKES_CHANGES: tuple[State, ...] = (PREPARING, OPEN)


class SeasonRow(msgspec.Struct, frozen=True, kw_only=True):
    """A season with its state.

    Attributes:
        state: preparing | open | closed | purged.
        season: Its settings.
        changes: How many changes its history has; a form remembers it.
        file: The TOML file it was last imported from, for its comments; "" when there was none.
    """

    id: str
    state: State
    season: Season
    changes: int = 0
    file: str = ""


class FieldChange(msgspec.Struct, frozen=True, kw_only=True):
    """One field that was changed; values as text, "" for none."""

    field: str
    before: str
    after: str


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a season's history.

    `what`: new | set | import | carry | open | close | reopen | purge.
    """

    n: int
    at: str
    who: str
    what: str
    reason: str = ""
    fields: tuple[FieldChange, ...] = ()


def listed(connection: Connection) -> list[SeasonRow]:
    """All seasons, the newest first."""
    rows = connection.execute(_query().order_by(t.season.c.id.desc())).mappings()
    return [_row(r) for r in rows]


class SeasonState(msgspec.Struct, frozen=True):
    """A season's id and state, for a list to choose from."""

    id: str
    state: State


def states(connection: Connection) -> list[SeasonState]:
    """Every season's state, the newest first, without reading its settings."""
    rows = connection.execute(
        select(t.season.c.id, t.season.c.state).order_by(t.season.c.id.desc())
    )
    return [SeasonState(r.id, r.state) for r in rows]


def find(connection: Connection, season: str) -> SeasonRow | None:
    """The season of an id."""
    if connection.dialect.name != "sqlite":
        row = _FIND.first(connection, {"of_season": season})
        return None if row is None else _row(row)
    row = _FIND_BYTES.first(connection, {"of_season": season})
    return None if row is None else _row(row, settings_of(season, row["body"]))


def one(connection: Connection, season: str) -> SeasonRow:
    """The season of an id. Raises ProblemError season.unknown."""
    row = find(connection, season)
    if row is None:
        raise ProblemError("season.unknown", season=season)
    return row


def get(connection: Connection, season: str) -> Season:
    """A season's settings. Raises ProblemError season.unknown."""
    return one(connection, season).season


def choose(connection: Connection, wanted: str = "") -> str:
    """Return the season that is meant.

    Args:
        connection: The database.
        wanted: The season asked for; "" for the one to show first (SHOWN_FIRST).

    Returns:
        Its id; "" when there is no season yet.

    Raises:
        ProblemError: season.unknown.
    """
    if wanted:
        return one(connection, wanted).id
    found = connection.execute(
        select(t.season.c.id, t.season.c.state).order_by(t.season.c.id.desc())
    ).all()
    first = sorted(found, key=lambda row: SHOWN_FIRST.index(cast(State, row.state)))
    return first[0].id if first else ""


def check_takes_changes(connection: Connection, season: str, today: date) -> None:
    """Refuse a change to a season that is closed, or whose data are past their retention.

    Args:
        connection: The database.
        season: The season.
        today: The day in China.

    Raises:
        ProblemError: season.closed, season.retention_over, season.unknown.
    """
    _check_state(connection, season, TAKES_CHANGES, today)


def check_open(connection: Connection, season: str, today: date) -> None:
    """Refuse phones of a season that is not open. `today`: the day in China.

    Raises:
        ProblemError: season.closed, season.retention_over, season.preparing, season.unknown.
    """
    _check_state(connection, season, (OPEN,), today)


def check_takes_records(connection: Connection, season: str, today: date) -> SeasonRow:
    """Return a season; refuse what its phones send before it is opened, and past its retention.

    A closed season takes late records until it is purged. `today`: the day in China.

    Raises:
        ProblemError: season.closed (purged), season.retention_over, season.preparing,
            season.unknown.
    """
    row = one(connection, season)
    _check(row.id, row.state, row.season.retain_until, (OPEN, CLOSED), today)
    return row


def is_over(row: SeasonRow) -> bool:
    """Whether a season keeps no more records, even of phones that have gone on: it was purged."""
    return row.state == PURGED


# Built once: every push runs it.
_STATE = select(t.season.c.state, t.season.c.body).where(t.season.c.id == bindparam("of_season"))


class _Retention(msgspec.Struct):
    """The one field of a season's settings that every write looks at."""

    retain_until: date | None = None


def _check_state(
    connection: Connection, season: str, states: tuple[State, ...], today: date
) -> None:
    row = connection.execute(_STATE, {"of_season": season}).first()
    if row is None:
        raise ProblemError("season.unknown", season=season)
    _check(season, row.state, _retain_until(row.body), states, today)


def _check(
    season: str, state: str, until: date | None, states: tuple[State, ...], today: date
) -> None:
    if state not in states:
        code = "season.preparing" if state == PREPARING else "season.closed"
        raise ProblemError(code, season=season)
    if until is not None and today > until:
        raise ProblemError("season.retention_over", season=season, day=until.isoformat())


def add(
    connection: Connection,
    season: Season,
    *,
    at: str,
    who: str,
    file: str = "",
    copy_schools: bool = True,
) -> None:
    """Store a new season in preparation, with its texts as edition 0.

    Args:
        connection: The database.
        season: Its settings.
        at: When (UTC).
        who: Who made it.
        file: The TOML file the settings come from.
        copy_schools: Whether the schools of the newest season come with it, without people; not
            where a season to carry them from was named (store/carry.py).

    Raises:
        ProblemError: season.exists.
    """
    if find(connection, season.id) is not None:
        raise ProblemError("season.exists", season=season.id)
    if copy_schools:
        _copy_schools(connection, season.id)
    body = msgspec.json.encode(season).decode()
    connection.execute(
        t.season.insert(), {"id": season.id, "body": body, "state": PREPARING, "file": file}
    )
    pages = msgspec.json.encode(season.policy).decode()
    connection.execute(
        t.policy_edition.insert(),
        {"season": season.id, "n": 0, "at": at, "who": who, "what": "ship", "body": pages},
    )
    note(connection, season.id, Change(n=0, at=at, who=who, what="new"))


def _copy_schools(connection: Connection, season: str) -> None:
    """Give the schools of the newest season the same codes in another one.

    Accounts and certificates name a school by its code. Names of people are not copied.
    """
    if connection.execute(select(t.unit.c.code).where(t.unit.c.season == season)).first():
        return
    newest = connection.execute(select(func.max(t.season.c.id))).scalar()
    rows = connection.execute(
        select(t.unit.c.code, t.unit.c.name, t.unit.c.townships).where(
            t.unit.c.season == newest, t.unit.c.retired_at == "", t.unit.c.merged_into == ""
        )
    ).mappings()
    for row in list(rows):
        connection.execute(t.unit.insert(), {"season": season, **row})


def save(connection: Connection, season: Season) -> None:
    """Store a season's settings and announce them to every phone."""
    body = msgspec.json.encode(season).decode()
    connection.execute(update(t.season).where(t.season.c.id == season.id).values(body=body))
    announce(connection, season.id)


def save_change(connection: Connection, season: Season, change: Change, file: str = "") -> None:
    """Store changed settings with a line of history. `file`: what was imported, if anything."""
    save(connection, season)
    if file:
        connection.execute(update(t.season).where(t.season.c.id == season.id).values(file=file))
    note(connection, season.id, change)


def set_state(
    connection: Connection, season: str, state: State, *, at: str, who: str, reason: str = ""
) -> None:
    """Move a season to another state with a line of history; the verb checks that it may.

    Raises:
        ProblemError: season.changed where another process moved it since it was read.
    """
    before, c = one(connection, season).state, t.season.c
    moved = update(t.season).where(c.id == season, c.state == before).values(state=state)
    if connection.execute(moved).rowcount != 1:
        raise ProblemError("season.changed", who="?")
    what = {OPEN: "open" if before == PREPARING else "reopen", CLOSED: "close", PURGED: "purge"}
    note(connection, season, Change(n=0, at=at, who=who, what=what[state], reason=reason))
    announce(connection, season)


def history(connection: Connection, season: str, limit: int = 100) -> list[Change]:
    """The newest changes first."""
    c = t.season_change.c
    rows = connection.execute(
        select(t.season_change).where(c.season == season).order_by(c.n.desc()).limit(limit)
    ).mappings()
    return [_change(r) for r in rows]


def since(connection: Connection, season: str, n: int) -> list[Change]:
    """The changes made after the first `n`, the oldest first."""
    c = t.season_change.c
    rows = connection.execute(
        select(t.season_change).where(c.season == season, c.n > n).order_by(c.n)
    ).mappings()
    return [_change(r) for r in rows]


def announce(connection: Connection, season: str) -> None:
    """Add a briefing line to the feed of every school of a season."""
    codes = connection.execute(
        select(t.unit.c.code).where(t.unit.c.season == season).order_by(t.unit.c.code)
    ).scalars()
    for code in list(codes):
        feed.advance(connection, code, [feed.Line(kind="briefing")])


def forget(connection: Connection, season: str) -> None:
    """Delete a season that nothing was built on, with its history and whatever names it.

    Nobody could purge it later: teachers' names of enrolment codes, reports of 附件1.
    """
    for table in t.metadata.sorted_tables:
        if "season" in table.c:
            connection.execute(table.delete().where(table.c.season == season))
    connection.execute(t.season.delete().where(t.season.c.id == season))


def is_used(connection: Connection, season: str) -> bool:
    """Return whether anything was imported or recorded for a season.

    An account of a school that is in no other season counts: with the season it would lose it.
    """
    for table in (t.case_file, t.fact, t.device, t.device_season, t.snapshot, t.summary):
        if connection.execute(select(table.c.season).where(table.c.season == season)).first():
            return True
    elsewhere = select(t.unit.c.code).where(t.unit.c.season != season)
    here = select(t.unit.c.code).where(t.unit.c.season == season, t.unit.c.code.not_in(elsewhere))
    return (
        connection.execute(select(t.account.c.name).where(t.account.c.unit.in_(here))).first()
        is not None
    )


def _query(body: ColumnElement[Any] = t.season.c.body) -> Select[Any]:
    newest = select(func.max(t.season_change.c.n)).where(t.season_change.c.season == t.season.c.id)
    columns = (c if c is not t.season.c.body else body for c in t.season.c)
    return select(*columns, newest.scalar_subquery().label("changes"))


_FIND = Prepared(_query().where(t.season.c.id == bindparam("of_season")))
_AS_BYTES = as_type(t.season.c.body, LargeBinary).label("body")
_FIND_BYTES = Prepared(_query(_AS_BYTES).where(t.season.c.id == bindparam("of_season")))


@lru_cache(maxsize=16)
def _settings(body: str) -> Season:
    """Decode settings once: they change rarely and every push reads them."""
    return msgspec.json.decode(body, type=Season)


@lru_cache(maxsize=16)
def _retain_until(body: str) -> date | None:
    return msgspec.json.decode(body, type=_Retention).retain_until


def _row(row: RowMapping, settings: Season | None = None) -> SeasonRow:
    return SeasonRow(
        id=row["id"],
        state=row["state"],
        season=settings or _settings(row["body"]),
        changes=row["changes"] or 0,
        file=row["file"],
    )


def note(connection: Connection, season: str, change: Change) -> None:
    """Add a line to a season's history, with the next number."""
    c = t.season_change.c
    newest = connection.execute(select(func.max(c.n)).where(c.season == season)).scalar() or 0
    connection.execute(
        t.season_change.insert(),
        {
            "season": season,
            "n": newest + 1,
            "at": change.at,
            "who": change.who,
            "what": change.what,
            "reason": change.reason,
            "fields": msgspec.json.encode(change.fields).decode(),
        },
    )


def _change(row: RowMapping) -> Change:
    fields = msgspec.json.decode(row["fields"], type=tuple[FieldChange, ...])
    return Change(
        n=row["n"],
        at=row["at"],
        who=row["who"],
        what=row["what"],
        reason=row["reason"],
        fields=fields,
    )


def put_county(connection: Connection, text: str) -> None:
    """Keep the county's letterhead (JSON) until a season has one."""
    connection.execute(t.meta.delete().where(t.meta.c.key == "county"))
    connection.execute(t.meta.insert(), {"key": "county", "value": text})


def county(connection: Connection) -> str:
    """The letterhead kept by `put_county`; "" for none."""
    return connection.execute(select(t.meta.c.value).where(t.meta.c.key == "county")).scalar() or ""
