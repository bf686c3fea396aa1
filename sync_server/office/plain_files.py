"""Files below a folder that others may have filled: no link is followed, only plain files are read.

Of a hard link nothing is known that would set it apart from its file: its bytes are read and must
have the hash that is asked for, and what is written is always a new file.
"""

from __future__ import annotations

import os
import stat
from io import BufferedReader
from pathlib import Path, PurePosixPath

from shared.problems import ProblemError, Where

BENEATH = os.open in os.supports_dir_fd and os.stat in os.supports_dir_fd
"""Whether this system opens a name relative to an open folder (POSIX)."""
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_FOLDER = os.O_RDONLY | _NOFOLLOW | getattr(os, "O_DIRECTORY", 0)
_FILE = os.O_RDONLY | _NOFOLLOW | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def open_plain(folder: Path, path: str) -> BufferedReader:
    """Open a plain file for reading.

    Args:
        folder: The folder; its own path may hold links, as the person who named it wrote it.
        path: The file below it, relative, with slashes.

    Raises:
        ProblemError: backup.not_plain where the file or a folder on the way is a link, a device, a
            pipe or a socket.
        FileNotFoundError: The file does not exist.
    """
    parts = PurePosixPath(path).parts
    descriptor = _beneath(folder, parts) if BENEATH else _after_looking(folder, parts)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise not_plain(path)
    return os.fdopen(descriptor, "rb")


def _beneath(folder: Path, parts: tuple[str, ...]) -> int:
    """Open one name after the other, each relative to the folder that is open."""
    at = os.open(folder, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
    try:
        for number, part in enumerate(parts, 1):
            last = number == len(parts)
            # looked at before it is opened: opening a device may already do something
            _require(os.stat(part, dir_fd=at, follow_symlinks=False), last, "/".join(parts))
            below = os.open(part, _FILE if last else _FOLDER, dir_fd=at)
            os.close(at)
            at = below
    except BaseException:
        os.close(at)
        raise
    return at


def _after_looking(folder: Path, parts: tuple[str, ...]) -> int:
    """Look at each name, then open the whole path: where nothing better exists (Windows)."""
    at = folder
    for number, part in enumerate(parts, 1):
        at /= part
        _require(at.lstat(), number == len(parts), "/".join(parts))
    return os.open(at, _FILE)


def _require(found: os.stat_result, last: bool, path: str) -> None:
    kind = stat.S_ISREG if last else stat.S_ISDIR
    if not kind(found.st_mode) or is_link(found):
        raise not_plain(path)


def is_link(found: os.stat_result) -> bool:
    """Return whether an lstat is that of a symbolic link, or of a junction of Windows."""
    attributes = getattr(found, "st_file_attributes", 0)
    return stat.S_ISLNK(found.st_mode) or bool(attributes & stat.FILE_ATTRIBUTE_REPARSE_POINT)


def make_folders(folder: Path, path: str) -> None:
    """Make the folders that lead to a file, mode 0700; one that is a link is refused.

    Raises:
        ProblemError: backup.not_plain.
    """
    at = folder
    for part in PurePosixPath(path).parts[:-1]:
        at /= part
        at.mkdir(mode=0o700, exist_ok=True)
        found = at.lstat()
        if is_link(found) or not stat.S_ISDIR(found.st_mode):
            raise not_plain(at.relative_to(folder).as_posix())


def not_plain(path: str) -> ProblemError:
    """Return the refusal of what is neither file nor folder."""
    return ProblemError("backup.not_plain", where=Where(file=path), path=path)
