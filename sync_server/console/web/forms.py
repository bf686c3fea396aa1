"""Read form fields, tick boxes and files; send files for download."""

from __future__ import annotations

import asyncio
import re
import unicodedata
from collections.abc import AsyncGenerator
from typing import Any
from urllib.parse import quote

from litestar import Request, Response
from litestar.datastructures import FormMultiDict, UploadFile
from litestar.enums import RequestEncodingType
from litestar.exceptions import InternalServerException

from shared.problems import ProblemError
from sync_server import body_limits, temporary
from sync_server.body_limits import Takes
from sync_server.form_reading import CHARSETS, FormReader, fields
from sync_server.office import disk_room
from sync_server.request_bounds import at_end, check_texts
from sync_server.services import Services

MAX_TEXT = 2000
MOST_NAME_BYTES = 180
"""Most bytes kept of a file's name: file systems take 255, and some of ours begin with a number."""
_FORM = "form"
TAKE_BACK = "take_back"
"""The value of a button that takes a verdict back."""
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class FormRequest(Request[Any, Any, Any]):
    """A request whose body is read within the limits of its page, whoever reads it."""

    @property
    def takes(self) -> Takes:
        """What its handler takes."""
        return body_limits.of(self.route_handler.opt, self.scope["path"])

    async def stream(self) -> AsyncGenerator[bytes, None]:
        """Yield the body's chunks. Raises: ProblemError request.too_large and the like."""
        async for chunk in body_limits.counted(super().stream(), self.takes):
            yield chunk

    async def body(self) -> bytes:
        """Read the body. Raises: ProblemError request.unreadable where it ends too early."""
        try:
            return await super().body()
        except InternalServerException as error:  # the connection was lost
            raise ProblemError("request.unreadable") from error

    async def form(self) -> FormMultiDict:
        """Read the form, once for each request; its files are closed when the request ends.

        Only texts that can be stored are let through.

        Raises:
            ProblemError: request.bad_text, request.unreadable, request.too_slow, disk.low (a form
                with files), and those of form_reading.
        """
        held = self.scope["state"].get(_FORM)
        if isinstance(held, FormMultiDict):
            return held
        try:
            async with asyncio.timeout(self.takes.seconds):
                found = await self._read_form()
        except TimeoutError as error:
            raise ProblemError("request.too_slow", seconds=int(self.takes.seconds)) from error
        except InternalServerException as error:  # the connection was lost
            raise ProblemError("request.unreadable") from error
        values = [text for pair in found.multi_items() for text in pair if isinstance(text, str)]
        check_texts(values, longest=body_limits.MB)
        self.scope["state"][_FORM] = found
        return found

    async def _read_form(self) -> FormMultiDict:
        kind, options = self.content_type
        if options.get("charset", "").lower() not in CHARSETS:
            raise ProblemError("request.unreadable")
        if kind == RequestEncodingType.URL_ENCODED:
            return fields(await self.body(), self.takes)
        if kind != RequestEncodingType.MULTI_PART:
            return FormMultiDict()
        services = self.app.state["services"]
        if not isinstance(services, Services):
            raise TypeError("the app was made without services")
        length = self.headers.get("content-length", "")
        disk_room.check(services, int(length) if length.isdecimal() else 0)
        reader = FormReader(self.takes, services.settings.path(temporary.FOLDER))
        at_end(self.scope, reader.close)
        return await reader.read(self.stream(), options.get("boundary", ""))


def text(form: FormMultiDict, name: str, longest: int = MAX_TEXT) -> str:
    """A field, trimmed; empty when it was not sent or is a file.

    Raises: ProblemError request.text_too_long; a text is never cut without a word.
    """
    found = form.get(name, "")
    trimmed = found.strip() if isinstance(found, str) else ""
    check_texts([trimmed], longest)
    return trimmed


def many(form: FormMultiDict, name: str) -> list[str]:
    """Every value of a field of tick boxes."""
    return [v for v in form.getall(name, []) if isinstance(v, str) and v]


async def files(form: FormMultiDict, name: str) -> list[tuple[str, bytes]]:
    """(name, bytes) of every file chosen. Raises: ProblemError console.no_file."""
    chosen = [f for f in form.getall(name, []) if isinstance(f, UploadFile) and f.filename]
    if not chosen:
        raise ProblemError("console.no_file")
    return [(safe_name(f.filename), await f.read()) for f in chosen]


def safe_name(name: str) -> str:
    """Return a file's name without folders and control characters, bounded in length."""
    base = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    kept = "".join(c for c in base if c.isprintable() and c not in '<>:"|?*').strip(". ")
    return kept.encode()[-MOST_NAME_BYTES:].decode(errors="ignore") or "file"


def download(data: bytes, name: str, media_type: str, *, inline: bool = False) -> Response[bytes]:
    """Answer a file to save, or to open in the browser; its name may be Chinese (RFC 6266)."""
    how = "inline" if inline else "attachment"
    headers = {"Content-Disposition": f"{how}; filename*=UTF-8''{quote(name)}"}
    return Response(data, media_type=media_type, headers=headers)
