"""Spot checks (督查) at the centre: draw, print the sheet, key in what was found, close.

Drawing is the admins'; an officer prints, keys and follows up the sheets of the own schools. Who
inspects reads the results by school, and no sheet: it says who was drawn.
"""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath
from litestar.response import Redirect

from shared.problems import ProblemError
from shared.records.kind import Label
from shared.season import iso_day
from shared.spot_check import MOST_SIZE
from shared.spot_findings import DIGITS
from sync_server.console.parts import started
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
from sync_server.console.web.rendering import page, run_and_redirect
from sync_server.console.web.works import Work
from sync_server.office import spot_checks
from sync_server.office.spot_checks import Checked, Entry
from sync_server.services import Services
from sync_server.store import bulletins, units

BACK = "/spot-checks"
PDF_TYPE = "application/pdf"
SETTING = Label("排督查表", "Making the sheet")


@get(BACK, opt={"roles": CENTRE_STAFF, INSPECTION: True})
async def view(request: Req) -> Response[str]:
    """The schools that were drawn, with their results, and the form to draw."""
    services = get_services(request)
    found = await asyncio.to_thread(spot_checks.listed, services, scope_of(request))
    issued = await services.read(lambda c: bulletins.listed(c, services.season))
    return await page(
        request,
        "spot_checks.html",
        found=found,
        issued=[one for one in issued if not one.withdrawn_at],
        schools=await services.read(lambda c: units.units(c, services.season)),
        most=MOST_SIZE,
    )


@post("/spot-checks/draw", opt={"roles": ADMINS}, status_code=303)
async def draw(request: Req) -> Redirect:
    """Draw people of a school, or of all that were not drawn from this bulletin yet."""
    services, form, who = get_services(request), await request.form(), me(request).shown
    bulletin, school = forms.text(form, "bulletin", 64), forms.text(form, "school", 20)
    size = _number(forms.text(form, "size", 6))
    return await run_and_redirect(
        request,
        BACK,
        lambda: spot_checks.draw(services, bulletin, size, who=who, unit=school),
        "已抽取 {n} 所学校,请打印督查表",
        "Drawn: {n} school(s). Print the sheets",
        typed={"size": forms.text(form, "size", 6)},
        n=len,
    )


async def _own(request: Req, check_id: str) -> Checked:
    """Return a spot check of a school that the account sees.

    Raises:
        ProblemError: spot.unknown, console.not_found.
    """
    found = await asyncio.to_thread(spot_checks.one, get_services(request), check_id)
    scope_of(request).check(found.check.unit)
    return found


@get("/spot-checks/{check_id:str}", opt={"roles": CENTRE_STAFF})
async def one(request: Req, check_id: FromPath[str]) -> Response[str]:
    """A school's sheet to key in, and what is to be followed up."""
    found = await _own(request, check_id)
    held = [p.found.last for p in found.people if p.found.last is not None]
    return await page(
        request,
        "spot_checks_one.html",
        found=found,
        digits={verdict: digit for digit, verdict in DIGITS.items() if verdict},
        newest=max(held, key=lambda step: step.at, default=None),
    )


@get("/spot-checks/{check_id:str}/codes.txt", opt={"roles": CENTRE_STAFF})
async def codes(request: Req, check_id: FromPath[str]) -> Response[bytes]:
    """The codes that were drawn from, as the program on the sheet reads them."""
    found = await _own(request, check_id)
    data = "".join(f"{code}\n" for code in found.check.codes).encode()
    return forms.download(data, "codes.txt", "text/plain; charset=utf-8")


@post("/spot-checks/{check_id:str}/sheet.pdf", opt={"roles": CENTRE_STAFF}, status_code=200)
async def sheet(request: Req, check_id: FromPath[str]) -> Response[Any]:
    """The sheet to print; from then on the drawing stays."""
    who, found = me(request).shown, await _own(request, check_id)
    name = forms.safe_name(f"督查表-{found.unit.name}.pdf")

    async def show(_: Req, work: Work) -> Response[Any]:
        return forms.download(work.result(), name, PDF_TYPE, inline=True)

    return await started.start(
        request,
        f"spot check {found.check.id}",
        lambda services: spot_checks.sheet(services, check_id, who=who),
        show,
        title=SETTING,
        of=Label(found.unit.name, found.unit.name),
        back=f"{BACK}/{check_id}",
    )


