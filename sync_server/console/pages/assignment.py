"""Who visits whom: people given to teachers by village, evenly or by hand, after a preview."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from shared.ids import fold
from shared.problems import ProblemError
from shared.records.kind import Label
from sync_server.console.parts.overview import part_at, parts_of
from sync_server.console.web import forms
from sync_server.console.web.access import Req, get_services, me, school
from sync_server.console.web.rendering import (
    local_path,
    notify,
    notify_problem,
    page,
    page_rows,
    run_and_redirect,
)
from sync_server.office import assignment
from sync_server.office.assignment_plan import Asked
from sync_server.store import assignments, progress, seasons, teachers, units
from sync_server.store.accounts import ADMIN
from sync_server.store.assignments import EVEN, VILLAGE
from sync_server.store.progress import CaseStanding

PEOPLE = 200
"""People that the page lists at a time."""
OF_VILLAGE = "to:"
"""What the name of a village's field begins with; the village follows."""
NOBODY = "-"
HOW = {
    "hand": Label("逐人", "by hand"),
    "village": Label("按村", "by village"),
    "even": Label("平均分", "evenly"),
    "left": Label("老师离开后改派", "reassigned after a teacher left"),
    "phone": Label("手机停用后改派", "reassigned after a phone was stopped"),
}
SHOWS = {
    "": Label("全部", "all"),
    "unpaid": Label("未还清", "not repaid"),
    "untouched": Label("未还清、还没走访联系", "not repaid, nothing recorded"),
}


@get("/schools/{unit:str}/assignment")
async def view(
    request: Req,
    unit: FromPath[str],
    staff: FromQuery[str] = "",
    village: FromQuery[str] = "",
    show: FromQuery[str] = "",
    q: FromQuery[str] = "",
    ticked: FromQuery[bool] = False,
    at: FromQuery[int] = 1,
) -> Response[str]:
    """The three ways; by hand with filters: `staff` "-" means nobody."""
    filters = {"staff": staff, "village": village, "show": show, "q": q}
    return await _page(request, unit, filters=filters, ticked=ticked, at=at)


async def _page(
    request: Req,
    unit: str,
    *,
    filters: dict[str, str] | None = None,
    ticked: bool = False,
    at: int = 1,
    asked: Asked | None = None,
    problem: ProblemError | None = None,
) -> Response[str]:
    row, services = await school(request, unit), get_services(request)
    filters = filters or {"staff": "", "village": "", "show": "", "q": ""}
    season = await services.read(lambda c: seasons.get(c, services.season))
    found = await services.read(lambda c: progress.case_standings(c, season, unit=unit))
    known = await services.read(lambda c: teachers.listed(c, season.id, unit))
    centre = me(request).role == ADMIN
    schools = await services.read(lambda c: units.units(c, season.id)) if centre else []
    shown = [line for line in found if _fits(line, filters)]
    shown.sort(key=lambda line: (line.case.village, line.case.code))
    most = page_rows(request, PEOPLE)
    at = part_at(at, len(shown), most)
    return await page(
        request,
        "assignment.html",
        unit=row,
        found=shown[(at - 1) * most : at * most],
        count=len(shown),
        at=at,
        pages=parts_of(len(shown), most),
        everybody=found,
        teachers=known,
        here=[teacher for teacher in known if teacher.is_here],
        load=progress.count_by(found, season, lambda line: line.case.assignee),
        villages=_villages(found),
        asked=asked or Asked(how="", everyone=True),
        problem=problem,
        last=await services.read(lambda c: assignments.newest(c, season.id, unit)),
        how=HOW,
        shows=SHOWS,
        filters=filters,
        query=urlencode({k: v for k, v in filters.items() if v}),
        ticked=ticked,
        schools=schools,
        names={t.id: t.name for t in known},
    )


def _fits(line: CaseStanding, filters: dict[str, str]) -> bool:
    case, standing, staff = line.case, line.standing, filters["staff"]
    sought = fold(filters["q"])
    texts = (case.borrower.name, case.code, case.village, *line.initials.split())
    nothing = not (standing.visits or standing.attempts or standing.statement != "none")
    return (
        (not filters["village"] or case.village == filters["village"])
        and (not staff or case.assignee == ("" if staff == NOBODY else staff))
        and (not filters["show"] or not standing.repaid.paid)
        and (filters["show"] != "untouched" or nothing)
        and (not sought or any(sought in fold(text) for text in texts))
    )


def _villages(found: list[CaseStanding]) -> list[dict[str, Any]]:
    """Each village with its counts and who visits there now."""
    by: dict[str, list[CaseStanding]] = {}
    for line in found:
        by.setdefault(line.case.village, []).append(line)
    return [
        {
            "name": name,
            "people": len(lines),
            "unpaid": sum(not line.standing.repaid.paid for line in lines),
            "free": sum(not line.case.assignee for line in lines),
            "now": sorted({line.case.assignee for line in lines} - {""}),
        }
        for name, lines in sorted(by.items(), key=lambda item: (not item[0], item[0]))
    ]


