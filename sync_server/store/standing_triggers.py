"""Triggers that note which cases have to be judged again, so that no writer can forget it.

Each puts ids into `standing_due`; the writer refreshes them (store/standing_refresh.py). Cases
whose photo, or whose slip's code, is also another's are noted with that other. Their text is part
of the schema: a change of one is a migration of its own, with the earlier text kept beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from sync_server.store.locks import SHARED_PHOTOS

Event = Literal["INSERT", "UPDATE", "DELETE"]
EVERY: tuple[Event, ...] = ("INSERT", "UPDATE", "DELETE")


class Trigger(msgspec.Struct, frozen=True):
    """What a change of a table's rows makes due.

    Attributes:
        table: The table.
        due: Queries of one column, the ids; `{row}` is the row before or after the change.
        columns: An update of other columns makes nothing due.
        events: On which changes.
        in_turn: Whether two changes may be about each other's cases though neither notes the
            other's. PostgreSQL makes one after the other, so that the later sees the earlier.

    """

    table: str
    due: tuple[str, ...]
    columns: tuple[str, ...] = ()
    events: tuple[Event, ...] = EVERY
    in_turn: bool = False


_SAME_FILE = (
    "SELECT fact.case_id FROM fact_photo JOIN fact ON fact.id = fact_photo.fact_id "
    "WHERE fact_photo.sha256 = {row}.sha256"
)
_SAME_SHOT = (
    "SELECT fact.case_id FROM slip "
    "JOIN slip AS twin ON twin.same = slip.same "
    "JOIN fact_photo ON fact_photo.sha256 = twin.sha256 "
    "JOIN fact ON fact.id = fact_photo.fact_id "
    "WHERE slip.sha256 = {row}.sha256 AND slip.same <> ''"
)
_OF_THE_SHOT = (
    "SELECT fact.case_id FROM slip AS twin "
    "JOIN fact_photo ON fact_photo.sha256 = twin.sha256 "
    "JOIN fact ON fact.id = fact_photo.fact_id "
    "WHERE twin.same = {row}.same AND {row}.same <> ''"
)
"""By the shot itself: of a row that was, `slip` does not tell it any more."""
_WHOSE_PHOTO = "SELECT fact.case_id FROM fact WHERE fact.id = {row}.fact_id"
_SHARES_A_PHOTO = (
    "SELECT there.case_id FROM fact AS mine "
    "JOIN fact_photo ON fact_photo.fact_id = mine.id "
    "JOIN fact_photo AS also ON also.sha256 = fact_photo.sha256 "
    "JOIN fact AS there ON there.id = also.fact_id "
    "WHERE {row}.kind = 'correction' AND mine.case_id = {row}.case_id"
)
_SHARES_A_SHOT = (
    "SELECT there.case_id FROM fact AS mine "
    "JOIN fact_photo ON fact_photo.fact_id = mine.id "
    "JOIN slip ON slip.sha256 = fact_photo.sha256 "
    "JOIN slip AS twin ON twin.same = slip.same "
    "JOIN fact_photo AS also ON also.sha256 = twin.sha256 "
    "JOIN fact AS there ON there.id = also.fact_id "
    "WHERE {row}.kind = 'correction' AND mine.case_id = {row}.case_id AND slip.same <> ''"
)
_SLIP_OF_CODE = (
    "SELECT fact.case_id FROM slip "
    "JOIN fact_photo ON fact_photo.sha256 = slip.sha256 "
    "JOIN fact ON fact.id = fact_photo.fact_id "
    "WHERE slip.case_code = {row}.code AND slip.case_code <> ''"
)
_LINES = "SELECT slip_line.case_id FROM slip_line WHERE slip_line.batch = {row}.id"
_REVIEWED = "SELECT fact.case_id FROM fact WHERE fact.id = {row}.fact_id"

TRIGGERS: tuple[Trigger, ...] = (
    Trigger(
        "fact",
        ("SELECT {row}.case_id", _SHARES_A_PHOTO, _SHARES_A_SHOT),
        ("id", "season", "case_id", "kind", "data", "received_at", "seq"),
    ),
    Trigger(
        "fact_photo",
        (_WHOSE_PHOTO, _SAME_FILE, _SAME_SHOT),
        ("fact_id", "sha256"),
        in_turn=True,
    ),
    Trigger(
        "slip",
        (_SAME_FILE, _OF_THE_SHOT),
        ("sha256", "case_code", "sharpness", "same"),
        in_turn=True,
    ),
    Trigger("review", (_REVIEWED,)),
    Trigger(
        "case_file",
        ("SELECT {row}.id",),
        (
            *("id", "season", "code", "unit", "assignee", "body", "paid", "repaid_fen"),
            *("repaid_as_of", "paid_on", "off_list"),
        ),
    ),
    Trigger("case_file", (_SLIP_OF_CODE,), ("season", "code"), in_turn=True),
    Trigger("slip_page", ("SELECT {row}.case_id",), ("case_id", "state", "sha256")),
    Trigger("slip_line", ("SELECT {row}.case_id",), ("batch", "case_id", "ticked_at")),
    Trigger(
        "slip_batch",
        (_LINES,),
        ("id", "season", "state", "late", "received_at"),
        ("UPDATE", "DELETE"),
    ),
    Trigger("photo", (_SAME_FILE,), ("sha256",)),
    Trigger("season", ("SELECT 'season:' || {row}.id",), ("body",), ("UPDATE",)),
)


def created(dialect: str) -> Iterator[str]:
    """Yield the statements that make the triggers in a database (`sqlite` or `postgresql`)."""
    for name, trigger, event, queries in _each():
        table, columns = trigger.table, trigger.columns
        when = f"UPDATE OF {', '.join(columns)}" if event == "UPDATE" and columns else event
        if dialect == "sqlite":
            body = " ".join(f"{_noted_once(query)};" for query in queries)
            yield f"CREATE TRIGGER {name} AFTER {when} ON {table} BEGIN {body} END"
            continue
        body = " ".join(f"{_noted_locked(query)};" for query in queries)
        if trigger.in_turn:
            body = f"PERFORM pg_advisory_xact_lock({SHARED_PHOTOS}); {body}"
        yield (
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN {body} RETURN NULL; END $$"
        )
        yield (
            f"CREATE TRIGGER {name} AFTER {when} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()"
        )


def dropped(dialect: str) -> Iterator[str]:
    """Yield the statements that take the triggers away."""
    for name, trigger, *_ in _each():
        if dialect == "sqlite":
            yield f"DROP TRIGGER {name}"
        else:
            yield f"DROP TRIGGER {name} ON {trigger.table}"
            yield f"DROP FUNCTION {name}()"


def names() -> list[str]:
    """Return the triggers' names."""
    return [name for name, *_ in _each()]


