"""A school's notices (附件3): who was printed and who was not, print exactly those, batches."""

from __future__ import annotations

import asyncio
import hashlib
from functools import partial
from typing import Any, cast, get_args
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from shared.problems import ProblemError
from shared.records.kind import Label
from sync_server.console.parts import notice_view, started
from sync_server.console.web import forms
from sync_server.console.web.access import Req, get_services, me, school
from sync_server.console.web.rendering import local_path, notify_problem, page, run_and_redirect
from sync_server.console.web.works import Work
from sync_server.office import notice_choice, notices, school_contact
from sync_server.office.notice_choice import Choice, Only
from sync_server.office.notice_sheets import Cover
from sync_server.store import cases, notice_prints, units

ONLY: dict[str, Label] = {
    "due": Label("要打印的（没打过和有变化的）", "to print (never printed, or changed since)"),
    "unprinted": Label("没打印过的", "never printed"),
    "changed": Label("印好后有变化的", "changed since printing"),
    "printed": Label("打印过、没有变化的", "printed and unchanged"),
    "all": Label("全部", "all"),
}
COVERS: dict[str, Label] = {
    "": Label("不要清单", "no list"),
    "first": Label("清单放在最前", "list on top"),
    "last": Label("清单放在最后", "list at the end"),
}
TITLE = Label("排通知书", "Making the notices")


@get("/schools/{unit:str}/notices")
async def view(
    request: Req,
    unit: FromPath[str],
    teacher: FromQuery[str] = "",
    village: FromQuery[str] = "",
    only: FromQuery[str] = "due",
    tick: FromQuery[str] = "all",
) -> Response[str]:
    """Who is to be printed, in walking order, all ticked unless `tick` is "none"."""
    row, services = await school(request, unit), get_services(request)
    season = services.season
    found = await services.read(lambda c: notice_choice.of_school(c, season, unit))
    asked = Choice(teacher=teacher, village=village, only=_only(only))
    teachers = await services.read(lambda c: units.staff_of(c, season, unit))
    made = await services.read(lambda c: notice_prints.batches(c, season, unit))
    names = await services.read(lambda c: units.staff_names(c, season))
    return await page(
        request,
        "notices.html",
        unit=row,
        found=found,
        shown=[person for person in found.people if asked.fits(person)],
        asked=asked,
        query=urlencode({"only": asked.only, "teacher": teacher, "village": village}),
        ticked=tick != "none",
        contact=notice_choice.contact(row),
        teachers=teachers,
        villages=list(dict.fromkeys(p.case.village for p in found.people if p.case.village)),
        names=names,
        batches=[(b, notices.kept_minutes(services, b.id)) for b in made],
        whom={b.id: _whom(b.choice, names) for b in made},
        accounts=await services.read(notice_view.shown_names),
        only_words=ONLY,
        covers=COVERS,
    )


def _only(text: str) -> Only:
    """Return one of ONLY; what nobody offers is everybody."""
    return cast(Only, text) if text in get_args(Only) else "all"


def _whom(text: str, names: dict[str, str]) -> str:
    return notices.whom_words(notice_choice.from_text(text), names)


@post("/schools/{unit:str}/notices", status_code=303)
async def make(request: Req, unit: FromPath[str]) -> Response[Any]:
    """Print those ticked. Cases of another school are as unknown as none at all."""
    row, services, who = await school(request, unit), get_services(request), me(request).name
    form = await request.form()
    ticked = [value.rpartition(".") for value in forms.many(form, "case")]
    seen = {case: int(n) for case, _, n in ticked if n.isdecimal() and len(n) < 6}
    back = local_path(forms.text(form, "back"), f"/schools/{unit}/notices")
    mine = await services.read(lambda c: cases.rows(c, services.season, unit=unit))
    if not {r["id"] for r in mine}.issuperset(seen):
        raise ProblemError("console.not_found")
    if not seen:
        notify_problem(request, ProblemError("console.nothing_chosen"))
        return Redirect(back, status_code=303)
    choice = Choice(
        teacher=forms.text(form, "teacher"),
        village=forms.text(form, "village"),
        cases=tuple(sorted(seen)),
    )
    cover = forms.text(form, "cover", 10)
    wanted: Cover = cast(Cover, cover) if cover in COVERS else ""

    def verb(asked: Any) -> str:
        printed = notices.print_notices(asked, unit, choice, who=who, cover=wanted, seen=seen)
        return printed.id

    return await started.start(
        request,
        f"notices {unit} {_digest(choice, wanted)}",
        verb,
        partial(_to_batch, unit=unit),
        title=TITLE,
        of=Label(row.name, row.name),
        back=back,
    )


