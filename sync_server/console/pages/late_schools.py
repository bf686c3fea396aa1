"""Late schools (约谈): whom the season's rules name and on what numbers; a person decides.

The centre decides which heads are called in; an officer sees the own schools, sets the day and
notes the talk. Who inspects reads that there was one, and when, without its words.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from shared.problems import ProblemError
from shared.records.kind import Label
from shared.season import iso_day
from sync_server.console.parts import started
from sync_server.console.parts.overview import SCHOOLS, part_at, parts_of
from sync_server.console.web import forms
from sync_server.console.web.access import (
    ADMINS,
    CENTRE_STAFF,
    INSPECTION,
    Req,
    get_services,
    me,
    scope_of,
)
from sync_server.console.web.rendering import local_path, page, page_rows, run_and_redirect
from sync_server.console.web.works import Work
from sync_server.office import late_part, late_schools
from sync_server.paperwork.late_schools import ground_words
from sync_server.store import late_schools as store
from sync_server.store.accounts import ADMIN

BACK = "/late-schools"
PDF_TYPE = "application/pdf"
PRINTING = Label("排约谈单位一览", "Making the list of late schools")
MOST_PARTS = 1_000_000
COUNTY = Label("全县", "the county")
STATES = {
    "dismissed": Label("不约谈", "no talk"),
    "listed": Label("待定日期", "day to be set"),
    "dated": Label("待谈", "talk to come"),
    "held": Label("已谈", "held"),
}


@get(BACK, opt={"roles": CENTRE_STAFF, INSPECTION: True})
async def view(request: Req, at: FromQuery[int] = 1) -> Response[str]:
    """The schools that somebody sees, the numbers they stand on, and what was decided."""
    services, most = get_services(request), page_rows(request, SCHOOLS)
    look = partial(late_part.part, services, scope_of(request), most=most)
    at = min(max(at, 1), MOST_PARTS)  # a database counts to 2^63
    found = await asyncio.to_thread(look, first=(at - 1) * most)
    if not found.schools and found.count:
        at = part_at(at, found.count, most)
        found = await asyncio.to_thread(look, first=(at - 1) * most)
    return await page(
        request,
        "late_schools.html",
        found=found,
        states=STATES,
        ground_words=ground_words,
        at=part_at(at, found.count, most),
        pages=parts_of(found.count, most),
    )


@post("/late-schools/decide/{school:str}", opt={"roles": ADMINS}, status_code=303)
async def decide(request: Req, school: FromPath[str]) -> Redirect:
    """Call the head of a school in, or decide against it with a reason."""
    services, form, who = get_services(request), await request.form(), me(request).shown
    written, reason = forms.text(form, "after", 6), forms.text(form, "reason", 300)
    after = int(written) if written.isdecimal() else -1
    call_in = forms.text(form, "do") == "call_in"
    return await run_and_redirect(
        request,
        _back(form),
        lambda: late_schools.decide(
            services, school, call_in=call_in, reason=reason, after=after, who=who
        ),
        "已列入约谈,请定日期" if call_in else "已记下:不约谈",
        "Called in: set the day" if call_in else "Noted: no talk",
        typed={f"reason-{school}": reason},
    )


async def _check_own(request: Req, late_id: str) -> None:
    """Refuse a decision about another's school. Raises: ProblemError console.not_found."""
    services = get_services(request)
    unit = await services.read(lambda c: store.unit_of(c, services.season, late_id))
    scope_of(request).check(unit)


@post("/late-schools/{late_id:str}/day", opt={"roles": CENTRE_STAFF}, status_code=303)
async def set_day(request: Req, late_id: FromPath[str]) -> Redirect:
    """Set the day of the talk."""
    await _check_own(request, late_id)
    services, form, who = get_services(request), await request.form(), me(request).shown
    written = forms.text(form, "day", 10)

    def job() -> object:
        if (day := iso_day(written)) is None:
            raise ProblemError("late.day_impossible", day=written or "–")
        return late_schools.set_day(services, late_id, day, who=who)

    return await run_and_redirect(request, _back(form), job, "约谈日期已记下", "The day is set")


@post("/late-schools/{late_id:str}/talk", opt={"roles": CENTRE_STAFF}, status_code=303)
async def note_talk(request: Req, late_id: FromPath[str]) -> Redirect:
    """Note the talk: when, with whom, what was agreed."""
    await _check_own(request, late_id)
    services, form, who = get_services(request), await request.form(), me(request).shown
    written = forms.text(form, "held_on", 10)
    with_whom, agreed = forms.text(form, "with_whom", 60), forms.text(form, "agreed", 1000)

    def job() -> object:
        if (day := iso_day(written)) is None:
            raise ProblemError("late.day_impossible", day=written or "–")
        return late_schools.note_talk(
            services, late_id, held_on=day, with_whom=with_whom, agreed=agreed, who=who
        )

    return await run_and_redirect(
        request,
        _back(form),
        job,
        "约谈情况已记下",
        "The talk is noted",
        typed={f"with-{late_id}": with_whom, f"agreed-{late_id}": agreed},
    )


@post("/late-schools/{late_id:str}/take-back", opt={"roles": CENTRE_STAFF}, status_code=303)
async def take_back(request: Req, late_id: FromPath[str]) -> Redirect:
    """Take the last step back, until it stands on a printed list; the decision is the admins'."""
    services, form, who = get_services(request), await request.form(), me(request).shown
    state = forms.text(form, "state", 20)
    if me(request).role != ADMIN and state not in store.TAKEN:
        raise ProblemError("auth.forbidden")
    await _check_own(request, late_id)
    return await run_and_redirect(
        request,
        _back(form),
        lambda: late_schools.take_back(services, late_id, state, who=who),
        "已撤回这一步",
        "The step is taken back",
    )


@post("/late-schools/list.pdf", opt={"roles": ADMINS}, status_code=200)
async def printed(request: Req) -> Response[Any]:
    """The list to print; what stands on it is not taken back any more."""
    services, who = get_services(request), me(request).shown

    async def show(_: Req, work: Work) -> Response[Any]:
        return forms.download(
            work.result(), f"约谈单位-{services.season}.pdf", PDF_TYPE, inline=True
        )

    return await started.start(
        request,
        "late-schools list",
        lambda services: late_schools.printed(services, who=who),
        show,
        title=PRINTING,
        of=COUNTY,
        back=BACK,
    )


def _back(form: FormMultiDict) -> str:
    """The part of the list that somebody was at."""
    return local_path(forms.text(form, "back"), BACK)


HANDLERS = (view, decide, set_day, note_talk, take_back, printed)
