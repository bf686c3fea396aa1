"""What somebody looks for in the audit trail: a person, an action, a case or school, and days."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta

import msgspec

from shared.ids import parse_case_code
from shared.problems import ProblemError
from shared.season import CST
from sync_server.store import accounts, audit, case_search, cases, masking, units
from sync_server.store.audit import Found, Trail
from sync_server.store.database import Connection


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What was filled in; all of it must hold.

    Attributes:
        who: An account's name, or part of what its person is called.
        action: One of the trail's actions.
        of: A school's code or name, or a person's name, code or id.
        first: The first day, in China.
        last: The last day.
    """

    who: str = ""
    action: str = ""
    of: str = ""
    first: date | None = None
    last: date | None = None


def read(
    connection: Connection, season: str, asked: Asked, *, upto: str, skip: int, most: int
) -> Found:
    """Return some of the lines that fit, the newest first.

    Who only inspects sees accounts and people masked, so neither can be searched for: that a
    search finds something would say who it is.

    Args:
        connection: The reader's connection.
        season: The season whose schools and people are named.
        asked: What was filled in.
        upto: The newest line that counts, so that pages stay as they are while others work.
        skip: How many lines stand on the pages before.
        most: How many lines are wanted.
    """
    inspects = masking.inspects(connection)
    trail = Trail(
        who=None if inspects or not asked.who else _accounts(connection, asked.who),
        action=asked.action,
        of=_things(connection, season, asked.of, schools_only=inspects) if asked.of else None,
        since=_utc(asked.first) if asked.first else "",
        until=_utc(asked.last, days=1) if asked.last else "",
        upto=upto,
    )
    return audit.search(connection, trail, skip=skip, most=most)


def _accounts(connection: Connection, text: str) -> Collection[str]:
    """The accounts meant; what was typed counts as one too, for accounts that are gone."""
    sought = text.casefold()
    shown = accounts.shown_names(connection)
    return {text, *(n for n, called in shown.items() if n == text or sought in called.casefold())}


def _things(
    connection: Connection, season: str, text: str, *, schools_only: bool
) -> tuple[Collection[str], Collection[str]]:
    """What a line may name: schools by code, things by id (a person's records are things too)."""
    schools = {text, *(u.code for u in units.units(connection, season) if u.name == text)}
    if schools_only:
        return schools, ()
    code = _code(text)
    people = case_search.named(connection, season, text, code)
    facts = cases.facts_of(connection, people)
    return schools, {text, *people, *(f.fact.id for many in facts.values() for f in many)}


def _code(text: str) -> str:
    try:
        return parse_case_code(text)
    except ProblemError:
        return text


def _utc(day: date, days: int = 0) -> str:
    """The beginning of a day in China, or of one after it, as UTC text."""
    try:
        return (datetime.combine(day, time.min, CST) + timedelta(days)).astimezone(UTC).isoformat()
    except OverflowError:
        return day.isoformat()
