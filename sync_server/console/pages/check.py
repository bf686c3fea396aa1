"""The public page that verifies a sealed file; nothing is kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from litestar import Response, get, post

from shared.problems import ProblemError
from sync_server import body_limits, temporary
from sync_server.console.web import forms
from sync_server.console.web.access import Req, console_state, get_services
from sync_server.console.web.console_state import ConsoleState
from sync_server.console.web.rendering import standalone_page
from sync_server.office import summaries
from sync_server.services import Services

LONGEST_QUEUE = 5


@get("/check")
async def ask(request: Req) -> Response[str]:
    """Choose a file."""
    return standalone_page(request, "check.html", verdict=None, problem=None, name="")


@post("/check", status_code=200, opt={"takes": body_limits.SEALED_FILE})
async def check(request: Req) -> Response[str]:
    """Verify one file at a time over all visitors: it is heavy and the page is public."""
    services = get_services(request)
    try:
        form = await request.form()
        async with _turn(console_state(request)):
            name, data = (await forms.files(form, "file"))[0]
            verdict = await asyncio.to_thread(_verdict, services, data)
    except ProblemError as problem:
        return standalone_page(
            request,
            "check.html",
            status=problem.problem.status,
            verdict=None,
            problem=problem,
            name="",
        )
    return standalone_page(request, "check.html", verdict=verdict, problem=None, name=name)


@asynccontextmanager
async def _turn(state: ConsoleState) -> AsyncIterator[None]:
    """Wait for one's turn in a short queue. Raises ProblemError console.busy."""
    if state.waiting >= LONGEST_QUEUE:
        raise ProblemError("console.busy")
    state.waiting += 1
    try:
        async with state.checking:
            yield
    finally:
        state.waiting -= 1


def _verdict(services: Services, data: bytes) -> dict[str, Any]:
    """Verify in a temporary folder that is always deleted."""
    with temporary.folder_for("check") as folder:
        path = folder / "summary.pdf"
        path.write_bytes(data)
        return summaries.check_file(services, path)


HANDLERS = (ask, check)
