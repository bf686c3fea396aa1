"""The disk port of a device with a file system: write beside, fsync, rename, fsync the folder."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

from shared.problems import ProblemError

_NEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
_MODE = 0o600
"""Nobody else on a shared computer reads keys or encrypted photos."""


class FolderDisk:
    """Files in one folder, by flat name."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory

    async def write(self, name: str, data: bytes) -> None:
        target = self._directory / name
        temporary = self._directory / f"{name}.part"
        try:
            with os.fdopen(os.open(temporary, _NEW, _MODE), "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(target)
            _flush_folder(self._directory)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise ProblemError("disk.full") from error
            raise ProblemError("disk.broken", why=error.strerror or "") from error

    async def read(self, name: str) -> bytes | None:
        path = self._directory / name
        return path.read_bytes() if path.exists() else None

    async def remove(self, name: str) -> None:
        (self._directory / name).unlink(missing_ok=True)

    def free_bytes(self) -> int:
        return shutil.disk_usage(self._directory).free

    def quota_bytes(self) -> int:
        return 0

    def promised(self) -> bool | None:
        return None


def _flush_folder(directory: Path) -> None:
    if os.name != "posix":
        return  # Windows has no handle for a folder; its rename is journalled
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
