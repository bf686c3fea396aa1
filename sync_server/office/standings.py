"""Judge what is kept of a season's standings anew, and say whether it is what the facts say.

What is kept is made of the facts alone, so it may be thrown away at any time; pages are exact
meanwhile, and slower. Nothing that is printed to be signed, or sealed, reads it.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from sync_server.services import Services
from sync_server.store import audit, seasons, standings
from sync_server.store.standing_refresh import Refresher

SAMPLE_PEOPLE = 500
"""So many people `doctor` judges anew, in whole schools drawn by chance."""
Progress = Callable[[int, int], None]


class Rebuilt(msgspec.Struct, frozen=True, kw_only=True):
    """How many people were judged, and how many could not be."""

    people: int
    left: int


def rebuild(services: Services, *, who: str, progress: Progress | None = None) -> Rebuilt:
    """Throw away what is kept of the season and judge everybody anew.

    Killed on the way, the server goes on with what is left, as after an import.

    Args:
        services: The server's services.
        who: Who asks, for the audit trail.
        progress: Told how many are judged, of how many.
    """
    season, now = services.season, services.settings.now_text()

    def forget(connection: standings.Connection) -> int:
        audit.note(connection, at=now, who=who, action="standings.rebuild", ref=season)
        return standings.forget(connection, season)

    people, refresher = services.database.write(forget), Refresher()
    left = people
    while services.database.write(refresher.in_pause):
        left = services.database.read(lambda c: standings.due(c, season))
        if progress is not None:
            progress(people - left, people)
    left = services.database.read(lambda c: standings.due(c, season))
    return Rebuilt(people=people, left=left)


def look(services: Services) -> standings.Look:
    """Compare a sample of what is kept of the season with the facts."""

    def job(connection: standings.Connection) -> standings.Look:
        season = seasons.get(connection, services.season)
        return standings.compare(connection, season, SAMPLE_PEOPLE)

    return services.database.read(job)
