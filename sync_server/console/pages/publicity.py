"""政策宣传: the leaflet with its picture, and texts to copy; no person is in any of them."""

from __future__ import annotations

import asyncio
from typing import Any

from litestar import Response, get, post

from shared.problems import ProblemError
from shared.publicity import long_text, short_text
from shared.records.kind import Label
from sync_server.console.parts import started
from sync_server.console.web import forms
from sync_server.console.web.access import INSPECTION, Req, get_services, me
from sync_server.console.web.rendering import page
from sync_server.console.web.works import Work
from sync_server.office import leaflets

BACK = "/publicity"
PRINTING = Label("排宣传单", "Making the leaflet")


@get(BACK, opt={INSPECTION: True})
async def view(request: Req) -> Response[str]:
    """The picture and the texts; or which policy pages are to be checked first."""
    season = await asyncio.to_thread(leaflets.season_of, get_services(request))
    problem, short, long = None, "", ""
    try:
        short, long = short_text(season), long_text(season)
    except ProblemError as refused:
        problem = refused
    return await page(request, "publicity.html", short=short, long=long, problem=problem)


@get("/publicity/leaflet.png")
async def picture(request: Req) -> Response[bytes]:
    """The leaflet as a picture."""
    services, who = get_services(request), me(request).name
    data = await asyncio.to_thread(leaflets.preview, services, who=who)
    return forms.download(data, "宣传单.png", "image/png", inline=True)


@post("/publicity/leaflet.pdf", status_code=200)
async def pdf(request: Req) -> Response[Any]:
    """The leaflet to print, opened in the browser's viewer."""
    who = me(request).name

    async def show(_: Req, work: Work) -> Response[Any]:
        return forms.download(work.result(), "政策宣传单.pdf", "application/pdf", inline=True)

    return await started.start(
        request,
        "leaflet",
        lambda services: leaflets.pdf(services, who=who),
        show,
        title=PRINTING,
        of=Label("全县", "the county"),
        back=BACK,
    )


HANDLERS = (view, picture, pdf)
