"""Files between upload and import: stored under a random name for one session, an hour at most.

They are passed on between requests, whichever machine these reach (office/passed_on.py).

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
from sync_server import temporary
from sync_server.console.web.sessions import UPLOADS
from sync_server.office import passed_on
from sync_server.office.importing.choice import Choice
from sync_server.services import Services

FILE, READ, CHOICE = "file", "read.bin", "choice.json"
DIFFERENCE, REPORT = "difference.json", "report.json"


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


def stage(services: Services, kind: str, name: str, data: bytes) -> StagedUpload:
    """Store an upload."""
    staged = StagedUpload(token=secrets.token_hex(16), kind=kind, name=name)
    services.file_store.put(_key(staged, FILE), data)
    return staged


def _name(staged: StagedUpload) -> str:
    return f"import-{staged.token}"


def _key(staged: StagedUpload, file: str) -> str:
    return passed_on.key_of(_name(staged), file)


def path_of(services: Services, staged: StagedUpload) -> Path:
    """Return its path, and keep it for another hour. Raises ProblemError console.upload_gone."""
    path = services.file_store.local(_key(staged, FILE))
    if not path.exists():
        raise ProblemError("console.upload_gone")
    passed_on.touch(services, _name(staged))
    return path


def keep_difference(services: Services, staged: StagedUpload, difference: object) -> None:
    """Keep what the preview found beside the file, to be downloaded.

    Raises:
        ProblemError: console.upload_gone.
    """
    _write(services, staged, DIFFERENCE, difference)


def kept_difference(services: Services, staged: StagedUpload) -> bytes:
    """Return what the preview found, as JSON. Raises ProblemError console.upload_gone."""
    found = _read(services, staged, DIFFERENCE)
    if found is None:
        raise ProblemError("console.upload_gone")
    return found


def shown_otherwise(services: Services, staged: StagedUpload, difference: object) -> bool:
    """Return whether the preview that was shown last found something else than this."""
    found = _read(services, staged, DIFFERENCE)
    return found is not None and found != msgspec.json.encode(difference)


def read_path(services: Services, staged: StagedUpload) -> Path:
    """Where the result of reading it is kept, on this machine: another reads it again."""
    home = services.settings.path(temporary.FOLDER) / _name(staged)
    if services.file_store.is_shared:
        home.mkdir(exist_ok=True, mode=0o700)
    return home / READ


def choice_of(services: Services, staged: StagedUpload) -> Choice:
    """Return what was chosen for it so far."""
    try:
        return msgspec.json.decode(_read(services, staged, CHOICE) or b"", type=Choice)
    except msgspec.DecodeError:
        return Choice(file_name=staged.name)


def keep_choice(services: Services, staged: StagedUpload, choice: Choice) -> None:
    """Keep what was chosen. Raises ProblemError console.upload_gone."""
    _write(services, staged, CHOICE, choice)
    passed_on.touch(services, _name(staged))


def keep_report(services: Services, staged: StagedUpload, report: dict[str, Any]) -> None:
    """Keep the report of its import, and delete the file: it holds names and ID numbers."""
    _write(services, staged, REPORT, report)
    for name in (FILE, READ, CHOICE, DIFFERENCE):
        services.file_store.delete(_key(staged, name))
    read_path(services, staged).unlink(missing_ok=True)


def _read(services: Services, staged: StagedUpload, name: str) -> bytes | None:
    try:
        return services.file_store.read(_key(staged, name))
    except FileNotFoundError:
        return None


def _write(services: Services, staged: StagedUpload, name: str, value: object) -> None:
    """Write a file whole; a kill leaves no half of it. Raises ProblemError console.upload_gone."""
    if not services.file_store.exists(_key(staged, FILE)):  # cancelled meanwhile
        raise ProblemError("console.upload_gone")
    services.file_store.put(_key(staged, name), msgspec.json.encode(value))


def report_of(services: Services, staged: StagedUpload) -> dict[str, Any] | None:
    """Return the report of its import, None before it."""
    found = _read(services, staged, REPORT)
    return None if found is None else msgspec.json.decode(found, type=dict[str, Any])


def discard(services: Services, staged: StagedUpload) -> None:
    """Delete it; it holds names and ID numbers."""
    services.file_store.delete_all(passed_on.key_of(_name(staged)))
    shutil.rmtree(services.settings.path(temporary.FOLDER) / _name(staged), ignore_errors=True)


def discard_all(services: Services, session: Mapping[str, Any]) -> None:
    """Delete what a session previewed: it ends."""
    for found in session.get(UPLOADS, {}).values():
        discard(services, msgspec.convert(found, StagedUpload))
