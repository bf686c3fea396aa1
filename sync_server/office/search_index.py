"""The search index as a whole: made anew, or compared with the rows that it is made of."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from sync_server.services import Services
from sync_server.store import audit, search_check, search_index
from sync_server.store.database import Connection
from sync_server.store.search_check import Look

SAMPLE_PEOPLE = 200
"""So many people `doctor` compares, drawn by chance."""
Progress = Callable[[int, int], None]


class Rebuilt(msgspec.Struct, frozen=True, kw_only=True):
    """How many people the index was made of, and how many could not be read."""

    people: int
    left: int


def rebuild(services: Services, *, who: str, progress: Progress | None = None) -> Rebuilt:
    """Throw the season's search index away and make it anew; everybody is found meanwhile.

    Killed on the way, the server goes on with what is left, as after an import.

    Args:
        services: The server's services.
        who: Who asks, for the audit trail.
        progress: Told how many are done, of how many.
    """
    season, now = services.season, services.settings.now_text()

    def forget(connection: Connection) -> int:
        audit.note(connection, at=now, who=who, action="search.rebuild", ref=season)
        return search_index.renew(connection, season)

    def due(connection: Connection) -> int:
        return search_check.due(connection, season)

    people, refresher = services.database.write(forget), search_index.Refresher()
    while services.database.write(refresher.in_pause):
        if progress is not None:
            progress(people - services.database.read(due), people)
    return Rebuilt(people=people, left=services.database.read(due))


def look(services: Services) -> Look:
    """Compare a sample of the season's index with what people's rows say."""
    return services.database.read(lambda c: search_check.compare(c, services.season, SAMPLE_PEOPLE))
