"""The season of the sample county, as it stands in season.toml."""

from __future__ import annotations

from functools import cache

from shared.policy import POLICY, SCRIPT, PolicyPage
from shared.season import Season
from sync_server.office import season_file, seasons
from sync_server.office.season_template import TEMPLATE
from sync_server.services import Services


@cache
def season_2019() -> Season:
    """The calendar, limits and texts of 2019, with the sample county's letterhead."""
    return season_file.parse(TEMPLATE.read_text(encoding="utf-8"))


def policy_2019() -> tuple[PolicyPage, ...]:
    """Every text of 2019: scripts first, then policy pages."""
    return season_2019().policy


def scripts_2019() -> tuple[PolicyPage, ...]:
    """The scripts of 2019."""
    return tuple(page for page in policy_2019() if page.section == SCRIPT)


def pages_2019() -> tuple[PolicyPage, ...]:
    """The policy pages of 2019."""
    return tuple(page for page in policy_2019() if page.section == POLICY)


def open_sample_season(services: Services, *, who: str) -> str:
    """Put the sample's season into an empty database and open it.

    Args:
        services: The server's services.
        who: Who does it, for the season's history.

    Returns:
        The season's id.
    """
    season = season_2019()
    seasons.create(services, season, who=who)
    seasons.open_season(services, season.id, who=who)
    return season.id
