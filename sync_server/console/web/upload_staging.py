"""Files between upload and import: stored under a random name for one session and one day.

A folder holds `file` as it came, `choice.json` (how to read it, and what was confirmed), `read.bin`
(what it was read to), `difference.json` (what it changes) and, once imported, only `report.json`.
"""

from __future__ import annotations

import asyncio
import secrets
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

import msgspec

from shared.problems import ProblemError
from sync_server import whole_file
from sync_server.console.web.sessions import UPLOADS
from sync_server.office import leftovers
from sync_server.office.importing.choice import Choice

DIFFERENCE = "difference.json"
_AT_WORK: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()


class StagedUpload(msgspec.Struct, frozen=True, kw_only=True):
    """An uploaded file; `name` as people know it, while it is stored under its token."""

    token: str
    kind: str
    name: str


def alone(token: str) -> asyncio.Lock:
    """Return what one request at a time holds while it imports: a button may be pressed twice."""
    return _AT_WORK.setdefault(token, asyncio.Lock())


def of_session(session: Mapping[str, Any], token: str) -> StagedUpload:
    """Return the file that this very session previewed. Raises ProblemError console.upload_gone."""
    found = session.get(UPLOADS, {}).get(token)
    if found is None:
        raise ProblemError("console.upload_gone")
    return msgspec.convert(found, StagedUpload)


def stage(
    folder: Path, kind: str, name: str, data: bytes, now_s: float | None = None
) -> StagedUpload:
    """Store an upload; delete those older than a day."""
    leftovers.forget_staged(folder, now_s or time.time())
    token = secrets.token_hex(16)
    (folder / token).mkdir(mode=0o700)
    (folder / token / "file").write_bytes(data)
    return StagedUpload(token=token, kind=kind, name=name)


def path_of(folder: Path, staged: StagedUpload) -> Path:
    """Return its path. Raises ProblemError console.upload_gone."""
    path = folder / staged.token / "file"
    if not path.exists():
        raise ProblemError("console.upload_gone")
    return path


def keep_difference(folder: Path, staged: StagedUpload, difference: object) -> None:
    """Keep what the preview found beside the file, to be downloaded.

    Raises:
        ProblemError: console.upload_gone.
    """
    _write(folder, staged, DIFFERENCE, difference)


def kept_difference(folder: Path, staged: StagedUpload) -> bytes:
    """Return what the preview found, as JSON. Raises ProblemError console.upload_gone."""
    path = folder / staged.token / DIFFERENCE
    if not path.exists():
        raise ProblemError("console.upload_gone")
    return path.read_bytes()


def shown_otherwise(folder: Path, staged: StagedUpload, difference: object) -> bool:
    """Return whether the preview that was shown last found something else than this."""
    path = folder / staged.token / DIFFERENCE
    return path.exists() and path.read_bytes() != msgspec.json.encode(difference)


def read_path(folder: Path, staged: StagedUpload) -> Path:
    """Where the result of reading it is kept."""
    return folder / staged.token / "read.bin"


def choice_of(folder: Path, staged: StagedUpload) -> Choice:
    """Return what was chosen for it so far."""
    try:
        return msgspec.json.decode(
            (folder / staged.token / "choice.json").read_bytes(), type=Choice
        )
    except (OSError, msgspec.DecodeError):
        return Choice(file_name=staged.name)


def keep_choice(folder: Path, staged: StagedUpload, choice: Choice) -> None:
    """Keep what was chosen. Raises ProblemError console.upload_gone."""
    path_of(folder, staged)
    _write(folder, staged, "choice.json", choice)


def keep_report(folder: Path, staged: StagedUpload, report: dict[str, Any]) -> None:
    """Keep the report of its import, and delete the file: it holds names and ID numbers."""
    home = folder / staged.token
    _write(folder, staged, "report.json", report)
    for name in ("file", "read.bin", "choice.json", DIFFERENCE):
        (home / name).unlink(missing_ok=True)


def _write(folder: Path, staged: StagedUpload, name: str, value: object) -> None:
    """Write a file whole; a kill leaves no half of it."""
    try:
        whole_file.write(folder / staged.token / name, msgspec.json.encode(value))
    except FileNotFoundError:  # cancelled meanwhile
        raise ProblemError("console.upload_gone") from None


def report_of(folder: Path, staged: StagedUpload) -> dict[str, Any] | None:
    """Return the report of its import, None before it."""
    path = folder / staged.token / "report.json"
    return msgspec.json.decode(path.read_bytes(), type=dict[str, Any]) if path.exists() else None


def discard(folder: Path, staged: StagedUpload) -> None:
    """Delete it; it holds names and ID numbers."""
    shutil.rmtree(folder / staged.token, ignore_errors=True)
