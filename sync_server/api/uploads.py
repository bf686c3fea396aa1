"""/v1/uploads: tus 1.0.0 (core, creation, creation-with-upload, expiration, termination).

One PATCH runs at a time for each upload. It is written here because the Python library we tried
fails conformance clients (docs/sources.md#tus-conformance). A cut body keeps every byte received;
an upload with a wrong hash is refused and deleted; the last PATCH is answered with a signed
receipt. What a phone may send is counted where an upload begins (quotas.py).
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from email.utils import format_datetime

from litestar import Response, Router, delete, head, patch, post, route
from litestar.enums import HttpMethod
from litestar.params import FromPath

from shared.problems import ProblemError
from shared.season import china_day
from shared.wire import MAX_PHOTO_BYTES
from sync_server import body_limits
from sync_server.api import upload_holding, whole_photo
from sync_server.api.access import Req, bearer, get_services, sender, write_as
from sync_server.api.stream import CutError, chunks
from sync_server.api.upload_holding import Holding, held_bytes
from sync_server.office import disk_room
from sync_server.problem_details import problem_response
from sync_server.services import Services
from sync_server.store import devices, photos, seasons, upload_claims
from sync_server.store.database import Connection
from sync_server.store.devices import Device
from sync_server.store.photo_files import is_sha256

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,expiration,termination"
BODY = "application/offset+octet-stream"


def _tus_headers(**more: str) -> dict[str, str]:
    return {
        "Tus-Resumable": VERSION,
        "Cache-Control": "no-store",
        **{k.replace("_", "-"): v for k, v in more.items()},
    }


def _check_version(request: Req) -> None:
    if request.headers.get("tus-resumable") != VERSION:
        raise ProblemError("upload.version")


@route(["", "/{upload_id:str}"], http_method=[HttpMethod.OPTIONS], status_code=204)
async def options(upload_id: FromPath[str] = "") -> Response[None]:
    """Answer what this server supports, for all uploads and for each one."""
    limits = {
        "Tus-Version": VERSION,
        "Tus-Extension": EXTENSIONS,
        "Tus-Max-Size": str(MAX_PHOTO_BYTES),
    }
    return Response(None, status_code=204, headers={**_tus_headers(), **limits})


@post("", status_code=201, opt={"takes": body_limits.STREAM})
async def create(request: Req) -> Response[bytes]:
    """Start an upload, or find the one this phone had started; a body sent along is stored.

    Raises:
        ProblemError: upload.version, upload.bad_metadata, upload.too_large, upload.in_progress,
            upload.quota, upload.unfinished, upload.unnamed, photo.wrong_hash, photo.not_image,
            season.preparing, season.retention_over, disk.low, disk.full.
    """
    _check_version(request)
    services, device = get_services(request), await sender(request)
    size_bytes = _parse_size(request.headers.get("upload-length"), "Upload-Length")
    if size_bytes > MAX_PHOTO_BYTES:
        raise ProblemError("upload.too_large", limit=MAX_PHOTO_BYTES)
    if size_bytes == 0:
        raise ProblemError("upload.bad_metadata", what="Upload-Length")
    sha256 = _parse_metadata(request.headers.get("upload-metadata", "")).get("sha256", "")
    if not is_sha256(sha256):
        raise ProblemError("upload.bad_metadata", what="sha256")
    disk_room.check(services, size_bytes)
    asked = photos.asked_for(device.id, sha256, size_bytes, services.settings.now_text())
    if request.headers.get("content-type") != BODY:
        upload = await _begin(services, device, asked)
        # the offset spares the phone a request
        return _created(request, upload, Upload_Offset=str(held_bytes(services, upload)))
    body = chunks(request.stream())
    came = whole_photo.Beginning(b"", cut=False)
    files = whole_photo.room_for(services)
    if files is not None:
        with whole_photo.under_way(services, asked):
            came = await whole_photo.beginning(body, size_bytes)
            if len(came.data) == size_bytes:
                receipt = await whole_photo.store(services, files, device, asked, came.data)
                said = {"Upload_Offset": str(size_bytes), "Doorstep_Receipt": receipt}
                return _created(request, asked, **said)
    upload = await _begin(services, device, asked, cut=came.cut)
    # a body sent along starts at byte 0, whatever an earlier attempt stored
    answer = await _append_body(_joined(came.data, body), services, device, upload, 0, anew=True)
    return _created(request, upload, **answer)


async def _begin(
    services: Services, device: Device, asked: photos.Upload, *, cut: bool = False
) -> photos.Upload:
    """Start an upload, or find the one this phone had started.

    Args:
        services: The server's services.
        device: The phone.
        asked: What it asks for.
        cut: Its line was cut meanwhile, and it may have sent the photo by another.
    """

    def job(connection: Connection) -> photos.Upload:
        seasons.check_takes_records(connection, device.season, china_day(services.settings.now()))
        if cut and photos.stored_of(connection, [asked.sha256]):
            raise ProblemError("upload.unknown")
        return photos.start_upload(
            connection, device.id, asked.sha256, asked.size_bytes, asked.created_at
        )

    return await write_as(services, device, job)


def _created(request: Req, upload: photos.Upload, **more: str) -> Response[bytes]:
    location = f"{request.scope.get('root_path', '')}/v1/uploads/{upload.id}"
    headers = _tus_headers(Location=location, **_expires(upload), **more)
    return Response(b"", status_code=201, headers=headers)


async def _joined(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    if first:
        yield first
    async for chunk in rest:
        yield chunk


@head("/{upload_id:str}", status_code=200)
async def offset(request: Req, upload_id: FromPath[str]) -> Response[None]:
    """Answer how many bytes of an upload are stored.

    Raises:
        ProblemError: upload.version, upload.unknown.
    """
    _check_version(request)
    services = get_services(request)
    _, upload = await _find(request, upload_id)
    lengths = {
        "Upload_Offset": str(held_bytes(services, upload)),
        "Upload_Length": str(upload.size_bytes),
    }
    return Response(None, headers=_tus_headers(**lengths, **_expires(upload)))


@patch("/{upload_id:str}", status_code=204, opt={"takes": body_limits.STREAM})
async def append(request: Req, upload_id: FromPath[str]) -> Response[None]:
    """Store bytes from the given offset.

    Raises:
        ProblemError: upload.version, upload.unknown, upload.in_progress, upload.offset_conflict,
            upload.too_large, request.bad_encoding, photo.wrong_hash, photo.not_image, disk.low,
            disk.full.
    """
    _check_version(request)
    services = get_services(request)
    device, upload = await _find(request, upload_id)
    if request.headers.get("content-type") != BODY:
        raise ProblemError("request.bad_encoding")
    at = _parse_size(request.headers.get("upload-offset"), "Upload-Offset")
    disk_room.check(services, upload.size_bytes - at)
    return Response(
        None,
        status_code=204,
        headers=_tus_headers(
            **_expires(upload),
            **await _append_body(
                chunks(request.stream()), services, device, upload, at, anew=False
            ),
        ),
    )


@delete("/{upload_id:str}", status_code=204)
async def terminate(request: Req, upload_id: FromPath[str]) -> Response[None]:
    """Delete an upload.

    Raises:
        ProblemError: upload.version, upload.unknown, upload.in_progress.
    """
    _check_version(request)
    services = get_services(request)
    device, upload = await _find(request, upload_id)
    if upload.id in services.uploads_in_progress:
        raise ProblemError("upload.in_progress")
    now = services.settings.real_now()

    def job(connection: Connection) -> None:
        if not services.is_alone:  # another process may be receiving it
            upload_claims.take(connection, upload.id, "terminated", now)
        photos.forget_upload(connection, upload.id)

    await write_as(services, device, job)
    await asyncio.to_thread(services.files.forget, upload.id)
    return Response(None, status_code=204, headers=_tus_headers())


@post("/{upload_id:str}", status_code=204, opt={"takes": body_limits.STREAM})
async def overridden(request: Req, upload_id: FromPath[str]) -> Response[None]:
    """Take a POST for the method it names: some networks let no PATCH and no DELETE through.

    Raises:
        ProblemError: request.method, those of `phone`, and those of the method named.
    """
    method = request.headers.get("x-http-method-override", "").upper()
    handler = {"PATCH": append, "DELETE": terminate, "HEAD": offset}.get(method)
    if handler is None:
        await sender(request)  # as every address of phones: who asks comes first
        raise ProblemError("request.method")
    answer: Response[None] = await handler.fn(request, upload_id)
    return answer


def refused(request: Req, error: Exception) -> Response[bytes]:
    """Answer a problem with the headers that tus wants of every answer; a 412 names the version."""
    answer = problem_response(request, error)
    more = {"Tus-Version": VERSION} if answer.status_code == 412 else {}
    for name, value in {**_tus_headers(), **more}.items():
        answer.set_header(name, value)
    return answer


async def _find(request: Req, upload_id: str) -> tuple[Device, photos.Upload]:
    """Return who sends, as `access.sender` does, and the upload of theirs: in one look."""
    services, token = get_services(request), bearer(request)

    def look(connection: Connection) -> tuple[Device, photos.Upload | None]:
        device = devices.by_token(connection, token)
        devices.check_may_send(connection, device)
        return device, photos.find_upload(connection, upload_id, device.id)

    device, upload = await services.read(look)
    if upload is None or upload.expires_at <= services.settings.now():
        raise ProblemError("upload.unknown")
    return device, upload


def _expires(upload: photos.Upload) -> dict[str, str]:
    """Return until when an upload can be resumed, as tus names it (RFC 9110 date)."""
    return {"Upload_Expires": format_datetime(upload.expires_at, usegmt=True)}


async def _append_body(
    body: AsyncIterator[bytes],
    services: Services,
    device: Device,
    upload: photos.Upload,
    at: int,
    *,
    anew: bool,
) -> dict[str, str]:
    """Add the request's body to what is held; one request at a time for each upload."""
    async with upload_holding.held(services, upload) as holding:
        if anew:
            await holding.begin_anew()
        if at != holding.held_bytes:
            raise ProblemError("upload.offset_conflict", expected=holding.held_bytes)
        await _stream(body, holding, upload)
        answer = {"Upload_Offset": str(holding.held_bytes)}
        if holding.held_bytes == upload.size_bytes:
            answer |= await _complete(services, device, upload, holding)
        else:
            await holding.keep()
        return answer


