"""The data folder is its owner's alone: folders 0700, files 0600.

Three things see to it. Processes that write there take away the bits of group and others from
everything they make (`keep_private`); what another library would make first, the database, is made
here (`make_file`); and a folder of an older version, or one copied by hand, is tightened when it is
opened (`tighten`). `doorstep doctor` looks at all of it. POSIX only: elsewhere the folder's own
permissions decide.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from shared.problems import ProblemError

RESTORE_UNDER_WAY = "restore-under-way"
"""The file that stands in a data folder from the first step of a restore to its last."""
POSIX = os.name == "posix"
OTHERS = stat.S_IRWXG | stat.S_IRWXO
NEAR = 2
"""Levels looked at on every start: the folder, what is in it, and what is in that.

In every folder of an older version something there is wide: photos/ab, keys/root.pem, the database.
"""


def keep_private() -> None:
    """Make everything that this process and its children write from now on its owner's alone.

    One that crashes leaves no picture of its memory, with names in it, wherever the system puts it.
    """
    os.umask(OTHERS)
    if sys.platform != "win32":
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_CORE)
        resource.setrlimit(resource.RLIMIT_CORE, (0, most))


def make_folder(path: Path) -> None:
    """Make a folder with mode 0700 if there is none."""
    path.mkdir(parents=True, exist_ok=True, mode=stat.S_IRWXU)


def make_file(path: Path) -> None:
    """Make an empty file with mode 0600 if there is none."""
    os.close(os.open(path, os.O_RDONLY | os.O_CREAT, stat.S_IRUSR | stat.S_IWUSR))


def check_restored(folder: Path) -> None:
    """Refuse a folder into which a backup was only partly restored.

    Raises:
        ProblemError: backup.restore_unfinished.
    """
    if (folder / RESTORE_UNDER_WAY).exists():
        raise ProblemError("backup.restore_unfinished", folder=str(folder))


def wide(folder: Path, levels: int = -1) -> Iterator[Path]:
    """Find what group or others may do anything with; links are not followed.

    Args:
        folder: Where to look, itself included.
        levels: How many levels below it to look at; -1 for all.

    Yields:
        Files and folders, in no particular order; what vanishes meanwhile is left out, and what is
        in a folder that is closed to us (lost+found).
    """
    with suppress(FileNotFoundError, PermissionError):
        if folder.stat().st_mode & OTHERS:
            yield folder
        yield from _wide_inside(folder, levels)


def _wide_inside(folder: Path, levels: int) -> Iterator[Path]:
    if levels == 0:
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            with suppress(FileNotFoundError, PermissionError):
                mode = entry.stat(follow_symlinks=False).st_mode
                if stat.S_ISLNK(mode):
                    continue
                if mode & OTHERS:
                    yield Path(entry.path)
                if stat.S_ISDIR(mode):
                    yield from _wide_inside(Path(entry.path), levels - 1)


def tighten(folder: Path) -> None:
    """Take the bits of group and others away; the whole folder is walked only when it is needed.

    Where the first levels hold nothing wide, or nothing that can be tightened (a file system
    without modes, somebody else's files), it ends there.
    """
    if POSIX and any(_tightened(path) for path in wide(folder, NEAR)):
        for path in wide(folder):
            _tightened(path)


def _tightened(path: Path) -> bool:
    with suppress(OSError):
        path.chmod(path.stat().st_mode & ~OTHERS & 0o7777)
        return not path.stat().st_mode & OTHERS
    return False
