"""What comes over to a season again, at the press of a button on its page."""

from __future__ import annotations

import asyncio

from litestar import post
from litestar.params import FromPath
from litestar.response import Redirect

from shared.problems import ProblemError
from sync_server.console.web import forms
from sync_server.console.web.access import ADMINS, Req, get_services, me
from sync_server.console.web.rendering import notify, notify_problem
from sync_server.office import carry


@post("/seasons/{season_id:str}/carry", opt={"roles": ADMINS}, status_code=303)
async def carry_over(request: Req, season_id: FromPath[str]) -> Redirect:
    """Carry over what the season lacks of another; pressed again, nothing is doubled."""
    services, who = get_services(request), me(request).name
    source = forms.text(await request.form(), "source", 10)
    try:
        done = await asyncio.to_thread(
            carry.carry_over, services, season_id, source=source, who=who
        )
    except ProblemError as problem:
        notify_problem(request, problem)
        return Redirect(f"/seasons/{season_id}", status_code=303)
    if done.anything:
        notify(
            request,
            "从 {source} 年度带过来:{n} 所学校、{m} 位联络员、{l} 位分管领导、{o} 所学校的包联同志",
            "From {source}: {n} schools, {m} liaisons, {l} leaders, officers of {o} schools",
            source=source,
            n=done.schools,
            m=done.liaisons,
            l=done.leaders,
            o=done.officers,
        )
    else:
        notify(request, "都已经带过来了,没有改动", "Everything came over before; nothing changed")
    return Redirect(f"/seasons/{season_id}", status_code=303)


HANDLERS = (carry_over,)
