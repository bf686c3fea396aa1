"""报给谁、报什么样: a season's recipients, and each one's own columns read from its empty form."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath
from litestar.response import Redirect

from shared.problems import ProblemError
from shared.recipients import (
    FIELDS,
    FORMS,
    LONGEST_HEADER,
    LONGEST_TEXT,
    MOST_COLUMNS,
    MOST_TITLES,
    PEOPLE,
    TITLE_MARKS,
    UNITS,
    Recipient,
    TemplateColumn,
    form_faults,
)
from sync_server import body_limits, temporary
from sync_server.console.web import forms
from sync_server.console.web.access import ADMINS, Req, get_services, me
from sync_server.console.web.rendering import notify, notify_problem, page, run_and_redirect
from sync_server.intake.template import TemplateFound
from sync_server.office import recipients
from sync_server.store import seasons
from sync_server.store.seasons import SeasonRow

PATH = "/seasons/{season_id:str}/recipients"
FORM_PATH = PATH + "/{recipient:str}/{form:str}"


class Typed(msgspec.Struct, frozen=True):
    """A form as the page shows it: in force, read from a file, or typed."""

    columns: tuple[TemplateColumn, ...]
    titles: tuple[str, ...]


async def _season(request: Req, season_id: str) -> SeasonRow:
    return await get_services(request).read(lambda c: seasons.one(c, season_id))


@get(PATH, opt={"roles": ADMINS})
async def view(request: Req, season_id: FromPath[str]) -> Response[str]:
    """The recipients, with their forms over sample rows."""
    row = await _season(request, season_id)
    shown = [
        (one, [(form, recipients.sample_table(row.season, one, form.code)) for form in FORMS])
        for one in row.season.recipients
    ]
    return await page(request, "recipients.html", row=row, shown=shown, locked=_locked(row))


def _locked(row: SeasonRow) -> bool:
    return row.state not in seasons.TAKES_CHANGES


@post(PATH, opt={"roles": ADMINS}, status_code=303)
async def change(request: Req, season_id: FromPath[str]) -> Redirect:
    """Add a recipient, or remove one."""
    services, form, who = get_services(request), await request.form(), me(request).name
    key, name = forms.text(form, "key", 16), forms.text(form, "name", 40)
    back = f"/seasons/{season_id}/recipients"
    if forms.text(form, "do") == "remove":
        return await run_and_redirect(
            request,
            back,
            lambda: recipients.remove(services, season_id, key, who=who),
            "已删去这个报送对象;以前封存的报告还在",
            "The recipient is removed; sealed reports stay",
        )
    return await run_and_redirect(
        request,
        back,
        lambda: recipients.add(services, season_id, key, name, who=who),
        "已增加,先只给数字;要给逐人说明,在年度设置里改",
        "Added, with figures only; the season settings say what else it gets",
        typed={"name": name, "key": key},
    )


@get(FORM_PATH, opt={"roles": ADMINS})
async def edit(
    request: Req, season_id: FromPath[str], recipient: FromPath[str], form: FromPath[str]
) -> Response[str]:
    """The columns of one form, and a place to upload an empty one."""
    row, one = await _found(request, season_id, recipient, form)
    return await _form(request, row, one, form, Typed(one.columns(form), one.titles(form)))


async def _found(request: Req, season_id: str, key: str, form: str) -> tuple[SeasonRow, Recipient]:
    """Return season and recipient. Raises: ProblemError season.unknown, console.not_found."""
    row = await _season(request, season_id)
    if form not in (PEOPLE, UNITS):
        raise ProblemError("console.not_found")
    return row, recipients.of_key(row.season, key)


@post(FORM_PATH + "/file", opt={"roles": ADMINS, "takes": body_limits.FILE}, status_code=200)
async def upload(
    request: Req, season_id: FromPath[str], recipient: FromPath[str], form: FromPath[str]
) -> Response[str] | Redirect:
    """Read an empty form and propose its columns; nothing is stored."""
    row, one = await _found(request, season_id, recipient, form)
    sent = await request.form()
    try:
        name, data = (await forms.files(sent, "file"))[0]
        found = await asyncio.to_thread(_read, request, row, form, name, data, sent)
    except ProblemError as problem:
        notify_problem(request, problem)
        return Redirect(f"/seasons/{season_id}/recipients/{recipient}/{form}", status_code=303)
    return await _form(request, row, one, form, Typed(found.columns, found.titles), found=found)


def _read(
    request: Req, row: SeasonRow, form: str, name: str, data: bytes, sent: FormMultiDict
) -> TemplateFound:
    at = forms.text(sent, "header_row", 6)
    with temporary.folder_for("recipient-form") as folder:
        path = folder / f"form.{name.rpartition('.')[2][:5].lower() or 'xlsx'}"
        path.write_bytes(data)
        try:
            return recipients.read_form(
                get_services(request),
                row.season,
                form,
                path,
                sheet=forms.text(sent, "sheet", 40),
                header_row=int(at) if at.isdecimal() else 0,
                who=me(request).name,
            )
        except ProblemError as problem:
            if "file" in problem.values:
                problem.values["file"] = name[-80:]
            raise


@post(FORM_PATH, opt={"roles": ADMINS}, status_code=200)
async def save(
    request: Req, season_id: FromPath[str], recipient: FromPath[str], form: FromPath[str]
) -> Response[str] | Redirect:
    """Show the form with what was typed over sample rows, save it, or take it away."""
    row, one = await _found(request, season_id, recipient, form)
    sent, services, who = await request.form(), get_services(request), me(request).name
    typed, do = _typed(sent), forms.text(sent, "do")
    if do == "preview":
        return await _form(request, row, one, form, typed)
    given = Typed((), ()) if do == "remove" else typed
    try:
        await asyncio.to_thread(
            recipients.set_form,
            services,
            season_id,
            recipient,
            form,
            given.columns,
            given.titles,
            who=who,
            base=_number(sent),
        )
    except ProblemError as problem:
        return await _form(request, row, one, form, typed, problem=problem)
    notify(request, "表样已保存,以后生成的汇总用它", "Saved; summaries made from now on use it")
    return Redirect(f"/seasons/{season_id}/recipients", status_code=303)


def _number(sent: FormMultiDict) -> int:
    text = forms.text(sent, "base", 9)
    return int(text) if text.isdecimal() else -1


def _typed(sent: FormMultiDict) -> Typed:
    """Return the columns of the page's form; one without a heading and without a field is gone."""
    columns = []
    for n in range(MOST_COLUMNS + 1):
        if f"header-{n}" not in sent:
            continue
        column = TemplateColumn(
            header=forms.text(sent, f"header-{n}", LONGEST_HEADER),
            field=forms.text(sent, f"field-{n}", 40),
            constant=forms.text(sent, f"constant-{n}", LONGEST_TEXT),
        )
        if column.header or column.field or column.constant:
            columns.append(column)
    titles = [forms.text(sent, f"title-{n}", LONGEST_TEXT) for n in range(MOST_TITLES)]
    return Typed(tuple(columns), tuple(title for title in titles if title))