def _each() -> Iterator[tuple[str, Trigger, Event, list[str]]]:
    """Yield each trigger with its name, an event and the queries of that."""
    count = dict[str, int]()
    for trigger in TRIGGERS:
        n = count[trigger.table] = count.get(trigger.table, 0) + 1
        for event in trigger.events:
            rows = {"INSERT": ("NEW",), "DELETE": ("OLD",), "UPDATE": ("OLD", "NEW")}[event]
            queries = [query.replace("{row}", row) for row in rows for query in trigger.due]
            name = f"due_{trigger.table}_{n}_{event.lower()}"
            yield name, trigger, event, queries


_INTO = "INSERT INTO standing_due (case_id)"


def _noted_once(query: str) -> str:
    """On SQLite: an `OR` clause of the statement that fires the trigger must not change it."""
    if " FROM " in query:
        one, found = "found.case_id", f" FROM ({_named(query)}) AS found"
        one_each = f"DISTINCT {one}"
    else:
        one_each, found = query.removeprefix("SELECT "), ""
        one = one_each
    known = f"EXISTS (SELECT 1 FROM standing_due AS d WHERE d.case_id = {one})"
    return f"{_INTO} SELECT {one_each}{found} WHERE {one} <> '' AND NOT {known}"


def _noted_locked(query: str) -> str:
    """On PostgreSQL: a row that is there already is locked, so that nobody refreshes it meanwhile.

    In order of the ids, so that two do not wait for each other.
    """
    return (
        f"{_INTO} SELECT DISTINCT found.case_id FROM ({_named(query)}) AS found "
        "WHERE found.case_id <> '' ORDER BY 1 "
        "ON CONFLICT (case_id) DO UPDATE SET case_id = excluded.case_id"
    )


def _named(query: str) -> str:
    """Call a query's one column case_id."""
    column, *rest = query.removeprefix("SELECT ").split(" FROM ", 1)
    return " FROM ".join((f"SELECT {column} AS case_id", *rest))
