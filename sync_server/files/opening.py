"""Choose the file store by DOORSTEP_FILES: nothing for the data folder, or s3://bucket/prefix."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from shared.problems import ProblemError
from sync_server.files.folder_store import FolderStore
from sync_server.files.keys import key_of
from sync_server.files.protocol import FileStore

SCHEME = "s3://"
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


def open_store(url: str, data_dir: Path, environ: Mapping[str, str] = os.environ) -> FileStore:
    """Open a file store; nothing is asked of it yet.

    Args:
        url: As DOORSTEP_FILES gives it; "" for the data folder.
        data_dir: The data folder.
        environ: Where address and credentials of S3 stand.

    Raises:
        ProblemError: files.bad_url, files.bad_endpoint, files.no_library.
    """
    if not url:
        return FolderStore(data_dir)
    bucket, prefix = parsed(url)
    try:
        from sync_server.files.s3_store import S3FileStore
    except ModuleNotFoundError as error:
        raise ProblemError("files.no_library") from error
    return S3FileStore(bucket, prefix, environ)


def parsed(url: str) -> tuple[str, str]:
    """Return bucket and prefix. Raises: ProblemError files.bad_url, which repeats no secret."""
    bucket, _, prefix = url.removeprefix(SCHEME).strip("/").partition("/")
    refusal = ProblemError("files.bad_url", url=url if "@" not in url else f"{SCHEME}…")
    if not url.startswith(SCHEME) or _BUCKET.fullmatch(bucket) is None or "?" in url:
        raise refusal
    try:
        return bucket, key_of(prefix) if prefix else ""
    except ValueError as error:
        raise refusal from error
