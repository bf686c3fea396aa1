"""What comes over to a season, as the pages of seasons say it before and after."""

from __future__ import annotations

from shared.problems import ProblemError
from shared.season import Season
from sync_server.console.web.access import Req, get_services
from sync_server.console.web.rendering import notify
from sync_server.office import carry
from sync_server.store import carry as store_carry
from sync_server.store import seasons
from sync_server.store.carry import Carried
from sync_server.store.seasons import SeasonRow


async def coming(request: Req, season: Season, row: SeasonRow | None) -> Carried | None:
    """What would come over from the season it follows; None where it follows none or is over."""
    services, source = get_services(request), season.texts_from
    if not source or (row is not None and row.state not in seasons.TAKES_CHANGES):
        return None
    if source not in {state.id for state in await services.read(seasons.states)}:
        return None
    return await services.read(lambda c: store_carry.preview(c, source, season.id))


async def made_before(request: Req, made: Season, problem: ProblemError) -> bool:
    """Whether this very season is there already: the button was pressed twice."""
    if problem.code != "season.exists":
        return False
    row = await get_services(request).read(lambda c: seasons.find(c, made.id))
    return row is not None and row.season == made


async def say_made(request: Req, season_id: str) -> None:
    """Say that a season was made, and what came over by the line of its history."""
    history = await get_services(request).read(lambda c: seasons.history(c, season_id))
    line = next((one for one in history if one.what == carry.WHAT), None)
    if line is None:
        notify(
            request, "{year} 年度已新建,请核对待核对的页面", "Season {year} is made", year=season_id
        )
        return
    counts = {field.field.partition(".")[2]: field.after for field in line.fields}
    notify(
        request,
        "{year} 年度已新建,从 {source} 年度带过来 {n} 所学校、{m} 位联络员,请核对待核对的页面",
        "Season {year} is made; {n} schools and {m} liaisons came over from {source}",
        year=season_id,
        source=counts.get("from", ""),
        n=counts.get("schools", "0"),
        m=counts.get("liaisons", "0"),
    )
