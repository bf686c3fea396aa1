"""Files between upload and import: stored under a random name for one session, an hour at most.

The hour begins anew with every step. A folder holds `file` as it came, `choice.json` (how to read
it, and what was confirmed), `read.bin` (what it was read to), `difference.json` (what it changes)
and, once imported, only `report.json`.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from shared.problems import ProblemError
from sync_server import temporary, whole_file
from sync_server.console.web.sessions import UPLOADS
from sync_server.office.importing.choice import Choice
from sync_server.services import Services

DIFFERENCE = "difference.json"


class StagedUpload(msgspec.Struct, frozen=True, kw_only=True):
    """An uploaded file; `name` as people know it, while it is stored under its token."""

    token: str
    kind: str
    name: str


def of_session(session: Mapping[str, Any], token: str) -> StagedUpload:
    """Return the file that this very session previewed. Raises ProblemError console.upload_gone."""
    found = session.get(UPLOADS, {}).get(token)
    if found is None:
        raise ProblemError("console.upload_gone")
    return msgspec.convert(found, StagedUpload)


def folder_of(services: Services) -> Path:
    """Return where uploads are kept: the folder of temporary files, which is swept."""
    return services.settings.path(temporary.FOLDER)


def stage(folder: Path, kind: str, name: str, data: bytes) -> StagedUpload:
    """Store an upload."""
    staged = StagedUpload(token=secrets.token_hex(16), kind=kind, name=name)
    home = _home(folder, staged)
    home.mkdir(mode=0o700)
    (home / "file").write_bytes(data)
    return staged


def _home(folder: Path, staged: StagedUpload) -> Path:
    return folder / f"import-{staged.token}"


def path_of(folder: Path, staged: StagedUpload) -> Path:
    """Return its path, and keep it for another hour. Raises ProblemError console.upload_gone."""
    path = _home(folder, staged) / "file"
    if not path.exists():
        raise ProblemError("console.upload_gone")
    temporary.touch(path.parent)
    return path


def keep_difference(folder: Path, staged: StagedUpload, difference: object) -> None:
    """Keep what the preview found beside the file, to be downloaded.

    Raises:
        ProblemError: console.upload_gone.
    """
    _write(folder, staged, DIFFERENCE, difference)


def kept_difference(folder: Path, staged: StagedUpload) -> bytes:
    """Return what the preview found, as JSON. Raises ProblemError console.upload_gone."""
    path = _home(folder, staged) / DIFFERENCE
    if not path.exists():
        raise ProblemError("console.upload_gone")
    return path.read_bytes()


def shown_otherwise(folder: Path, staged: StagedUpload, difference: object) -> bool:
    """Return whether the preview that was shown last found something else than this."""
    path = _home(folder, staged) / DIFFERENCE
    return path.exists() and path.read_bytes() != msgspec.json.encode(difference)


def read_path(folder: Path, staged: StagedUpload) -> Path:
    """Where the result of reading it is kept."""
    return _home(folder, staged) / "read.bin"


def choice_of(folder: Path, staged: StagedUpload) -> Choice:
    """Return what was chosen for it so far."""
    try:
        return msgspec.json.decode(
            (_home(folder, staged) / "choice.json").read_bytes(), type=Choice
        )
    except (OSError, msgspec.DecodeError):
        return Choice(file_name=staged.name)


def keep_choice(folder: Path, staged: StagedUpload, choice: Choice) -> None:
    """Keep what was chosen. Raises ProblemError console.upload_gone."""
    path_of(folder, staged)
    _write(folder, staged, "choice.json", choice)


def keep_report(folder: Path, staged: StagedUpload, report: dict[str, Any]) -> None:
    """Keep the report of its import, and delete the file: it holds names and ID numbers."""
    home = _home(folder, staged)
    _write(folder, staged, "report.json", report)
    for name in ("file", "read.bin", "choice.json", DIFFERENCE):
        (home / name).unlink(missing_ok=True)


def _write(folder: Path, staged: StagedUpload, name: str, value: object) -> None:
    """Write a file whole; a kill leaves no half of it."""
    try:
        whole_file.write(_home(folder, staged) / name, msgspec.json.encode(value))
    except FileNotFoundError:  # cancelled meanwhile
        raise ProblemError("console.upload_gone") from None


def report_of(folder: Path, staged: StagedUpload) -> dict[str, Any] | None:
    """Return the report of its import, None before it."""
    path = _home(folder, staged) / "report.json"
    return msgspec.json.decode(path.read_bytes(), type=dict[str, Any]) if path.exists() else None


def discard(folder: Path, staged: StagedUpload) -> None:
    """Delete it; it holds names and ID numbers."""
    shutil.rmtree(_home(folder, staged), ignore_errors=True)


def discard_all(folder: Path, session: Mapping[str, Any]) -> None:
    """Delete what a session previewed: it ends."""
    for found in session.get(UPLOADS, {}).values():
        discard(folder, msgspec.convert(found, StagedUpload))
