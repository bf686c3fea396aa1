"""Import a file: upload, say which column is which where that is open, preview, import.

Each step has an address of its own, /imports/{token}, so that it can be loaded again, left with the
back button and shown in the other language.
"""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath
from litestar.response import Redirect

from shared.problems import ProblemError
from shared.records.kind import Label
from sync_server import body_limits
from sync_server.console.parts import previewed_import, started
from sync_server.console.parts.previewed_import import TICKS, Outcome, asked_anew, shortened
from sync_server.console.web import forms, sessions, upload_staging
from sync_server.console.web.access import ADMINS, Req, console_state, get_services, me
from sync_server.console.web.rendering import language, notify, notify_problem, page
from sync_server.console.web.upload_staging import StagedUpload
from sync_server.console.web.works import Work
from sync_server.intake.parsed import Parsed
from sync_server.intake.report import no_progress
from sync_server.office import imports, jobs
from sync_server.office.import_history import KINDS
from sync_server.office.importing import layout
from sync_server.office.importing.choice import Choice
from sync_server.store import cases, progress, units

WORDS = ("gone", "gone_reason", "gone_count", "repayment_kind", "as_of")
SCHOOL = "school:"
"""What begins the name of a field that says which school a written name is."""
MOST_UPLOADS = 10
"""Files one session has under way, in several tabs."""
FIELD = "field-"
"""What the fields of the columns' form begin with."""
READING = Label("读文件", "Reading the file")
IMPORTING = Label("写入名单", "Importing the file")


@get("/imports", opt={"roles": ADMINS})
async def ask(request: Req) -> Response[str]:
    """Choose a file."""
    services = get_services(request)
    totals = await services.read(lambda c: cases.totals(c, services.season))
    schools = await services.read(lambda c: units.units(c, services.season))
    as_of = await services.read(lambda c: progress.newest_snapshot(c, services.season))
    return await page(request, "imports.html", totals=totals, schools=len(schools), as_of=as_of)


@post(
    "/imports/preview",
    opt={"roles": ADMINS, "takes": body_limits.FILE},
    status_code=303,
)
async def preview(request: Req) -> Redirect:
    """Store the file; its own page reads it."""
    form = await request.form()
    kind = forms.text(form, "kind")
    try:
        if kind not in KINDS:
            raise ProblemError("intake.unknown_kind", kind=kind)
        name, data = (await forms.files(form, "file"))[0]
        staged = await asyncio.to_thread(
            upload_staging.stage, get_services(request), kind, name, data
        )
    except ProblemError as problem:
        return _to_start(request, problem)
    _keep(request, staged)
    return _to_file(staged)


@get("/imports/{token:str}", opt={"roles": ADMINS})
async def show(request: Req, token: FromPath[str]) -> Response[str] | Redirect:
    """Show the file's preview or what came of its import; while it is read, how far that is."""
    try:
        staged = _staged(request, token)
        done = await asyncio.to_thread(upload_staging.report_of, get_services(request), staged)
        if done is not None:
            return await _report(request, done, staged, Choice(), applied=True)
        parsed = await _parsed(request, staged)
        if isinstance(parsed, Work):
            return await _reading(request, staged, parsed)
        if parsed.choosable:
            return _to_file(staged, "/columns")
        services, path = get_services(request), await asyncio.to_thread(_path, request, staged)
        choice = await asyncio.to_thread(_choice, request, staged)
        kept = await asyncio.to_thread(upload_staging.read_path, get_services(request), staged)
        report = await asyncio.to_thread(
            lambda: imports.preview(
                services,
                staged.kind,
                path,
                asked_anew(choice),
                kept=kept,
                language=language(request),
            )
        )
    except ProblemError as problem:
        return _to_start(request, problem)
    return await _report(request, report, staged, choice, applied=False, parsed=parsed)


@get("/imports/{token:str}/columns", opt={"roles": ADMINS})
async def columns(request: Req, token: FromPath[str]) -> Response[str] | Redirect:
    """Show sheets, rows and columns of the file, to say which is which."""
    try:
        staged = _staged(request, token)
        parsed = await _parsed(request, staged)
    except ProblemError as problem:
        return _to_start(request, problem)
    if isinstance(parsed, Work):
        return await _reading(request, staged, parsed)
    if parsed.description is None:
        return _to_file(staged)
    problem_of_file = parsed.report.problems[0] if parsed.choosable else None
    return await page(
        request,
        "imports_columns.html",
        staged=staged,
        kinds=KINDS,
        found=parsed.description,
        shown={column.letter: column for column in parsed.description.columns},
        remembered=parsed.remembered,
        problem=problem_of_file,
    )


