"""The review queue of a school: accept a record or return it with a comment; the newest word stands, so it can change."""

from __future__ import annotations

import asyncio
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from shared.problems import ProblemError
from sync_server.console.parts.record_view import describe
from sync_server.console.web import forms
from sync_server.console.web.access import Req, me, school, services
from sync_server.console.web.formatting import Words
from sync_server.console.web.rendering import done, language, page
from sync_server.office import review, slips
from sync_server.office.review import QueueItem
from sync_server.store import photos, progress, units

PAGE = 20
SHOW = {
    "waiting": ("待复核", "waiting"),
    "returned": ("已退回", "returned"),
    "accepted": ("已通过", "accepted"),
}


@get("/schools/{unit:str}/review")
async def view(
    request: Req,
    unit: FromPath[str],
    show: FromQuery[str] = "waiting",
    kind: FromQuery[str] = "",
    at: FromQuery[int] = 1,
) -> Response[str]:
    """The records, statements first: they decide whether the school can seal."""
    row, app = await school(request, unit), services(request)
    season = await app.read(lambda c: units.open_season(c, app.settings.season))
    await asyncio.to_thread(slips.read_slips, app, unit, limit=PAGE)
    queue = await asyncio.to_thread(review.queue, app, unit)
    counts = {key: sum(_state(i) == key for i in queue) for key in SHOW}
    chosen = [i for i in queue if _state(i) == show and (not kind or i.fact.fact.kind == kind)]
    chosen.sort(key=lambda i: i.fact.fact.kind != "statement")
    pages = max(1, -(-len(chosen) // PAGE))
    at = min(max(1, at), pages)
    items = chosen[(at - 1) * PAGE : at * PAGE]
    held = await app.read(lambda c: photos.stored_of(c, [p for i in items for p in i.photos]))
    words = Words(language(request))
    flags = await asyncio.to_thread(slips.flags, app, unit)
    told = [(item, describe(item.fact.fact, season, words)) for item in items]
    return await page(
        request,
        "review.html",
        unit=row,
        told=told,
        held=held,
        shows=SHOW,
        show=show,
        counts=counts,
        kind=kind,
        at=at,
        pages=pages,
        flags=flags,
        kinds=sorted({i.fact.fact.kind for i in queue}),
    )


def _state(item: QueueItem) -> str:
    return item.review.verdict if item.review else "waiting"


@post("/schools/{unit:str}/review/{fact_id:str}", status_code=303)
async def say(request: Req, unit: FromPath[str], fact_id: FromPath[str]) -> Redirect:
    """Accept or return."""
    app, form, who = services(request), await request.form(), me(request)
    await school(request, unit)
    home = await app.read(lambda c: progress.unit_of_fact(c, app.settings.season, fact_id))
    if home != unit:
        raise ProblemError("console.not_found")
    verdict, comment = forms.text(form, "verdict"), forms.text(form, "comment", 500)
    where = urlencode(
        {
            name: forms.text(form, name, 20)
            for name in ("show", "kind", "at")
            if forms.text(form, name)
        }
    )
    zh, en = (
        ("已通过", "Accepted")
        if verdict == "accepted"
        else ("已退回,老师同步后会在“今日”最上面看到", "Returned to the teacher")
    )
    return await done(
        request,
        f"/schools/{unit}/review?{where}",
        lambda: review.review(app, fact_id, verdict, comment, who=who.shown),
        zh,
        en,
    )


HANDLERS = (view, say)
