"""Every import of the season: what it did, its report, and the way to take it back."""

from __future__ import annotations

import asyncio

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from shared.problems import ProblemError
from sync_server.console.web import forms, labels
from sync_server.console.web.access import ADMINS, Req, get_services, me
from sync_server.console.web.rendering import language, notify, notify_problem, page, page_rows
from sync_server.office import import_history
from sync_server.office.import_history import KINDS, HistoryLine
from sync_server.store import accounts

XLSX = ".xlsx"
SHOWN = 500
"""Problems on one page; the workbook has all."""


@get("/imports/history", opt={"roles": ADMINS})
async def view(request: Req, at: FromQuery[int] = 1) -> Response[str]:
    """The imports, the newest first."""
    lines, pages = await asyncio.to_thread(
        import_history.listed, get_services(request), at, page_rows(request, import_history.PAGE)
    )
    return await page(
        request,
        "import_history.html",
        lines=lines,
        at=min(max(at, 1), pages),
        pages=pages,
        kinds=KINDS,
        shown=await _shown(request),
    )


@get("/imports/history/{run_id:str}", opt={"roles": ADMINS})
async def one(request: Req, run_id: FromPath[str]) -> Response[str] | Response[bytes]:
    """An import with its report; with .xlsx behind its id, the report as a workbook.

    Raises:
        ProblemError: import.undo_unknown.
    """
    line = await _line(request, run_id.removesuffix(XLSX))
    if run_id.endswith(XLSX):
        data = await asyncio.to_thread(import_history.workbook, line, labels.IMPORT_COUNTS)
        name = f"{line.run.file_name.rpartition('.')[0] or line.run.file_name}-导入报告{XLSX}"
        return forms.download(data, name, forms.XLSX_TYPE)
    report = line.report.as_json(language(request))
    if line.difference:
        report["difference"] = line.difference
    most = page_rows(request, SHOWN)
    problems = sorted(report["problems"], key=lambda p: p["level"] != "error")
    return await page(
        request,
        "import_history_one.html",
        line=line,
        report=report,
        applied=True,
        problems=problems[:most],
        hidden=max(0, len(problems) - most),
        kinds=KINDS,
        shown=await _shown(request),
    )


@get("/imports/history/{run_id:str}/undo", opt={"roles": ADMINS})
async def ask(request: Req, run_id: FromPath[str]) -> Response[str]:
    """Say what an undo would do, and ask. Raises: ProblemError import.undo_unknown."""
    line = await _line(request, run_id)
    return await page(request, "import_history_undo.html", line=line, kinds=KINDS)


@post("/imports/history/{run_id:str}/undo", opt={"roles": ADMINS}, status_code=303)
async def undo(request: Req, run_id: FromPath[str]) -> Redirect:
    """Take an import back."""
    services, who = get_services(request), me(request).name
    try:
        done = await asyncio.to_thread(lambda: import_history.undo(services, run_id, who=who))
    except ProblemError as problem:
        notify_problem(request, problem)
        if problem.code == "import.undo_unknown":
            return Redirect("/imports/history", status_code=303)
    else:
        notify(
            request,
            "已撤销这次导入:去掉 {removed} 人,改回 {restored} 人,{due} 人退回未还,"
            "{repaid} 人恢复已还。手机下次同步时更新",
            "The import is undone: {removed} people taken out, {restored} as they were, "
            "{due} due again, {repaid} repaid again. Phones follow at their next sync",
            removed=done.removed,
            restored=done.restored,
            due=done.due_again,
            repaid=done.repaid_again,
        )
    return Redirect(f"/imports/history/{run_id}", status_code=303)


async def _line(request: Req, run_id: str) -> HistoryLine:
    return await asyncio.to_thread(import_history.one, get_services(request), run_id)


async def _shown(request: Req) -> dict[str, str]:
    """What accounts are called."""
    return await get_services(request).read(accounts.shown_names)


HANDLERS = (view, one, ask, undo)
