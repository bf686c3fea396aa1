"""Import in two steps: preview a file row by row, then import the same bytes."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.response import Redirect

from shared.problems import ProblemError
from shared.records.kind import Label
from sync_server.console.web import forms, sessions, upload_staging
from sync_server.console.web.access import ADMINS, Req, get_services, me
from sync_server.console.web.rendering import notify, notify_problem, page
from sync_server.console.web.upload_staging import StagedUpload
from sync_server.office import imports
from sync_server.office.importing.choice import Choice
from sync_server.store import cases, progress, units

KINDS = {
    "contacts": Label("学校联系表(附件1)", "Schools and contacts (附件1)"),
    "areas": Label("包联辖区划分表(附件2)", "Areas (附件2)"),
    "due-list": Label("应还名单", "Due list"),
    "repayments": Label("每日还款情况", "Daily repayments"),
}
TICKS = ("accept_rest", "accept_identity", "accept_moves", "accept_returns")
WORDS = ("gone", "gone_reason", "gone_count", "repayment_kind", "as_of")
SCHOOL = "school:"
"""What begins the name of a field that says which school a written name is."""
SHOWN = 500
"""Problems on one page; the counts always tell all."""


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
    opt={"roles": ADMINS},
    status_code=200,
    request_max_body_size=forms.MAX_UPLOAD_BYTES,
)
async def preview(request: Req) -> Response[str] | Redirect:
    """Read the file and show what would happen."""
    services, form = get_services(request), await request.form()
    kind = forms.text(form, "kind")
    try:
        name, data = (await forms.files(form, "file"))[0]
        staged = await asyncio.to_thread(upload_staging.stage, _folder(request), kind, name, data)
        path = upload_staging.path_of(_folder(request), staged)
        report = await asyncio.to_thread(
            imports.preview, services, kind, path, Choice(file_name=name)
        )
    except ProblemError as problem:
        notify_problem(request, problem)
        return Redirect("/imports", status_code=303)
    sessions.of(request)[sessions.UPLOADS] = {staged.token: msgspec.to_builtins(staged)}
    return await _report(request, report, staged, Choice(), applied=False)


@post("/imports/apply", opt={"roles": ADMINS}, status_code=200)
async def apply(request: Req) -> Response[str] | Redirect:
    """Take the previewed file; with rejected rows only if the box says that the rest may go in."""
    services, form, who = get_services(request), await request.form(), me(request).name
    try:
        staged = _staged(request, forms.text(form, "token"))
        path = upload_staging.path_of(_folder(request), staged)
        choice = _choice(form, staged)
        if _is_other_reading(form, choice):
            report = await asyncio.to_thread(imports.preview, services, staged.kind, path, choice)
            notify(
                request,
                "按新选的种类或截止日重新算过,请看过再写入",
                "Worked out anew for the kind or day you chose: look, then import",
            )
            return await _report(request, report, staged, choice, applied=False)
        report = await asyncio.to_thread(
            lambda: imports.apply(services, staged.kind, path, who=who, choice=choice)
        )
    except ProblemError as problem:
        notify_problem(request, problem)
        return Redirect("/imports", status_code=303)
    if report.get("applied") is None:
        notify(
            request,
            "没有写入任何内容:文件里有被拒绝的行,或还有没选的地方",
            "Nothing was written: rows were rejected, or something is not chosen yet",
            tone="bad",
        )
        return await _report(request, report, staged, choice, applied=False)
    await asyncio.to_thread(upload_staging.discard, _folder(request), staged)
    sessions.of(request).pop(sessions.UPLOADS, None)
    return await _report(request, report, staged, choice, applied=True)


@post("/imports/cancel", opt={"roles": ADMINS}, status_code=303)
async def cancel(request: Req) -> Redirect:
    """Forget the previewed file."""
    staged = _staged(request, forms.text(await request.form(), "token"))
    await asyncio.to_thread(upload_staging.discard, _folder(request), staged)
    sessions.of(request).pop(sessions.UPLOADS, None)
    notify(request, "已取消,文件已删除", "Cancelled; the file was deleted")
    return Redirect("/imports", status_code=303)


def _folder(request: Req) -> Path:
    return get_services(request).settings.path("imports")


def _staged(request: Req, token: str) -> StagedUpload:
    """The file this very session previewed. Raises: ProblemError console.upload_gone."""
    return upload_staging.of_session(sessions.of(request), token)


def _choice(form: FormMultiDict, staged: StagedUpload) -> Choice:
    """What the form confirms; its fields have the names of `Choice`."""
    ticks = {name: forms.text(form, name) == "yes" for name in TICKS}
    words = {name: words for name in WORDS if (words := forms.text(form, name))}
    named = {name: forms.text(form, name) for name in form if name.startswith(SCHOOL)}
    schools = {name.removeprefix(SCHOOL): code for name, code in named.items() if code}
    # a day that is written by hand stands behind the tick that confirms the file's own
    words["as_of"] = next(reversed(forms.many(form, "as_of")), "")
    values = {"file_name": staged.name, "schools": schools, **ticks, **words}
    try:
        return msgspec.convert(values, Choice, strict=False)
    except msgspec.ValidationError:
        raise ProblemError("console.nothing_chosen") from None


def _is_other_reading(form: FormMultiDict, choice: Choice) -> bool:
    """Whether kind or day of a repayment file are others than the preview was made for."""
    if "previewed" not in form:
        return False
    kind, _, day = str(form.get("previewed", "")).partition(" ")
    return (choice.repayment_kind or kind, choice.as_of or day) != (kind, day)


async def _report(
    request: Req, report: dict[str, Any], staged: StagedUpload, choice: Choice, *, applied: bool
) -> Response[str]:
    services = get_services(request)
    schools = await services.read(lambda c: units.units(c, services.season))
    if not applied:
        difference = report.get("difference", {})
        await asyncio.to_thread(
            upload_staging.keep_difference, _folder(request), staged, difference
        )
    problems = sorted(report["problems"], key=lambda p: p["level"] != "error")
    return await page(
        request,
        "imports_report.html",
        report=report,
        staged=staged,
        kinds=KINDS,
        applied=applied,
        choice=choice,
        schools=schools,
        problems=problems[:SHOWN],
        hidden=max(0, len(problems) - SHOWN),
    )


HANDLERS = (ask, preview, apply, cancel)
