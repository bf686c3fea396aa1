"""Files between preview and import: stored under a random name for one session and one day."""

from __future__ import annotations

import secrets
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from shared.problems import ProblemError
from sync_server.console.web.sessions import UPLOADS

MAX_AGE_S = 24 * 3600
DIFFERENCE = "difference.json"


class StagedUpload(msgspec.Struct, frozen=True, kw_only=True):
    """A previewed file; `name` as people know it, while it is stored under its token."""

    token: str
    kind: str
    name: str


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
    for old in folder.iterdir():
        if (now_s or time.time()) - old.stat().st_mtime > MAX_AGE_S:
            shutil.rmtree(old, ignore_errors=True)
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
    """Keep what the preview found beside the file, to be downloaded."""
    (folder / staged.token / DIFFERENCE).write_bytes(msgspec.json.encode(difference))


def kept_difference(folder: Path, staged: StagedUpload) -> bytes:
    """Return what the preview found, as JSON. Raises ProblemError console.upload_gone."""
    path = folder / staged.token / DIFFERENCE
    if not path.exists():
        raise ProblemError("console.upload_gone")
    return path.read_bytes()


def discard(folder: Path, staged: StagedUpload) -> None:
    """Delete it; it holds names and ID numbers."""
    shutil.rmtree(folder / staged.token, ignore_errors=True)
