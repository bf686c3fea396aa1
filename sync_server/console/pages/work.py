"""The progress of what somebody started on another page, and its result."""

from __future__ import annotations

import asyncio
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from shared.problems import ProblemError
from sync_server.console.parts import started
from sync_server.console.web.access import Req, console_state, get_services, me, owner_of
from sync_server.console.web.rendering import page
from sync_server.console.web.work_board import Elsewhere, WorkBoard
from sync_server.console.web.works import Work
from sync_server.office import jobs


@get("/work/{work_id:str}")
async def view(request: Req, work_id: FromPath[str]) -> Response[Any]:
    """Show how far it is; the page loads itself again until the result is there."""
    works = console_state(request).works
    try:
        work = works.find(work_id, owner_of(me(request)))
    except ProblemError:
        if works.board is None:
            raise
        return await _elsewhere(request, works.board, work_id)
    if await works.wait(work):
        return await started.answer(request, work)
    return await _progress(request, work)


@post("/work/{work_id:str}/cancel", status_code=303)
async def cancel(request: Req, work_id: FromPath[str]) -> Response[Any]:
    """End it, and say so on the page that it was started from."""
    works = console_state(request).works
    try:
        work = works.find(work_id, owner_of(me(request)))
    except ProblemError:
        if works.board is None:
            raise
        found = await works.board.find(work_id, owner_of(me(request)))
        if found.can_cancel:
            await works.board.cancel(work_id)
        return Redirect(f"/work/{work_id}", status_code=303)
    works.cancel(work)
    return await started.answer(request, work)


async def _elsewhere(request: Req, board: WorkBoard, work_id: str) -> Response[Any]:
    """Show a work that another process does, or its answer."""
    work = await board.find(work_id, owner_of(me(request)))
    if work.ended_s:
        return await started.answer_elsewhere(request, work_id)
    return await _progress(request, work)


async def _progress(request: Req, work: Work | Elsewhere) -> Response[Any]:
    standing = await asyncio.to_thread(jobs.standing, get_services(request), work.id)
    return await page(request, "work.html", work=work, standing=standing)


HANDLERS = (view, cancel)