def _digest(choice: Choice, cover: str) -> str:
    return hashlib.sha256(f"{choice}{cover}".encode()).hexdigest()[:16]


async def _to_batch(request: Req, work: Work, *, unit: str) -> Response[Any]:
    """Lead to the batch, or back with why there is none."""
    try:
        batch_id = work.result()
    except ProblemError as problem:
        notify_problem(request, problem)
        return Redirect(work.back, status_code=303)
    return Redirect(f"/schools/{unit}/notices/{batch_id}", status_code=303)


@get("/schools/{unit:str}/notices/{batch_id:str}")
async def batch(request: Req, unit: FromPath[str], batch_id: FromPath[str]) -> Response[str]:
    """One batch: its PDF while it is kept, and who is in it."""
    row, services = await school(request, unit), get_services(request)
    season = services.season
    found = await services.read(lambda c: notice_prints.batch(c, season, unit, batch_id))
    people = await services.read(lambda c: notice_prints.people_of(c, batch_id))
    ids = [case_id for case_id, _ in people]
    rows = await services.read(lambda c: cases.rows(c, season, ids=ids, off_list=None))
    by_id = {r["id"]: cases.case_of(r) for r in rows}
    names = await services.read(lambda c: units.staff_names(c, season))
    return await page(
        request,
        "notices_batch.html",
        unit=row,
        batch=found,
        whom=_whom(found.choice, names),
        people=[(by_id[case_id], n) for case_id, n in people if case_id in by_id],
        reprints=sum(n > 1 for _, n in people),
        minutes=notices.kept_minutes(services, found.id),
        accounts=await services.read(notice_view.shown_names),
    )


@post("/schools/{unit:str}/notices/{batch_id:str}/notices.pdf", status_code=200)
async def download(request: Req, unit: FromPath[str], batch_id: FromPath[str]) -> Response[bytes]:
    """Answer a batch's PDF; who fetched it is noted."""
    row, services, who = await school(request, unit), get_services(request), me(request).name
    found, pdf = await asyncio.to_thread(notices.fetch, services, unit, batch_id, who=who)
    name = f"通知书-{row.name}-第{found.number}批.pdf"
    return forms.download(pdf, name, "application/pdf", inline=True)


@post("/schools/{unit:str}/notices/{batch_id:str}/take-back", status_code=303)
async def take_back(request: Req, unit: FromPath[str], batch_id: FromPath[str]) -> Redirect:
    """Take a batch back whose sheets never came out of the printer."""
    services, who = get_services(request), me(request).name
    await school(request, unit)
    return await run_and_redirect(
        request,
        f"/schools/{unit}/notices",
        lambda: notices.take_back(services, unit, batch_id, who=who),
        "这一批已撤回，{n} 人这一次不算打印过",
        "The batch was taken back; this print of its {n} people does not count",
        n=lambda people: people,
    )


@post("/schools/{unit:str}/contact", status_code=303)
async def contact(request: Req, unit: FromPath[str]) -> Redirect:
    """Enter the school's liaison and telephone, which every notice names."""
    services, form, who = get_services(request), await request.form(), me(request).name
    await school(request, unit)
    name, phone = forms.text(form, "name", 100), forms.text(form, "phone", 100)
    return await run_and_redirect(
        request,
        f"/schools/{unit}/notices",
        lambda: school_contact.set_contact(services, unit, name, phone, who=who),
        "已记下，以后打印的通知书上就有",
        "Kept; notices printed from now on have it",
        typed={"contact-name": name, "contact-phone": phone},
    )


HANDLERS = (view, make, batch, download, take_back, contact)
