"""备份: make one now, when they are made by themselves, which there are; for admins.

Backups run in a thread of their own (docs/decisions/0024-heavy-work-is-a-job-of-one-queue.md).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Stream

from shared.problems import ProblemError
from shared.records.kind import Label
from sync_server.console.web import forms
from sync_server.console.web.access import ADMINS, Req, get_services, me
from sync_server.console.web.rendering import notify_problem, page, run_and_redirect
from sync_server.office import (
    backup_file,
    backup_log,
    backup_plan,
    backup_runs,
    backup_status,
    postgresql_backup,
)
from sync_server.office.backup_log import Run
from sync_server.services import Services

BACK = "/backups"
STATES = {
    "running": Label("正在备份", "under way"),
    "verified": Label("已核对", "checked"),
    "damaged": Label("核对不符,不要用", "does not check: do not use"),
    "failed": Label("没有做成", "failed"),
    "interrupted": Label("没有做完", "interrupted"),
    "removed": Label("已删,给新的腾地方", "removed for newer ones"),
}
PHASES = {
    "": Label("正在准备", "Preparing"),
    "database": Label("正在复制数据库", "Copying the database"),
    "photos": Label("正在复制照片", "Copying photos"),
    "check": Label("正在逐个核对", "Checking every file"),
}
SHOWN_RUNS = 40
"""Lines of the log on the page."""


class Line(msgspec.Struct, frozen=True):
    """A backup of the list, and whether it can be seen now."""

    run: Run
    here: bool


@get(BACK, opt={"roles": ADMINS})
async def view(request: Req, edit: FromQuery[bool] = False) -> Response[str]:
    """What there is, what is under way, and the schedule.

    The page loads itself again while one is under way, unless there is something to type on it.
    """
    return await _view(request, edit=edit)


async def _view(
    request: Req,
    typed: backup_plan.Plan | None = None,
    problem: ProblemError | None = None,
    *,
    edit: bool = False,
) -> Response[str]:
    """Show the page; after a refusal, why, and what was typed."""
    services = get_services(request)
    found = await asyncio.to_thread(_found, services)
    plan = typed or found.pop("plan")
    return await page(
        request,
        "backups.html",
        **{**found, "plan": plan},
        problem=problem,
        watched=found["under_way"] is not None and not (edit or typed or problem),
        states=STATES,
        phases=PHASES,
        hours=backup_plan.HOURS,
        keep=backup_plan.KEEP,
        shortest=backup_file.SHORTEST,
        data_dir=services.settings.data_dir,
        in_words=lambda text: backup_status.text_in_words(text, services.settings.real_now()),
        status=problem.problem.status if problem else 200,
    )


def _found(services: Services) -> dict[str, Any]:
    """Read log, schedule and how far a backup is, off the event loop."""
    settings = services.settings
    data_dir = settings.data_dir
    runs = [run for run in reversed(backup_log.read(data_dir)) if run.state != "running"]
    try:
        plan = backup_plan.read(data_dir)
    except ProblemError:
        plan = backup_plan.Plan()
    return {
        "plan": plan,
        "standing": backup_status.status(services),
        "under_way": backup_runs.under_way(data_dir),
        "lines": [Line(run, Path(run.folder).is_dir()) for run in runs[:SHOWN_RUNS]],
        "same_disk": plan.folder and backup_plan.same_disk(settings, Path(plan.folder)),
        "possible": (sqlite := settings.database.startswith("sqlite")),
        "shares": () if sqlite else postgresql_backup.whose(settings),
    }


@post("/backups/now", opt={"roles": ADMINS}, status_code=303)
async def now(request: Req) -> Redirect:
    """Begin a backup."""
    services, who = get_services(request), me(request).name
    return await _redirected(
        request,
        lambda: backup_runs.start(services, who=who),
        "开始备份了,手机和网页照常用",
        "The backup has begun; phones and pages go on as usual",
    )


@post("/backups/plan", opt={"roles": ADMINS}, status_code=303)
async def plan(request: Req) -> Response[str] | Redirect:
    """Keep the schedule."""
    services, who = get_services(request), me(request).name
    typed = _typed(await request.form())
    try:
        await asyncio.to_thread(backup_plan.choose, services, typed, who=who)
    except ProblemError as problem:
        return await _view(request, typed, problem)
    return await _redirected(request, lambda: None, "设置已保存", "Settings saved")


@post("/backups/{run_id:str}/check", opt={"roles": ADMINS}, status_code=303)
async def check(request: Req, run_id: FromPath[str]) -> Redirect:
    """Begin to check a backup, file by file."""
    services, who = get_services(request), me(request).name
    return await _redirected(
        request,
        lambda: backup_runs.start_check(services, run_id, who=who),
        "开始核对了",
        "The check has begun",
    )


@post("/backups/{run_id:str}/download", opt={"roles": ADMINS}, status_code=200)
async def download(request: Req, run_id: FromPath[str]) -> Stream | Redirect:
    """Send a backup as one file, encrypted with a passphrase that is kept nowhere."""
    services, form, who = get_services(request), await request.form(), me(request).name
    first, again = str(form.get("passphrase", "")), str(form.get("again", ""))
    try:
        name, sent = await asyncio.to_thread(
            backup_file.download, services, run_id, first, again, who=who
        )
    except ProblemError as problem:
        notify_problem(request, problem)
        return Redirect(BACK, status_code=303)
    return Stream(
        sent,
        media_type="application/octet-stream",
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"},
    )


def _typed(form: FormMultiDict) -> backup_plan.Plan:
    """The schedule as it was filled in; a text that is not a number becomes 0."""
    every = forms.text(form, "every", 10)
    return backup_plan.Plan(
        every="night" if every == "night" else "hours" if every == "hours" else "off",
        at=forms.text(form, "at", 10),
        hours=_number(forms.text(form, "hours", 10)),
        keep=_number(forms.text(form, "keep", 10)),
        folder=forms.text(form, "folder", 1000),
    )


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0


async def _redirected(request: Req, job: Callable[[], object], zh: str, en: str) -> Redirect:
    return await run_and_redirect(request, BACK, job, zh, en)


HANDLERS = (view, now, plan, check, download)
