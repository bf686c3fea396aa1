"""The progress of what somebody started on another page, and its result."""

from __future__ import annotations

import asyncio
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from sync_server.console.parts import started
from sync_server.console.web.access import Req, console_state, get_services, me, owner_of
from sync_server.console.web.rendering import page
from sync_server.office import jobs


@get("/work/{work_id:str}")
async def view(request: Req, work_id: FromPath[str]) -> Response[Any]:
    """Show how far it is; the page loads itself again until the result is there."""
    works = console_state(request).works
    work = works.find(work_id, owner_of(me(request)))
    if await works.wait(work):
        return await started.answer(request, work)
    standing = await asyncio.to_thread(jobs.standing, get_services(request), work.id)
    return await page(request, "work.html", work=work, standing=standing)


@post("/work/{work_id:str}/cancel", status_code=303)
async def cancel(request: Req, work_id: FromPath[str]) -> Response[Any]:
    """End it, and say so on the page that it was started from."""
    works = console_state(request).works
    work = works.find(work_id, owner_of(me(request)))
    works.cancel(work)
    return await started.answer(request, work)


HANDLERS = (view, cancel)
