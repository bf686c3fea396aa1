"""Carry over what stays the same from the year before: schools and their people in charge.

Once when a season is made, and again whenever somebody asks while it takes changes: what came over
already, and what 附件1 and 附件2 of the season said since, stays as it is.
"""

from __future__ import annotations

import msgspec

from shared.problems import ProblemError
from sync_server.services import Services
from sync_server.store import audit, carry, seasons
from sync_server.store.carry import Carried
from sync_server.store.database import Connection
from sync_server.store.seasons import Change, FieldChange

WHAT = "carry"
"""How a line of a season's history says that something came over."""
_COUNTED = ("schools", "liaisons", "leaders", "officers")


def preview(services: Services, source: str, season: str) -> Carried:
    """Return what would come over into a season that may not be there yet; nothing is stored.

    Raises:
        ProblemError: season.unknown, carry.same_season.
    """

    def job(connection: Connection) -> Carried:
        _check_source(connection, source, season)
        return carry.preview(connection, source, season)

    return services.database.read(job)


def carry_over(services: Services, season: str, *, source: str, who: str) -> Carried:
    """Carry over what a season lacks of another one; done again it changes nothing.

    Args:
        services: The server's services.
        season: The season that gets it.
        source: The season it comes from.
        who: Who does it, for the history and the audit trail.

    Returns:
        What came over.

    Raises:
        ProblemError: season.unknown, season.closed, season.retention_over, carry.same_season.
    """
    at = services.settings.now_text()
    return services.change(lambda c: carry_in(c, source, season, at=at, who=who), season=season)


def carry_in(connection: Connection, source: str, season: str, *, at: str, who: str) -> Carried:
    """Carry over in a transaction of its caller, with a line of history where anything came.

    Raises:
        ProblemError: season.unknown, carry.same_season.
    """
    _check_source(connection, source, season)
    done = carry.carry(connection, source, season)
    if not done.anything:
        return done
    counts = {name: getattr(done, name) for name in _COUNTED}
    texts = {"from": source, **{name: str(count) for name, count in counts.items() if count}}
    fields = tuple(
        FieldChange(field=f"carried.{name}", before="", after=text) for name, text in texts.items()
    )
    seasons.note(connection, season, Change(n=0, at=at, who=who, what=WHAT, fields=fields))
    detail = msgspec.json.encode({"from": source, **counts}).decode()
    audit.note(connection, at=at, who=who, action="season.carry", ref=season, detail=detail)
    return done


def _check_source(connection: Connection, source: str, season: str) -> None:
    if source == season:
        raise ProblemError("carry.same_season", season=season)
    seasons.one(connection, source)