@post("/spot-checks/{check_id:str}/findings", opt={"roles": CENTRE_STAFF}, status_code=303)
async def key_in(request: Req, check_id: FromPath[str]) -> Redirect:
    """Key in the sheet; nothing is kept of one with a fault in it."""
    await _own(request, check_id)
    services, form, who = get_services(request), await request.form(), me(request).shown
    inspectors = forms.text(form, "inspectors", 60)

    def job() -> int:
        seen_on, entries = _keyed(form)
        return spot_checks.key_in(
            services, check_id, entries, inspectors=inspectors, seen_on=seen_on, who=who
        )

    names = [name for name in form if name.partition("-")[0] in ("verdict", "note")]
    typed = {name: forms.text(form, name, 300) for name in (*names, "inspectors", "seen_on")}
    return await run_and_redirect(
        request,
        f"{BACK}/{check_id}",
        job,
        "已记下,{n} 人有变化",
        "Kept: {n} people changed",
        typed=typed,
        n=int,
    )


def _keyed(form: FormMultiDict) -> tuple[date, list[Entry]]:
    """Return day and lines of a form. Raises: ProblemError spot.day_impossible, spot.digit."""
    written = forms.text(form, "seen_on", 10)
    if (seen_on := iso_day(written)) is None:
        raise ProblemError("spot.day_impossible", day=written or "–")
    entries = []
    for name in form:
        kind, _, number = name.partition("-")
        if kind != "verdict" or not number.isdecimal() or len(number) > 6:
            continue
        digit = forms.text(form, name, 10)
        if digit not in DIGITS:
            raise ProblemError("spot.digit", position=int(number), text=digit)
        entries.append(
            Entry(
                position=int(number),
                verdict=DIGITS[digit],
                note=forms.text(form, f"note-{number}", 300),
                after=_number(forms.text(form, f"after-{number}", 6)),
            )
        )
    return seen_on, entries


@post("/spot-checks/{check_id:str}/take-back", opt={"roles": ADMINS}, status_code=303)
async def take_back(request: Req, check_id: FromPath[str]) -> Redirect:
    """Take a drawing back that was neither printed nor keyed."""
    services, who = get_services(request), me(request).shown
    return await run_and_redirect(
        request,
        BACK,
        lambda: spot_checks.take_back(services, check_id, who=who),
        "已撤回这次抽取",
        "The drawing is taken back",
    )


@post(
    "/spot-checks/{check_id:str}/follow/{number:int}",
    opt={"roles": CENTRE_STAFF},
    status_code=303,
)
async def follow(request: Req, check_id: FromPath[str], number: FromPath[int]) -> Redirect:
    """Close the follow-up of a person, or ask the school again."""
    await _own(request, check_id)
    services, form, who = get_services(request), await request.form(), me(request).shown
    note, after = forms.text(form, "note", 300), _number(forms.text(form, "after", 6))
    asks = forms.text(form, "do") == "ask"
    verb = spot_checks.ask_again if asks else spot_checks.close
    return await run_and_redirect(
        request,
        f"{BACK}/{check_id}",
        lambda: verb(services, check_id, number, note, after=after, who=who),
        "已请学校再说明" if asks else "已了结",
        "The school is asked again" if asks else "Closed",
        typed={f"follow-{number}": note},
    )


@get("/schools/{unit:str}/spot-checks")
async def of_school(request: Req, unit: FromPath[str]) -> Response[str]:
    """What inspectors found at a school, for it to answer; who is drawn is not shown before."""
    services = get_services(request)
    return await page(
        request,
        "spot_checks_school.html",
        unit=await services.read(lambda c: units.unit(c, services.season, unit)),
        found=[one for one in await _of(services, unit) if one.result.checked],
    )


async def _of(services: Services, unit: str) -> list[spot_checks.Checked]:
    if await services.read(lambda c: units.unit(c, services.season, unit)) is None:
        raise ProblemError("console.not_found")
    return await asyncio.to_thread(spot_checks.listed, services, unit)


@post("/schools/{unit:str}/spot-checks/{check_id:str}/{number:int}", status_code=303)
async def answer(
    request: Req, unit: FromPath[str], check_id: FromPath[str], number: FromPath[int]
) -> Redirect:
    """Write the school's answer."""
    services, form, who = get_services(request), await request.form(), me(request).shown
    note, after = forms.text(form, "note", 300), _number(forms.text(form, "after", 6))
    return await run_and_redirect(
        request,
        f"/schools/{unit}/spot-checks",
        lambda: spot_checks.answer(services, unit, check_id, number, note, after=after, who=who),
        "说明已交中心",
        "The answer is with the centre",
        typed={f"follow-{check_id}-{number}": note},
    )


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else -1


HANDLERS = (view, draw, one, codes, sheet, key_in, take_back, follow, of_school, answer)
