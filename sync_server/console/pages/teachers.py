"""The teachers of a school: what each has done, their phones, and who they are."""

from __future__ import annotations

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from shared.problems import ProblemError
from sync_server.console.web import forms
from sync_server.console.web.access import Req, get_services, me, school
from sync_server.console.web.rendering import page, run_and_redirect
from sync_server.office import assignment, staff
from sync_server.services import Services
from sync_server.store import devices, progress, seasons, teachers, units
from sync_server.store.devices import Device
from sync_server.store.progress import Progress


@get("/schools/{unit:str}/teachers")
async def view(request: Req, unit: FromPath[str]) -> Response[str]:
    """Everybody, those who left last."""
    row, services = await school(request, unit), get_services(request)
    season = await services.read(lambda c: seasons.get(c, services.season))
    known = await services.read(lambda c: teachers.listed(c, season.id, unit))
    found = await services.read(lambda c: progress.case_standings(c, season, unit=unit))
    phones = await services.read(lambda c: devices.of_unit(c, season.id, unit))
    own: dict[str, list[Device]] = {}
    for device in phones:
        own.setdefault(device.staff, []).append(device)
    return await page(
        request,
        "teachers.html",
        unit=row,
        teachers=known,
        here=[teacher for teacher in known if teacher.is_here],
        done=progress.count_by(found, season, lambda line: line.case.assignee),
        nothing=Progress(),
        phones=own,
        codes=await services.read(lambda c: progress.open_codes(c, season.id, unit)),
        waiting=await services.read(lambda c: progress.photos_waiting(c, season.id, unit)),
        offers=await services.read(lambda c: teachers.offers(c, season.id, unit)),
    )


@post("/schools/{unit:str}/teachers/add", status_code=303)
async def add(request: Req, unit: FromPath[str]) -> Redirect:
    """One name or several; a phone is not needed."""
    await school(request, unit)
    services, who = get_services(request), me(request).name
    names = forms.text(await request.form(), "teacher")
    return await run_and_redirect(
        request,
        f"/schools/{unit}/teachers",
        lambda: staff.add(services, unit, names, who=who),
        "已加上 {n} 位老师",
        "Teachers added: {n}",
        typed={"teacher": names},
        n=lambda added: added,
    )


@post("/schools/{unit:str}/teachers/{staff_id:str}/rename", status_code=303)
async def rename(request: Req, unit: FromPath[str], staff_id: FromPath[str]) -> Redirect:
    """A name was mistyped, or a mark is to tell two teachers apart."""
    services, who = await _of_teacher(request, unit, staff_id), me(request).name
    name = forms.text(await request.form(), "name")
    return await run_and_redirect(
        request,
        f"/schools/{unit}/teachers",
        lambda: staff.rename(services, unit, staff_id, name, who=who),
        "姓名已改。手机下次同步时跟着改;已交的记录不动",
        "The name is corrected; phones follow at their next sync, records stay as they are",
        typed={f"name-{staff_id}": name},
    )


@post("/schools/{unit:str}/teachers/{staff_id:str}/merge", status_code=303)
async def merge(request: Req, unit: FromPath[str], staff_id: FromPath[str]) -> Redirect:
    """A teacher was entered twice."""
    services, who = await _of_teacher(request, unit, staff_id), me(request).name
    into = forms.text(await request.form(), "into")
    return await run_and_redirect(
        request,
        f"/schools/{unit}/teachers",
        lambda: staff.merge(services, unit, staff_id, into, who=who),
        "已合并,{n} 人跟着过去;手机下次同步时跟着变",
        "Merged; {n} people went over, and phones follow at their next sync",
        n=lambda moved: moved,
    )


@post("/schools/{unit:str}/teachers/{staff_id:str}/leave", status_code=303)
async def leave(request: Req, unit: FromPath[str], staff_id: FromPath[str]) -> Redirect:
    """A teacher left the school; the people are offered to others."""
    services, who = await _of_teacher(request, unit, staff_id), me(request).name
    stop = forms.text(await request.form(), "stop") == "yes"
    return await run_and_redirect(
        request,
        f"/schools/{unit}/teachers",
        lambda: staff.leave(services, unit, staff_id, who=who, stop_phones=stop),
        "已记下离开。这位老师交来的记录都在;手里的人请改派",
        "Noted. The records of this teacher stay; give the people to somebody else",
    )


@post("/schools/{unit:str}/teachers/{staff_id:str}/back", status_code=303)
async def back(request: Req, unit: FromPath[str], staff_id: FromPath[str]) -> Redirect:
    """A teacher who had left is back."""
    services, who = await _of_teacher(request, unit, staff_id), me(request).name
    return await run_and_redirect(
        request,
        f"/schools/{unit}/teachers",
        lambda: staff.bring_back(services, unit, staff_id, who=who),
        "这位老师又可以分人了",
        "People can be given to this teacher again",
    )


@post("/schools/{unit:str}/teachers/{staff_id:str}/reassign", status_code=303)
async def reassign(request: Req, unit: FromPath[str], staff_id: FromPath[str]) -> Redirect:
    """Give all people of a teacher to another one, or evenly to the others."""
    services, who = await _of_teacher(request, unit, staff_id), me(request).name
    to = forms.text(await request.form(), "to")
    return await run_and_redirect(
        request,
        f"/schools/{unit}/assignment",
        lambda: assignment.reassign(services, unit, staff_id, to, who=who),
        "已改派 {n} 人。下次同步时手机上就会变;分错了,在这一页最上面撤销",
        "{n} people given away; phones follow at their next sync. It can be undone above",
        n=lambda moved: moved,
    )


@post("/schools/{unit:str}/teachers/{staff_id:str}/keep", status_code=303)
async def keep(request: Req, unit: FromPath[str], staff_id: FromPath[str]) -> Redirect:
    """The people stay with their teacher; they are offered to nobody any more."""
    services, who = await _of_teacher(request, unit, staff_id), me(request).name
    return await run_and_redirect(
        request,
        f"/schools/{unit}",
        lambda: staff.keep(services, unit, staff_id, who=who),
        "好,先不改派。以后要改,在“谁走访谁”里改",
        "Left as it is; it can be changed under Who visits whom",
    )


async def _of_teacher(request: Req, unit: str, staff_id: str) -> Services:
    """Return the services if the teacher is of this school. Raises: console.not_found."""
    await school(request, unit)
    services = get_services(request)
    known = await services.read(lambda c: units.known_staff(c, services.season, unit))
    if staff_id not in {person.id for person in known}:
        raise ProblemError("console.not_found")
    return services


HANDLERS = (view, add, rename, merge, leave, back, reassign, keep)
