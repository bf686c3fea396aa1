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


def schools_for(connection: Connection, season: str, scope: Scope, said: str) -> SchoolChoice:
    """Return the schools to choose from; of too many, those that fit what was typed.

    Args:
        connection: The store.
        season: The season.
        scope: Whose schools.
        said: A code; where schools are typed, a name or a part of one as well.
    """
    text = said.strip()
    every = units.choices(connection, season, scope, MOST_SCHOOLS + 1)
    if len(every) <= MOST_SCHOOLS:
        return SchoolChoice(unit=text, schools=every)
    if not text or units.names_of(connection, season, {text}):
        return SchoolChoice(unit=text, schools={}, typed=True)
    found = units.choices(connection, season, scope, MOST_SCHOOLS, text)
    meant = [code for code, name in found.items() if name == text or len(found) == 1]
    if meant:
        return SchoolChoice(unit=meant[0], schools={}, typed=True)
    return SchoolChoice(unit="", schools=found, typed=True, text=text)
