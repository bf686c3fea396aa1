"""The leaflet and the texts for everybody, from a season's settings: no case is ever read here."""

from __future__ import annotations

from functools import partial

from shared.assets import FONTS
from shared.digest import sha256_hex
from shared.season import Season
from sync_server import temporary, whole_file
from sync_server.office import fonts, jobs, season_file
from sync_server.office.jobs import Job
from sync_server.paperwork.leaflet import render_leaflet, render_preview
from sync_server.services import Services
from sync_server.store import seasons


def season_of(services: Services) -> Season:
    """Return the season that is worked on."""
    return services.database.read(lambda c: seasons.get(c, services.season))


def pdf(services: Services, *, who: str) -> bytes:
    """Typeset the leaflet.

    Raises:
        ProblemError: leaflet.page_unchecked, leaflet.nothing, paper.not_set, those of a job.
    """
    render = partial(render_leaflet, demo=bool(services.settings.clock_spec))
    season, faces = season_of(services), fonts.in_use(services)
    return jobs.run(services, Job(kind="print", who=who), render, season, FONTS, faces=faces)


def preview(services: Services, *, who: str) -> bytes:
    """Return a picture (PNG) of the leaflet; kept for a while, since a page asks for it each time.

    Raises:
        ProblemError: as `pdf`.
    """
    season, faces = season_of(services), fonts.in_use(services)
    demo = bool(services.settings.clock_spec)
    digest = sha256_hex(repr((season_file.dump(season), faces, demo)).encode())
    place = services.settings.path(temporary.FOLDER) / f"leaflet-{digest[:16]}.png"
    if place.exists():
        return place.read_bytes()
    render = partial(render_preview, demo=demo)
    picture = jobs.run(services, Job(kind="print", who=who), render, season, FONTS, faces=faces)
    whole_file.write(place, picture)
    return picture