async def _stream(body: AsyncIterator[bytes], holding: Holding, upload: photos.Upload) -> None:
    """Take what arrives until the end or the cut."""
    try:
        async for chunk in body:
            if holding.held_bytes + len(chunk) > upload.size_bytes:
                raise ProblemError("upload.too_large", limit=upload.size_bytes)
            await holding.add(chunk)
    except CutError:
        pass  # received bytes are kept; the phone asks for the offset


async def _complete(
    services: Services, device: Device, upload: photos.Upload, holding: Holding
) -> dict[str, str]:
    # before the photo takes its place, and once more when it is recorded
    await services.read(lambda c: devices.check_may_send(c, devices.by_id(c, device.id)))
    try:
        await holding.finish()
    except ProblemError as problem:
        if problem.code in ("photo.wrong_hash", "photo.not_image", "upload.unknown"):
            await services.write(lambda c: photos.forget_upload(c, upload.id))
        raise
    now = services.settings.now_text()
    await write_as(services, device, lambda c: photos.complete(c, upload, now, services.files.has))
    await holding.drop_parts()
    return {"Doorstep_Receipt": whole_photo.receipt(services, device, upload.sha256)}


def _parse_size(text: str | None, what: str) -> int:
    if text is None or not text.isdecimal() or len(text) > 12:
        raise ProblemError("upload.bad_metadata", what=what)
    return int(text)


def _parse_metadata(header: str) -> dict[str, str]:
    """Parse the header Upload-Metadata: `key base64,key base64`."""
    found = {}
    for pair in header.split(","):
        key, _, value = pair.strip().partition(" ")
        try:
            found[key] = base64.b64decode(value, validate=True).decode()
        except ValueError as error:
            raise ProblemError("upload.bad_metadata", what=key) from error
    return found


uploads = Router(
    "/v1/uploads",
    route_handlers=[options, create, offset, append, terminate, overridden],
    exception_handlers={Exception: refused},
)