async def _form(
    request: Req,
    row: SeasonRow,
    one: Recipient,
    form: str,
    typed: Typed,
    *,
    found: TemplateFound | None = None,
    problem: ProblemError | None = None,
) -> Response[str]:
    tried = recipients.with_form(one, form, typed.columns, typed.titles)
    faults = [
        ProblemError(code, None, field=_form_name(form), **values)
        for code, values in form_faults(form, tried.columns(form), tried.titles(form))
    ]
    values: dict[str, Any] = {
        "row": row,
        "one": one,
        "form": next(f for f in FORMS if f.code == form),
        "typed": typed,
        "fields": FIELDS[form],
        "found": found,
        "problem": problem,
        "faults": faults,
        "table": recipients.sample_table(row.season, tried, form),
        "marks": TITLE_MARKS,
        "blank": TemplateColumn(header=""),
        "most_columns": MOST_COLUMNS,
        "most_titles": MOST_TITLES,
        "locked": _locked(row),
    }
    refused = problem or (faults[0] if faults and not found else None)
    status = refused.problem.status if refused else 200
    return await page(request, "recipients_form.html", status=status, **values)


def _form_name(form: str) -> Any:
    return next(f for f in FORMS if f.code == form)


HANDLERS = (view, change, edit, upload, save)
