"""年度设置: a county's seasons, six things to fill in, and everything else under 其他设置."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from shared import season_fields
from shared.problems import ProblemError
from shared.season import Season, china_day, on_weekends
from shared.season_fields import Field
from sync_server import body_limits
from sync_server.console.parts import carried, season_form, season_phones
from sync_server.console.web import forms, sessions
from sync_server.console.web.access import (
    ADMINS,
    CENTRE_STAFF,
    INSPECTION,
    Req,
    get_services,
    me,
    scope_of,
)
from sync_server.console.web.rendering import (
    keep,
    local_path,
    notify,
    notify_problem,
    page,
    run_and_redirect,
)
from sync_server.office import season_file, season_pages
from sync_server.office import seasons as office
from sync_server.store import devices, kept_contacts, seasons
from sync_server.store.database import Connection
from sync_server.store.seasons import SeasonRow

TOML_TYPE = "application/toml"


@get("/seasons", opt={"roles": ADMINS})
async def view(request: Req) -> Response[str] | Redirect:
    """Every season with its state, and what can be done with it."""
    services = get_services(request)
    rows, unused = await services.read(_with_unused)
    kept = await services.read(kept_contacts.seasons_kept)
    if not rows:
        return Redirect("/seasons/new", status_code=303)
    today = china_day(services.settings.now())
    past = {row.id for row in rows if office.is_past_retention(row, today)}
    finished = {row.id for row in rows if office.is_finished(row, today)}
    shown = await services.read(lambda c: season_phones.of_seasons(c, rows, scope_of(request)))
    return await page(
        request,
        "seasons.html",
        rows=rows,
        unused=unused,
        past=past,
        finished=finished,
        kept_of=kept,
        **shown,
    )


def _with_unused(connection: Connection) -> tuple[list[SeasonRow], set[str]]:
    """Every season, and the ids of those that can be removed."""
    rows = seasons.listed(connection)
    idle = (row.id for row in rows if row.state in (seasons.PREPARING, seasons.CLOSED))
    return rows, {season for season in idle if not seasons.is_used(connection, season)}


@get("/seasons/new", opt={"roles": ADMINS})
async def ask_new(
    request: Req, year: FromQuery[str] = "", due: FromQuery[str] = ""
) -> Response[str]:
    """A proposal for a season: dates follow the due day, the rest follows the season before."""
    if not due and not year:
        return await _form(request, await _next_proposal(request), None)
    return await _propose(request, year, due, FormMultiDict())


async def _propose(request: Req, year: str, due: str, form: FormMultiDict) -> Response[str]:
    """Show the proposal for a year or due day; what was typed of the rest stays."""
    services, refusal = get_services(request), None
    try:
        proposed = await asyncio.to_thread(
            office.proposal, services, due[:4] or year, due_day=season_form.day(due)
        )
    except ProblemError as problem:
        proposed, refusal = await _next_proposal(request), problem
    typed = season_form.typed(form, proposed, days=False)
    return await _form(request, proposed, None, typed=typed, problem=refusal)


async def _next_proposal(request: Req) -> Season:
    """The proposal for the first year from this one on that has no season yet."""
    services = get_services(request)
    taken = {state.id for state in await services.read(seasons.states)}
    year = china_day(services.settings.now()).year
    while str(year) in taken:
        year += 1
    return await asyncio.to_thread(office.proposal, services, str(year))


@post("/seasons/new", opt={"roles": ADMINS}, status_code=200)
async def make(request: Req) -> Response[str] | Redirect:
    """Create it in preparation, or propose its dates anew; what was typed stays."""
    services, form, who = get_services(request), await request.form(), me(request).name
    wanted, shown = forms.text(form, "due", 10), forms.text(form, "due_day", 10)
    if forms.text(form, "do") == "propose":
        return await _propose(request, "", wanted, form)
    if wanted not in ("", shown):  # else it would be made with the due day shown before
        zh, en = "应还日改了:日程照它重新推算,请核对", "Another due day: dates are proposed anew"
        notify(request, zh, en)
        return await _propose(request, "", wanted, form)
    due = season_form.day(shown)
    year = str(due.year) if due else ""
    proposed = await asyncio.to_thread(office.proposal, services, year, due_day=due)
    typed, made = season_form.typed(form, proposed), None
    try:
        made = season_fields.with_values(proposed, typed)
        await asyncio.to_thread(office.create, services, made, who=who, source=proposed.texts_from)
    except ProblemError as problem:
        if made is None or not await carried.made_before(request, made, problem):
            return await _form(request, proposed, None, typed=typed, problem=problem, tried=made)
    sessions.of(request)[sessions.SEASON] = made.id
    await carried.say_made(request, made.id)
    target = "/connect" if await _is_first(request) else f"/seasons/{made.id}"
    return Redirect(target, status_code=303)


async def _is_first(request: Req) -> bool:
    return len(await get_services(request).read(seasons.states)) == 1


@get("/seasons/{season_id:str}", opt={"roles": ADMINS})
async def edit(request: Req, season_id: FromPath[str]) -> Response[str]:
    """The settings of a season, and its history. Raises: ProblemError season.unknown."""
    row = await get_services(request).read(lambda c: seasons.one(c, season_id))
    return await _form(request, row.season, row)


@post("/seasons/{season_id:str}", opt={"roles": ADMINS}, status_code=200)
async def change(request: Req, season_id: FromPath[str]) -> Response[str] | Redirect:
    """Preview or save changed settings; what cannot be saved is shown again as typed."""
    services, form, who = get_services(request), await request.form(), me(request).name
    row = await services.read(lambda c: seasons.one(c, season_id))
    typed, base = season_form.typed(form, row.season), _number(form, "base")
    reason, after = forms.text(form, "reason", 200), None
    try:
        after = season_fields.with_values(row.season, typed)
        if forms.text(form, "do") == "preview":
            return await _form(request, row.season, row, typed=typed, after=after, base=base)
        fields = await asyncio.to_thread(
            office.change,
            services,
            season_id,
            lambda now: season_fields.with_values(now, typed),
            who=who,
            base=base,
            reason=reason,
        )
    except ProblemError as problem:
        if problem.code == "season.changed":
            return await _overtaken(request, season_id, typed, base, problem)
        return await _form(
            request,
            row.season,
            row,
            typed=typed,
            problem=problem,
            tried=after,
            base=base,
            reason=reason,
        )
    if fields:
        notify(
            request,
            "已保存 {n} 处改动,手机下次同步时收到",
            "{n} changes are saved and reach phones with their next sync",
            n=len(fields),
        )
    else:
        notify(request, "没有改动", "Nothing was changed")
    return Redirect(f"/seasons/{season_id}", status_code=303)


async def _overtaken(
    request: Req, season_id: str, typed: dict[str, str], base: int, problem: ProblemError
) -> Response[str]:
    """Show what was typed over the settings as somebody else left them, and what would change."""
    row, since = await get_services(request).read(
        lambda c: (seasons.one(c, season_id), seasons.since(c, season_id, base))
    )
    typed = season_form.rebased(typed, since)
    try:
        after = season_fields.with_values(row.season, typed)
    except ProblemError:
        after = None
    return await _form(request, row.season, row, typed=typed, after=after, problem=problem)


async def _form(
    request: Req,
    season: Season,
    row: SeasonRow | None,
    *,
    typed: dict[str, str] | None = None,
    after: Season | None = None,
    problem: ProblemError | None = None,
    tried: Season | None = None,
    base: int | None = None,
    reason: str = "",
) -> Response[str]:
    """Show the settings: those in force, or as typed with what is wrong or would change.

    Args:
        request: The request.
        season: The settings in force, or proposed.
        row: The season; None for a new one.
        typed: What the form sent, by path.
        after: The settings as typed, to show what they would change.
        problem: Why they were refused.
        tried: The settings that were refused: everything wrong with them is shown.
        base: How many changes the season had when the form was opened; None for now.
        reason: The reason that was typed.
    """
    services = get_services(request)
    today = china_day(services.settings.now())
    shown = after or season
    held: list[Field] = list(season_fields.fields(season))
    changes = office.differences(season, after) if after else ()
    reasons = office.wants_reason(row, after, today) if row and after else ()
    phones = await services.read(lambda c: devices.count_confirmed(c, row.id)) if row else 0
    history = await services.read(lambda c: seasons.history(c, row.id)) if row else []
    coming = await carried.coming(request, season, row)
    status = problem.problem.status if problem else 200
    values: dict[str, Any] = {
        "row": row,
        "shown": shown,
        "groups": season_form.groups(held, typed or {}),
        "wrong": season_form.beside(tried or shown, problem, checked=bool(tried or after)),
        "problem": problem,
        "weekends": dict(on_weekends(shown)),
        "changes": [season_form.described(shown, change) for change in changes],
        "previewed": after is not None,
        "wants_reason": bool(reasons)
        or (problem is not None and problem.code == "season.reason_missing"),
        "reason": reason,
        "phones": phones,
        "carried": coming,
        "history": [season_form.line(shown, change) for change in history],
        "group_names": season_form.GROUPS,
        "what": season_form.WHAT,
        "base": row.changes if row and base is None else base or 0,
    }
    return await page(request, "seasons_edit.html", status=status, **values)


def _number(form: FormMultiDict, name: str) -> int:
    text = forms.text(form, name, 9)
    return int(text) if text.isdecimal() else -1


@post("/seasons/{season_id:str}/open", opt={"roles": ADMINS}, status_code=303)
async def open_season(request: Req, season_id: FromPath[str]) -> Redirect:
    """Open it for phones."""
    services, who = get_services(request), me(request).name
    reason = forms.text(await request.form(), "reason", 200)
    try:
        gone = await asyncio.to_thread(
            lambda: office.open_season(services, season_id, who=who, reason=reason)
        )
    except ProblemError as problem:
        notify_problem(request, problem)
        keep(request, {f"reason-{season_id}": reason})
        where = "/policy" if problem.code == "season.texts_unchecked" else "/seasons"
        return Redirect(where, status_code=303)
    sessions.of(request).pop(sessions.SEASON, None)
    season_phones.say_opened(request, season_id, gone)
    return Redirect("/", status_code=303)


@post("/seasons/{season_id:str}/close", opt={"roles": ADMINS}, status_code=303)
async def close_season(request: Req, season_id: FromPath[str]) -> Redirect:
    """Close it: from now on it is read only."""
    services, who = get_services(request), me(request).name
    return await run_and_redirect(
        request,
        "/seasons",
        lambda: office.close_season(services, season_id, who=who),
        "年度已结束,可以看,不能再改",
        "The season is closed and read only",
    )


@post("/seasons/{season_id:str}/discard", opt={"roles": ADMINS}, status_code=303)
async def discard(request: Req, season_id: FromPath[str]) -> Redirect:
    """Delete a season that was never used."""
    services, who = get_services(request), me(request).name
    return await run_and_redirect(
        request,
        "/seasons",
        lambda: office.discard(services, season_id, who=who),
        "年度已删去",
        "The season is removed",
    )


@get("/seasons/{season_id:str}/file", opt={"roles": ADMINS})
async def export(request: Req, season_id: FromPath[str]) -> Response[bytes]:
    """The settings as a TOML file. Raises: ProblemError season.unknown."""
    text = await asyncio.to_thread(office.export, get_services(request), season_id)
    return forms.download(text.encode(), f"年度设置-{season_id}.toml", TOML_TYPE)


@post(
    "/seasons/file",
    opt={"roles": ADMINS, "takes": body_limits.TEXT_FILE},
    status_code=200,
)
async def import_file(request: Req) -> Response[str] | Redirect:
    """Show what a settings file would change, then take it over."""
    services, form, who = get_services(request), await request.form(), me(request).name
    try:
        text = await season_form.uploaded(form)
        asked = await asyncio.to_thread(season_file.parse, text)
        row = await services.read(lambda c: seasons.find(c, asked.id))
        if forms.text(form, "do") != "apply":
            return await _preview(request, asked, row, text)
        if row is None:
            await asyncio.to_thread(office.create, services, asked, who=who, file=text)
        else:
            await asyncio.to_thread(
                office.change,
                services,
                asked.id,
                lambda _: asked,
                who=who,
                base=_number(form, "base"),
                reason=forms.text(form, "reason", 200),
                file=text,
            )
    except ProblemError as problem:
        notify_problem(request, problem)
        return Redirect("/seasons", status_code=303)
    notify(
        request, "已导入 {year} 年度的设置", "The settings of {year} are imported", year=asked.id
    )
    return Redirect(f"/seasons/{asked.id}", status_code=303)


async def _preview(request: Req, asked: Season, row: SeasonRow | None, text: str) -> Response[str]:
    today: date = china_day(get_services(request).settings.now())
    asked = season_pages.as_taken(asked, row.season if row else None)
    changes = office.differences(row.season, asked) if row else ()
    return await page(
        request,
        "seasons_file.html",
        asked=asked,
        row=row,
        text=text,
        changes=[season_form.described(asked, change) for change in changes],
        wrong=_wrong_in_file(asked, row.season if row else None),
        wants_reason=bool(office.wants_reason(row, asked, today)) if row else False,
    )


def _wrong_in_file(asked: Season, before: Season | None) -> dict[str, ProblemError]:
    """What is wrong with the settings of a file, its pages included."""
    found = season_form.beside(asked, None, checked=True)
    try:
        season_pages.check(asked, before)
    except ProblemError as problem:
        found["policy"] = found.get("policy", problem)
    return found


@post("/season", opt={"roles": CENTRE_STAFF, INSPECTION: True}, status_code=303)
async def switch(request: Req) -> Redirect:
    """Look at another season in this session."""
    form = await request.form()
    wanted = forms.text(form, "season", 20)
    found = await get_services(request).read(lambda c: seasons.find(c, wanted))
    if found is None:
        notify_problem(request, ProblemError("season.unknown", season=wanted))
        return Redirect("/", status_code=303)
    sessions.of(request)[sessions.SEASON] = wanted
    back = local_path(forms.text(form, "back"))
    known = ("/", "/my-schools", "/inspection", "/cases", "/late", "/policy", "/county")
    return Redirect(back if back in known else "/", status_code=303)


HANDLERS = (
    view,
    ask_new,
    make,
    import_file,
    edit,
    change,
    open_season,
    close_season,
    discard,
    export,
    switch,
)
