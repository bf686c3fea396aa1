"""Receive a phone's hand-over file, and offer its answer for download."""

from __future__ import annotations

import asyncio

from litestar import Response, get, post
from litestar.datastructures import FormMultiDict, UploadFile
from litestar.params import FromPath
from litestar.response import Redirect

from shared.handover import SUFFIX
from shared.problems import ProblemError
from sync_server import body_limits
from sync_server.console.web import forms
from sync_server.console.web.access import Req, get_services, me, phone_of_school, school
from sync_server.console.web.rendering import notify_problem, page
from sync_server.office import handover
from sync_server.store import devices, units


@post(
    "/schools/{unit:str}/phones/handover",
    status_code=200,
    opt={"takes": body_limits.HANDOVER},
)
async def take(request: Req, unit: FromPath[str]) -> Response[str] | Redirect:
    """Take the file of one of this school's phones; say what came and offer the answer."""
    row, services, who = await school(request, unit), get_services(request), me(request).name
    try:
        source = _chosen(await request.form()).file
        taken = await asyncio.to_thread(
            handover.receive,
            services,
            source,
            who=who,
            allowed=lambda d: (d.season, d.unit) == (services.season, unit),
        )
    except ProblemError as problem:
        notify_problem(request, problem)
        return Redirect(f"/schools/{unit}/phones", status_code=303)
    key = handover.answer_key(taken.device.id)
    await asyncio.to_thread(services.file_store.put, key, taken.answer)
    return await page(request, "handover.html", unit=row, taken=taken)


@get("/schools/{unit:str}/phones/{device_id:str}/answer")
async def answer(
    request: Req, unit: FromPath[str], device_id: FromPath[str]
) -> Response[bytes] | Redirect:
    """The answer to the phone's last file. Raises: ProblemError handover.no_answer."""
    services = await phone_of_school(request, unit, device_id)
    try:
        data = await asyncio.to_thread(services.file_store.read, handover.answer_key(device_id))
    except FileNotFoundError as error:
        raise ProblemError("handover.no_answer") from error
    device = await services.read(lambda c: devices.by_id(c, device_id))
    names = await services.read(lambda c: units.staff_names(c, services.season))
    name = forms.safe_name(f"回执-{names.get(device.staff, '')}{SUFFIX}")
    return forms.download(data, name, "application/octet-stream")


def _chosen(form: FormMultiDict) -> UploadFile:
    """The file as it lies on disk, unread. Raises: ProblemError console.no_file."""
    for found in form.getall("file", []):
        if isinstance(found, UploadFile) and found.filename:
            return found
    raise ProblemError("console.no_file")


HANDLERS = (take, answer)
