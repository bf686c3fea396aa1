"""Read form fields, tick boxes and files; send files for download."""

from __future__ import annotations

import re
import unicodedata
from typing import Any
from urllib.parse import quote

from litestar import Request, Response
from litestar.datastructures import FormMultiDict, UploadFile

from shared.problems import ProblemError
from sync_server.console.web.upload_room import check_room
from sync_server.request_bounds import check_texts

MAX_UPLOAD_MB = 20
MAX_UPLOAD_BYTES = MAX_UPLOAD_MB * 1_000_000
"""One request with all its files; what is larger is refused before it is read."""
MAX_FORM_BYTES = 1_000_000
MAX_TEXT = 2000
TAKE_BACK = "take_back"
"""The value of a button that takes a verdict back."""
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class FormRequest(Request[Any, Any, Any]):
    """A request whose form holds only texts that can be stored, whoever reads it."""

    async def form(self) -> FormMultiDict:
        """Read the form. Raises: ProblemError request.bad_text, disk.low (a form with files)."""
        check_room(self)
        found = await super().form()
        values = [text for pair in found.multi_items() for text in pair if isinstance(text, str)]
        check_texts(values, longest=MAX_FORM_BYTES)
        return found


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
    return kept[-100:] or "file"


def download(data: bytes, name: str, media_type: str, *, inline: bool = False) -> Response[bytes]:
    """Answer a file to save, or to open in the browser; its name may be Chinese (RFC 6266)."""
    how = "inline" if inline else "attachment"
    headers = {"Content-Disposition": f"{how}; filename*=UTF-8''{quote(name)}"}
    return Response(data, media_type=media_type, headers=headers)
