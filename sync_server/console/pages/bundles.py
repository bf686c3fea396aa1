"""上报材料包: what goes up to each recipient as one folder, made of its newest sealed report."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import anyio
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Stream

from shared.digest import sha256_hex
from shared.problems import ProblemError
from shared.records.kind import Label
from sync_server.console.parts import started
from sync_server.console.web.access import ADMINS, INSPECTION, Req, get_services, me
from sync_server.console.web.rendering import notify_problem, page
from sync_server.office import bundles

BACK = "/bundles"
MAKING = Label("做上报材料包", "Making the bundle")
CHUNK_BYTES = 1 << 20


@get(BACK, opt={"roles": ADMINS, INSPECTION: True})
async def view(request: Req) -> Response[str]:
    """Every recipient: what would be packed, and what was."""
    found = await asyncio.to_thread(bundles.offers, get_services(request))
    return await page(request, "bundles.html", offers=found)


@post("/bundles/{recipient:str}", opt={"roles": ADMINS}, status_code=303)
async def make(request: Req, recipient: FromPath[str]) -> Response[Any]:
    """Pack what goes up to a recipient; pressed twice, once."""
    who, found = me(request).name, await asyncio.to_thread(bundles.offers, get_services(request))
    name = next((one.name for one in found if one.key == recipient), recipient[:40])
    return await started.start(
        request,
        f"bundle {sha256_hex(recipient.encode())}",
        lambda services: bundles.make(services, recipient, who=who),
        started.then_back(
            "已做好：{name}", "The bundle is ready: {name}", name=lambda row: row.name
        ),
        title=MAKING,
        of=Label(name, name),
        back=BACK,
    )


@post("/bundles/{sealed:str}/download", opt={"roles": ADMINS}, status_code=200)
async def download(request: Req, sealed: FromPath[str]) -> Stream | Redirect:
    """Send the zip; who takes it is noted."""
    services, who = get_services(request), me(request).name
    try:
        row, path = await asyncio.to_thread(bundles.download, services, sealed, who=who)
    except ProblemError as problem:
        notify_problem(request, problem)
        return Redirect(BACK, status_code=303)
    return Stream(
        _chunks(path),
        media_type="application/zip",
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(row.name)}.zip",
            "Content-Length": str(row.size_bytes),
        },
    )


async def _chunks(path: Path) -> AsyncIterator[bytes]:
    async with await anyio.open_file(path, "rb") as file:
        while chunk := await file.read(CHUNK_BYTES):
            yield chunk


HANDLERS = (view, make, download)
