"""How a school is chosen on a page: from a list, or by its name where they are too many."""

from __future__ import annotations

import msgspec

from sync_server.store import units
from sync_server.store.database import Connection
from sync_server.store.scope import Scope

MOST_SCHOOLS = 300
"""Schools to choose from in a list; where there are more, one is typed."""


class SchoolChoice(msgspec.Struct, frozen=True, kw_only=True):
    """Which school is chosen, and of which.

    Attributes:
        unit: Its code; "" for all.
        schools: Names by code to choose from.
        typed: Whether a school is typed, because there are too many to choose from.
        text: What was typed, where it names none or several.
    """

    unit: str
    schools: dict[str, str]
    typed: bool = False
    text: str = ""


def schools_for(
    connection: Connection, season: str, scope: Scope, said: str, most: int = MOST_SCHOOLS
) -> SchoolChoice:
    """Return the schools to choose from; of too many, those that fit what was typed.

    Args:
        connection: The store.
        season: The season.
        scope: Whose schools.
        said: A code; where schools are typed, a part of a name or a township as well.
        most: How many may be chosen from.
    """
    text = said.strip()
    if units.count_within(connection, season, scope) <= most:
        return SchoolChoice(unit=text, schools=units.names_at_work(connection, season, scope))
    if not text or units.names_of(connection, season, {text}):
        return SchoolChoice(unit=text, schools={}, typed=True)
    rows = units.some_within(connection, season, scope, sought=text, most=most + 1)
    meant = [row.code for row in rows if row.name == text or len(rows) == 1]
    if meant:
        return SchoolChoice(unit=meant[0], schools={}, typed=True)
    found = {row.code: row.name for row in rows[:most]}
    return SchoolChoice(unit="", schools=found, typed=True, text=text)
