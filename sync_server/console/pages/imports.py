"""Import in two steps: a file is read and shown row by row, nothing written; then the same bytes are taken."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.response import Redirect

from shared.problems import ProblemError
from sync_server.console.web import forms, sessions, upload_staging
from sync_server.console.web.access import CHIEF, Req, me, services
from sync_server.console.web.rendering import complain, page, say
from sync_server.console.web.upload_staging import Held
from sync_server.office import imports
from sync_server.store import cases, progress, units

KINDS = {
    "contacts": ("学校联系表(附件1)", "Schools and contacts (附件1)"),
    "areas": ("包联辖区划分表(附件2)", "Areas (附件2)"),
    "due-list": ("应还名单", "Due list"),
    "repayments": ("每日还款情况", "Daily repayments"),
}
SHOWN = 500
"""Problems on one page; the counts always tell all."""


@get("/imports", opt={"roles": CHIEF})
async def ask(request: Req) -> Response[str]:
    """Choose a file."""
    app = services(request)
    totals = await app.read(lambda c: cases.totals(c, app.settings.season))
    schools = await app.read(lambda c: units.units(c, app.settings.season))
    as_of = await app.read(lambda c: progress.newest_snapshot(c, app.settings.season))
    return await page(
        request, "imports.html", kinds=KINDS, totals=totals, schools=len(schools), as_of=as_of
    )


@post(
    "/imports/preview",
    opt={"roles": CHIEF},
    status_code=200,
    request_max_body_size=forms.MAX_UPLOAD_BYTES,
)
async def preview(request: Req) -> Response[str] | Redirect:
    """Read the file and show what would happen."""
    app, form = services(request), await request.form()
    kind = forms.text(form, "kind")
    try:
        name, data = (await forms.files(form, "file"))[0]
        held = await asyncio.to_thread(upload_staging.hold, _folder(request), kind, name, data)
        path = upload_staging.path_of(_folder(request), held)
        report = await asyncio.to_thread(imports.preview, app, kind, path, name)
    except ProblemError as problem:
        complain(request, problem)
        return Redirect("/imports", status_code=303)
    sessions.of(request)[sessions.UPLOADS] = {held.token: msgspec.to_builtins(held)}
    return await _report(request, report, held, applied=False)


@post("/imports/apply", opt={"roles": CHIEF}, status_code=200)
async def apply(request: Req) -> Response[str] | Redirect:
    """Take the previewed file; with rejected rows only if the box says that the rest may go in."""
    app, form, who = services(request), await request.form(), me(request).name
    try:
        held = _held(request, forms.text(form, "token"))
        path = upload_staging.path_of(_folder(request), held)
        rest = forms.text(form, "accept_rest") == "yes"
        report = await asyncio.to_thread(
            lambda: imports.apply(
                app, held.kind, path, who=who, accept_rest=rest, file_name=held.name
            )
        )
    except ProblemError as problem:
        complain(request, problem)
        return Redirect("/imports", status_code=303)
    if report.get("applied") is None:
        say(
            request,
            "没有写入任何内容:文件里有被拒绝的行",
            "Nothing was written: rows were rejected",
            tone="bad",
        )
        return await _report(request, report, held, applied=False)
    await asyncio.to_thread(upload_staging.forget, _folder(request), held)
    sessions.of(request).pop(sessions.UPLOADS, None)
    return await _report(request, report, held, applied=True)


@post("/imports/cancel", opt={"roles": CHIEF}, status_code=303)
async def cancel(request: Req) -> Redirect:
    """Forget the previewed file."""
    held = _held(request, forms.text(await request.form(), "token"))
    await asyncio.to_thread(upload_staging.forget, _folder(request), held)
    sessions.of(request).pop(sessions.UPLOADS, None)
    say(request, "已取消,文件已删除", "Cancelled; the file was deleted")
    return Redirect("/imports", status_code=303)


def _folder(request: Req) -> Path:
    return services(request).settings.path("imports")


def _held(request: Req, token: str) -> Held:
    """The file this very session previewed. Raises: ProblemError console.upload_gone."""
    found = sessions.of(request).get(sessions.UPLOADS, {}).get(token)
    if found is None:
        raise ProblemError("console.upload_gone")
    return msgspec.convert(found, Held)


async def _report(
    request: Req, report: dict[str, Any], held: Held, *, applied: bool
) -> Response[str]:
    problems = sorted(report["problems"], key=lambda p: p["level"] != "error")
    return await page(
        request,
        "imports_report.html",
        report=report,
        held=held,
        kind=KINDS.get(held.kind, (held.kind, held.kind)),
        applied=applied,
        problems=problems[:SHOWN],
        hidden=max(0, len(problems) - SHOWN),
    )


HANDLERS = (ask, preview, apply, cancel)
