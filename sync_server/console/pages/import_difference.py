"""The difference that a previewed due list makes, as a workbook."""

from __future__ import annotations

import asyncio

import msgspec
from litestar import Response, get
from litestar.params import FromPath

from sync_server.console.web import forms, sessions, upload_staging
from sync_server.console.web.access import ADMINS, Req, get_services
from sync_server.office.importing.difference import Difference
from sync_server.office.importing.difference_book import difference_book

SUFFIX = ".xlsx"


@get("/imports/difference/{name:str}", opt={"roles": ADMINS})
async def download(request: Req, name: FromPath[str]) -> Response[bytes]:
    """Answer all that the preview found, of the file that this session previewed."""
    staged = upload_staging.of_session(sessions.of(request), name.removesuffix(SUFFIX))
    services = get_services(request)
    kept = await asyncio.to_thread(upload_staging.kept_difference, services, staged)
    data = await asyncio.to_thread(difference_book, msgspec.json.decode(kept, type=Difference))
    stem = staged.name.rpartition(".")[0] or staged.name
    return forms.download(data, f"{stem}-变化{SUFFIX}", forms.XLSX_TYPE)


HANDLERS = (download,)
