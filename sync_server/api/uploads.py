"""/v1/uploads: tus 1.0.0 (core, creation, creation-with-upload, termination), one PATCH at a time per upload.

Our own because the Python library we tried fails conformance clients
(docs/sources.md#tus-conformance). A cut body keeps every byte received; a wrong hash at the end is
refused and forgotten; the last PATCH carries a signed receipt.
"""

from __future__ import annotations

import base64

import msgspec
from litestar import Response, Router, delete, head, patch, post, route
from litestar.enums import HttpMethod
from litestar.params import FromPath

from shared.problems import ProblemError
from shared.wire import MAX_PHOTO_BYTES, ReceiptLine, b64
from sync_server.api.access import Req, phone, services
from sync_server.api.stream import CutError, pieces
from sync_server.services import Services
from sync_server.store import photos
from sync_server.store.devices import Device
from sync_server.store.photo_files import is_sha256

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,termination"


def _headers(**more: str) -> dict[str, str]:
    return {
        "Tus-Resumable": VERSION,
        "Cache-Control": "no-store",
        **{k.replace("_", "-"): v for k, v in more.items()},
    }


def _tus(request: Req) -> None:
    if request.headers.get("tus-resumable") != VERSION:
        raise ProblemError("upload.version")


@route(["", "/{upload_id:str}"], http_method=[HttpMethod.OPTIONS], status_code=204)
async def options(upload_id: FromPath[str] = "") -> Response[None]:
    """What this server speaks, of uploads as of each one."""
    limits = {
        "Tus-Version": VERSION,
        "Tus-Extension": EXTENSIONS,
        "Tus-Max-Size": str(MAX_PHOTO_BYTES),
    }
    return Response(None, status_code=204, headers={**_headers(), **limits})


@post("", status_code=201, request_max_body_size=None)
async def create(request: Req) -> Response[bytes]:
    """Start an upload, or find the one this phone had started; bytes sent along are taken."""
    _tus(request)
    app, device = services(request), await phone(request)
    size_bytes = _whole(request.headers.get("upload-length"), "Upload-Length")
    if size_bytes > MAX_PHOTO_BYTES:
        raise ProblemError("upload.too_large", limit=MAX_PHOTO_BYTES)
    if size_bytes == 0:
        raise ProblemError("upload.bad_metadata", what="Upload-Length")
    sha256 = _metadata(request.headers.get("upload-metadata", "")).get("sha256", "")
    if not is_sha256(sha256):
        raise ProblemError("upload.bad_metadata", what="sha256")
    now = app.settings.now_text()
    upload = await app.write(lambda c: photos.start_upload(c, device.id, sha256, size_bytes, now))
    answer = _headers(Location=f"{request.scope.get('root_path', '')}/v1/uploads/{upload.id}")
    if request.headers.get("content-type") == "application/offset+octet-stream":
        if upload.id not in app.busy:
            # a body sent along begins at byte 0, whatever was held of an earlier try
            app.files.forget(upload.id)
        answer |= await _take(request, app, device, upload, 0)
    return Response(b"", status_code=201, headers=answer)


@head("/{upload_id:str}", status_code=200)
async def offset(request: Req, upload_id: FromPath[str]) -> Response[None]:
    """How many bytes are held."""
    _tus(request)
    app = services(request)
    upload = await _find(app, await phone(request), upload_id)
    held = str(app.files.offset(upload.id))
    return Response(
        None, headers=_headers(Upload_Offset=held, Upload_Length=str(upload.size_bytes))
    )


@patch("/{upload_id:str}", status_code=204, request_max_body_size=None)
async def append(request: Req, upload_id: FromPath[str]) -> Response[None]:
    """Go on at the byte."""
    _tus(request)
    app, device = services(request), await phone(request)
    upload = await _find(app, device, upload_id)
    if request.headers.get("content-type") != "application/offset+octet-stream":
        raise ProblemError("request.bad_encoding")
    at = _whole(request.headers.get("upload-offset"), "Upload-Offset")
    return Response(
        None, status_code=204, headers=_headers(**await _take(request, app, device, upload, at))
    )


@delete("/{upload_id:str}", status_code=204)
async def terminate(request: Req, upload_id: FromPath[str]) -> Response[None]:
    """Forget an upload."""
    _tus(request)
    app = services(request)
    upload = await _find(app, await phone(request), upload_id)
    if upload.id in app.busy:
        raise ProblemError("upload.in_progress")
    await app.write(lambda c: photos.forget_upload(c, upload.id))
    app.files.forget(upload.id)
    return Response(None, status_code=204, headers=_headers())


async def _find(app: Services, device: Device, upload_id: str) -> photos.Upload:
    upload = await app.read(lambda c: photos.find_upload(c, upload_id, device.id))
    if upload is None:
        raise ProblemError("upload.unknown")
    return upload


async def _take(
    request: Req, app: Services, device: Device, upload: photos.Upload, at: int
) -> dict[str, str]:
    """Bytes from the request to the file; one request at a time per upload."""
    if upload.id in app.busy:
        raise ProblemError("upload.in_progress")
    app.busy.add(upload.id)
    try:
        held = app.files.offset(upload.id)
        if at != held:
            raise ProblemError("upload.offset_conflict", expected=held)
        held = await _stream(request, app, upload, held)
        answer = {"Upload-Offset": str(held)}
        if held == upload.size_bytes:
            answer |= await _complete(app, device, upload)
        return answer
    finally:
        app.busy.discard(upload.id)


async def _stream(request: Req, app: Services, upload: photos.Upload, held: int) -> int:
    """Append what arrives until the end or the cut; the new number of bytes held."""
    try:
        async for piece in pieces(request.stream()):
            if held + len(piece) > upload.size_bytes:
                raise ProblemError("upload.too_large", limit=upload.size_bytes)
            app.files.append(upload.id, held, piece)
            held += len(piece)
    except CutError:
        pass  # what came is kept, the phone asks where to go on
    return held


async def _complete(app: Services, device: Device, upload: photos.Upload) -> dict[str, str]:
    try:
        app.files.finish(upload.id, upload.sha256)
    except ProblemError as problem:
        if problem.code == "photo.wrong_hash":
            await app.write(lambda c: photos.forget_upload(c, upload.id))
        raise
    now = app.settings.now_text()
    await app.write(lambda c: photos.complete(c, upload, now))
    stamp = app.settings.real_now().isoformat()
    line = ReceiptLine(sha256=upload.sha256)
    receipt = app.receipts.receipt(device.id, app.database.epoch, stamp, [line])
    return {"Doorstep-Receipt": b64(msgspec.json.encode(receipt))}


def _whole(text: str | None, what: str) -> int:
    if text is None or not text.isdecimal() or len(text) > 12:
        raise ProblemError("upload.bad_metadata", what=what)
    return int(text)


def _metadata(header: str) -> dict[str, str]:
    """tus Upload-Metadata: `key base64,key base64`."""
    found = {}
    for pair in header.split(","):
        key, _, value = pair.strip().partition(" ")
        try:
            found[key] = base64.b64decode(value, validate=True).decode()
        except ValueError as error:
            raise ProblemError("upload.bad_metadata", what=key) from error
    return found


uploads = Router("/v1/uploads", route_handlers=[options, create, offset, append, terminate])