@post("/imports/{token:str}/table", opt={"roles": ADMINS}, status_code=303)
async def choose_table(request: Req, token: FromPath[str]) -> Redirect:
    """Take the sheet and the row of the header; another sheet has its own rows."""
    form = await request.form()
    sheet = forms.text(form, "sheet")
    number = forms.text(form, "other_row") or forms.text(form, "header_row")
    row = int(number) if number.isascii() and number.isdigit() and len(number) < 7 else 0
    if sheet != forms.text(form, "shown_sheet"):
        row = 0
    return await _choose(request, token, sheet=sheet, header_row=row, mapping={})


@post("/imports/{token:str}/columns", opt={"roles": ADMINS}, status_code=303)
async def choose_columns(request: Req, token: FromPath[str]) -> Redirect:
    """Take which column is which."""
    form = await request.form()
    names = [name for name in form if name.startswith(FIELD)]
    mapping = {name.removeprefix(FIELD): forms.text(form, name, 40) for name in names}
    row = forms.text(form, "header_row", 6)
    return await _choose(
        request,
        token,
        sheet=forms.text(form, "sheet"),
        header_row=int(row) if row.isascii() and row.isdigit() else 0,
        mapping=mapping,
    )


@post("/imports/{token:str}/kind", opt={"roles": ADMINS}, status_code=303)
async def choose_kind(request: Req, token: FromPath[str]) -> Redirect:
    """Read the file as another kind."""
    kind = forms.text(await request.form(), "kind")
    try:
        if kind not in KINDS:
            raise ProblemError("intake.unknown_kind", kind=kind)
        staged = msgspec.structs.replace(_staged(request, token), kind=kind)
        await asyncio.to_thread(
            upload_staging.keep_choice, get_services(request), staged, Choice(file_name=staged.name)
        )
    except ProblemError as problem:
        return _to_start(request, problem)
    _keep(request, staged)
    return _to_file(staged)


@post("/imports/apply", opt={"roles": ADMINS}, status_code=303)
async def apply(request: Req) -> Response[Any]:
    """Take the previewed file; with rejected rows only if the box says that the rest may go in."""
    form, who, services = await request.form(), me(request).name, get_services(request)
    try:
        staged = _staged(request, forms.text(form, "token"))
        if await asyncio.to_thread(upload_staging.report_of, services, staged) is not None:
            return _to_file(staged)  # pressed twice
        path, before = (
            await asyncio.to_thread(_path, request, staged),
            await asyncio.to_thread(_choice, request, staged),
        )
        choice = _confirmed(form, before)
        await asyncio.to_thread(upload_staging.keep_choice, services, staged, choice)
        if _is_other_reading(form, choice):
            notify(
                request,
                "按新选的种类或截止日重新算过,请看过再写入",
                "Calculated again for the kind or day you chose: check, then import",
            )
            return _to_file(staged)
    except ProblemError as problem:
        return _to_start(request, problem)
    words = language(request)
    return await started.start(
        request,
        f"import {staged.token}",
        lambda services: previewed_import.run(services, staged, path, (before, choice), who, words),
        partial(_imported, staged=staged),
        title=IMPORTING,
        of=Label(staged.name, staged.name),
        back=f"/imports/{staged.token}",
        can_cancel=False,
    )


async def _imported(request: Req, work: Work, *, staged: StagedUpload) -> Response[Any]:
    try:
        outcome: Outcome = work.result()
    except ProblemError as problem:
        return _to_start(request, problem)
    if outcome == "changed":
        notify(
            request,
            "预览之后名单或还款又有变化,已重新算过,请看过再写入",
            "List or repayments changed after the preview: check it again, then import",
        )
    elif outcome == "refused":
        notify(
            request,
            "没有写入任何内容:请看下面的提示,改好、勾选或选定后再写入",
            "Nothing was written: see below, correct the file, tick or choose what is asked",
            tone="bad",
        )
    return _to_file(staged)


@post("/imports/cancel", opt={"roles": ADMINS}, status_code=303)
async def cancel(request: Req) -> Redirect:
    """Forget the previewed file."""
    try:
        staged = _staged(request, forms.text(await request.form(), "token"))
    except ProblemError as problem:
        return _to_start(request, problem)
    await asyncio.to_thread(upload_staging.discard, get_services(request), staged)
    sessions.of(request).get(sessions.UPLOADS, {}).pop(staged.token, None)
    notify(request, "已取消,文件已删除", "Cancelled; the file was deleted")
    return Redirect("/imports", status_code=303)


def _path(request: Req, staged: StagedUpload) -> Path:
    return upload_staging.path_of(get_services(request), staged)


def _choice(request: Req, staged: StagedUpload) -> Choice:
    return upload_staging.choice_of(get_services(request), staged)


