"""The public page that checks a sealed file: anyone may drop one; it says what it finds and keeps nothing."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from litestar import Response, get, post

from shared.problems import ProblemError
from sync_server.console.web import forms
from sync_server.console.web.access import Req, console_state, services
from sync_server.console.web.console_state import ConsoleState
from sync_server.console.web.rendering import bare
from sync_server.office import summaries
from sync_server.services import Services

LONGEST_QUEUE = 5


@get("/check")
async def ask(request: Req) -> Response[str]:
    """Choose a file."""
    return bare(request, "check.html", verdict=None, problem=None, name="")


@post("/check", status_code=200, request_max_body_size=forms.MAX_UPLOAD_BYTES)
async def check(request: Req) -> Response[str]:
    """The verdict. One file at a time over all visitors: checking is heavy and the page is public."""
    app = services(request)
    try:
        form = await request.form()
        async with _turn(console_state(request)):
            name, data = (await forms.files(form, "file"))[0]
            verdict = await asyncio.to_thread(_verdict, app, data)
    except ProblemError as problem:
        return bare(
            request,
            "check.html",
            status=problem.problem.status,
            verdict=None,
            problem=problem,
            name="",
        )
    return bare(request, "check.html", verdict=verdict, problem=None, name=name)


@asynccontextmanager
async def _turn(here: ConsoleState) -> AsyncIterator[None]:
    """One at a time, and a short queue. Raises: ProblemError console.busy."""
    if here.waiting >= LONGEST_QUEUE:
        raise ProblemError("console.busy")
    here.waiting += 1
    try:
        async with here.checking:
            yield
    finally:
        here.waiting -= 1


def _verdict(app: Services, data: bytes) -> dict[str, Any]:
    """Checked in a folder of its own that is gone afterwards, whatever happens."""
    with tempfile.TemporaryDirectory(dir=app.settings.path("check")) as folder:
        path = Path(folder) / "summary.pdf"
        path.write_bytes(data)
        return summaries.check_file(app, path)


HANDLERS = (ask, check)