@post("/schools/{unit:str}/assignment", status_code=303)
async def assign(request: Req, unit: FromPath[str]) -> Redirect:
    """Give the ticked cases to a teacher. Cases of another school are as unknown as none at all."""
    services, form, who = get_services(request), await request.form(), me(request).name
    chosen, staff = forms.many(form, "case"), forms.text(form, "staff")
    back = local_path(forms.text(form, "back"), f"/schools/{unit}/assignment")
    await school(request, unit)
    season = await services.read(lambda c: seasons.get(c, services.season))
    mine = {
        line.case.id
        for line in await services.read(lambda c: progress.case_standings(c, season, unit=unit))
    }
    if not mine.issuperset(chosen):
        raise ProblemError("console.not_found")

    def job() -> int:
        if not chosen or not staff:
            raise ProblemError("console.nothing_chosen")
        return assignment.assign(services, chosen, staff, who=who)

    return await run_and_redirect(
        request,
        back,
        job,
        "已分给这位老师:{n} 人。下次同步时手机上就会变",
        "{n} people given to this teacher; phones follow at their next sync",
        typed={"staff": staff, "ticks": " ".join(chosen)},
        n=lambda moved: moved,
    )


@post("/schools/{unit:str}/assignment/preview", status_code=200)
async def preview(request: Req, unit: FromPath[str]) -> Response[str]:
    """Who would get how many, before anything is done; or the form again, to change it."""
    form = await request.form()
    asked = _asked(form)
    if forms.text(form, "again"):
        return await _page(request, unit, asked=asked)
    return await _preview(request, unit, asked)


async def _preview(
    request: Req, unit: str, asked: Asked, problem: ProblemError | None = None
) -> Response[str]:
    row, services = await school(request, unit), get_services(request)
    try:
        if not (asked.teachers if asked.how == EVEN else asked.villages):
            raise ProblemError("console.nothing_chosen")
        shown = await asyncio.to_thread(assignment.preview, services, unit, asked)
    except ProblemError as refused:
        return await _page(request, unit, asked=asked, problem=refused)
    return await page(
        request,
        "assignment_preview.html",
        unit=row,
        asked=asked,
        shown=shown,
        problem=problem,
        of_village=OF_VILLAGE,
    )


@post("/schools/{unit:str}/assignment/apply", status_code=303)
async def apply(request: Req, unit: FromPath[str]) -> Response[Any]:
    """Do what the preview showed; where it has changed, show it once more."""
    services, form, who = get_services(request), await request.form(), me(request).name
    await school(request, unit)
    asked, digest = _asked(form), forms.text(form, "digest", 64)
    try:
        moved = await asyncio.to_thread(
            lambda: assignment.carry_out(services, unit, asked, digest, who=who)
        )
    except ProblemError as problem:
        answer = await _preview(request, unit, asked, problem)
        answer.status_code = problem.problem.status
        return answer
    notify(
        request,
        "已分配 {n} 人。下次同步时手机上就会变",
        "{n} people assigned; phones follow at their next sync",
        n=moved,
    )
    return Redirect(f"/schools/{unit}/assignment", status_code=303)


def _asked(form: FormMultiDict) -> Asked:
    how = EVEN if forms.text(form, "how") == EVEN else VILLAGE
    villages = {
        name.removeprefix(OF_VILLAGE): staff
        for name, staff in form.multi_items()
        if name.startswith(OF_VILLAGE) and isinstance(staff, str) and staff
    }
    return Asked(
        how=how,
        villages=villages if how == VILLAGE else {},
        teachers=tuple(forms.many(form, "of")) if how == EVEN else (),
        everyone=forms.text(form, "everyone") == "yes",
    )


@post("/schools/{unit:str}/assignment/undo", status_code=303)
async def undo(request: Req, unit: FromPath[str]) -> Redirect:
    """Undo the last assignment, but for those who were moved again since."""
    services, form, who = get_services(request), await request.form(), me(request).name
    await school(request, unit)
    # a form without an id undoes nothing
    of, back = forms.text(form, "assignment") or "-", f"/schools/{unit}/assignment"
    try:
        done = await asyncio.to_thread(lambda: assignment.undo(services, unit, of, who=who))
    except ProblemError as problem:
        notify_problem(request, problem)
        return Redirect(back, status_code=303)
    if done.kept:
        notify(
            request,
            "已撤销:{n} 人回到原来的老师;{kept} 人后来又改过,没有动",
            "Undone: {n} people are back; {kept} were moved again since and stay",
            n=done.back,
            kept=done.kept,
        )
    else:
        notify(
            request,
            "已撤销:{n} 人回到原来的老师",
            "Undone: {n} people are back",
            n=done.back,
        )
    return Redirect(back, status_code=303)


HANDLERS = (view, assign, preview, apply, undo)