def _to_file(staged: StagedUpload, step: str = "") -> Redirect:
    return Redirect(f"/imports/{staged.token}{step}", status_code=303)


def _to_start(request: Req, problem: ProblemError) -> Redirect:
    notify_problem(request, problem)
    return Redirect("/imports", status_code=303)


def _keep(request: Req, staged: StagedUpload) -> None:
    """Keep an upload in the session, beside those of other tabs."""
    found = sessions.of(request).setdefault(sessions.UPLOADS, {})
    found.pop(staged.token, None)
    found[staged.token] = msgspec.to_builtins(staged)
    for token in list(found)[:-MOST_UPLOADS]:
        del found[token]


def _staged(request: Req, token: str) -> StagedUpload:
    """The file this very session uploaded. Raises: ProblemError console.upload_gone."""
    return upload_staging.of_session(sessions.of(request), token)


async def _parsed(request: Req, staged: StagedUpload) -> Parsed | Work:
    """Read the file off the event loop, or find it read."""
    path, choice = (
        await asyncio.to_thread(_path, request, staged),
        await asyncio.to_thread(_choice, request, staged),
    )
    kept = await asyncio.to_thread(upload_staging.read_path, get_services(request), staged)
    table = (staged.kind, choice.sheet, choice.header_row, choice.mapping)
    how = (*table, choice.repayment_kind, choice.as_of)
    works = console_state(request).works
    work = works.start(
        get_services(request),
        f"read {staged.token} {how}",
        lambda services: layout.read(
            services, staged.kind, path, choice, kept=kept, progress=no_progress
        ),
        owner=me(request).name,
        title=READING,
        back=f"/imports/{staged.token}",
    )
    if not await works.wait(work):
        return work
    parsed: Parsed = work.result()
    return parsed


async def _choose(request: Req, token: str, **how: Any) -> Redirect:
    """Keep how to read the file, and read it anew."""
    try:
        staged = _staged(request, token)
        choice = msgspec.structs.replace(await asyncio.to_thread(_choice, request, staged), **how)
        await asyncio.to_thread(upload_staging.keep_choice, get_services(request), staged, choice)
    except ProblemError as problem:
        return _to_start(request, problem)
    return _to_file(staged)


def _confirmed(form: FormMultiDict, choice: Choice) -> Choice:
    """What the form confirms; its fields have the names of `Choice`."""
    ticks = {name: forms.text(form, name) == "yes" for name in TICKS}
    words = {name: words for name in WORDS if (words := forms.text(form, name))}
    named = {name: forms.text(form, name) for name in form if name.startswith(SCHOOL)}
    schools = {name.removeprefix(SCHOOL): code for name, code in named.items() if code}
    # a day that is written by hand stands behind the tick that confirms the file's own
    words["as_of"] = next(reversed(forms.many(form, "as_of")), "")
    try:
        return msgspec.convert(
            {**msgspec.to_builtins(choice), "schools": schools, **ticks, **words},
            Choice,
            strict=False,
        )
    except msgspec.ValidationError:
        raise ProblemError("console.nothing_chosen") from None


def _is_other_reading(form: FormMultiDict, choice: Choice) -> bool:
    """Whether kind or day of a repayment file are others than the preview was made for."""
    if "previewed" not in form:
        return False
    kind, _, day = str(form.get("previewed", "")).partition(" ")
    return (choice.repayment_kind or kind, choice.as_of or day) != (kind, day)


async def _reading(request: Req, staged: StagedUpload, work: Work) -> Response[str]:
    """How far the file is read; the page loads itself again."""
    standing = await asyncio.to_thread(jobs.standing, get_services(request), work.id)
    return await page(
        request, "imports_reading.html", staged=staged, kinds=KINDS, standing=standing
    )


async def _report(
    request: Req,
    report: dict[str, Any],
    staged: StagedUpload,
    choice: Choice,
    *,
    applied: bool,
    parsed: Parsed | None = None,
) -> Response[str]:
    services = get_services(request)
    schools = await services.read(lambda c: units.units(c, services.season))
    if not applied:
        difference = report.get("difference", {})
        await asyncio.to_thread(
            upload_staging.keep_difference, get_services(request), staged, difference
        )
    report = shortened(report)
    return await page(
        request,
        "imports_report.html",
        report=report,
        staged=staged,
        kinds=KINDS,
        choice=choice,
        schools=schools,
        applied=applied,
        problems=report["problems"],
        hidden=report["hidden"],
        found=parsed.description if parsed else None,
        remembered=parsed.remembered if parsed else False,
    )


HANDLERS = (
    ask,
    preview,
    show,
    columns,
    choose_table,
    choose_columns,
    choose_kind,
    apply,
    cancel,
)
