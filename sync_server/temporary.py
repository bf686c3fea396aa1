"""Temporary files: in <data folder>/tmp and nowhere else, each named for what it was made for.

They hold names, ID numbers and scans. Whoever makes one removes it at the end of the request or job
in every case; what a kill leaves is swept when the server starts and while it runs
(office/leftovers.py). Beside a folder that somebody alive works with lies a lock, and it is never
swept.
"""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sync_server import file_lock
from sync_server.data_folder import make_folder

FOLDER = "tmp"
"""Its name in the data folder."""
KEPT_S = 50 * 60
"""Seconds after which a file goes that nobody has touched and nobody works with."""
SWEEP_S = 5 * 60
"""Seconds between two sweeps: with KEPT_S less than the hour that nothing private outlasts, so that
a sweep has time to be done."""
WORK, LOCK = ".work", ".lock"
"""What the names of folders for one request end with, and of the locks beside folders in use."""
VARIABLES = ("TMPDIR", "TEMP", "TMP")
"""Where programs look for the folder of temporary files, on POSIX and on Windows."""


def use(folder: Path) -> None:
    """Let this process, its libraries and the processes it starts write temporary files here.

    Args:
        folder: <data folder>/tmp, made if need be.
    """
    make_folder(folder)
    tempfile.tempdir = str(folder)
    os.environ.update(dict.fromkeys(VARIABLES, str(folder)))


@contextmanager
def folder_for(what: str) -> Iterator[Path]:
    """Make a folder that is removed at the end, however that comes.

    Args:
        what: The request or job it is for; its name begins with this.
    """
    folder = Path(tempfile.gettempdir()) / f"{what}-{secrets.token_hex(8)}{WORK}"
    with file_lock.holding(_new_lock(folder)):
        folder.mkdir(mode=0o700)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def in_use(folder: Path) -> Iterator[None]:
    """Keep a folder from being swept meanwhile; several may do so at once.

    Raises:
        FileNotFoundError: the folder is gone.
    """
    with file_lock.holding(_new_lock(folder)):
        os.utime(folder)
        yield


def touch(folder: Path) -> None:
    """Keep a folder for another while; nothing happens where it is gone."""
    with suppress(FileNotFoundError):
        os.utime(folder)


def remove_all(folder: Path) -> None:
    """Remove everything, whoever made it: for a purge, which works alone.

    Raises:
        OSError: something stays; nobody may certify then that it is gone.
    """
    shutil.rmtree(folder)
    make_folder(folder)


def sweep(folder: Path, now_s: float) -> None:
    """Remove what nobody works with: at once where its maker is dead, else after KEPT_S.

    Args:
        folder: <data folder>/tmp.
        now_s: The present time, seconds since 1970.
    """
    for path in list(folder.iterdir()):
        with suppress(OSError):  # removed meanwhile; or open, on Windows: then the next time
            if path.suffix == LOCK:
                file_lock.remove_unheld(path)
            elif not _is_in_use(path) and (path.suffix == WORK or not _is_recent(path, now_s)):
                shutil.rmtree(path) if path.is_dir() else path.unlink()


def _new_lock(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.{secrets.token_hex(4)}{LOCK}")


def _is_in_use(path: Path) -> bool:
    return any(file_lock.is_held(lock) for lock in path.parent.glob(f"{path.name}.*{LOCK}"))


def _is_recent(path: Path, now_s: float) -> bool:
    """Return whether a file, or anything at the top of a folder, was touched within KEPT_S.

    A time of the future counts as old: the clock was ahead, and would keep it until then.
    """
    touched = [path.stat().st_mtime]
    if path.is_dir():
        touched += [inner.stat().st_mtime for inner in path.iterdir()]
    return any(abs(now_s - moment_s) <= KEPT_S for moment_s in touched)
