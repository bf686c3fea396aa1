"""Which folders may hold backups: no folder of the system, and none that holds other things.

Old backups are deleted there, so the folder must hold nothing else. What an operating system puts
on every disk does not count.
"""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePath

from shared.problems import ProblemError

MARK = "doorstep-backups.txt"
"""The file that marks the folder: an empty mount point, its disk not connected, lacks it."""
OURS = re.compile(r"doorstep-\d{8}-\d{6}(-\d+)?")
"""The name of a backup that the schedule or a button made."""
_OF_DISKS = frozenset({"$recycle.bin", "lost+found", "system volume information"})
_SYSTEM = (
    "/Applications",
    "/Library",
    "/System",
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/lib",
    "/lib32",
    "/lib64",
    "/private/etc",
    "/proc",
    "/run",
    "/sbin",
    "/sys",
    "/usr",
)
"""Folders of Linux and macOS that programs and devices need. Source: Filesystem Hierarchy Standard
3.0; on Windows the environment names them."""
_DISKS = ("/run/media",)
"""Where some systems mount a disk that is plugged in."""
_WINDOWS = ("SYSTEMROOT", "PROGRAMFILES", "PROGRAMFILES(X86)", "PROGRAMDATA")


def require_not_of_system(folder: PurePath, windows: bool = os.name == "nt") -> None:
    """Refuse a folder of the system, what lies in one, and the root of the system's disk.

    Args:
        folder: An absolute path without links.
        windows: Whether this is Windows.

    Raises:
        ProblemError: backup.folder_system.
    """
    if windows:
        system = [os.environ[name] for name in _WINDOWS if os.environ.get(name)]
        is_root = folder == type(folder)(os.environ.get("SYSTEMDRIVE", "C:") + "\\")
    else:
        system, is_root = list(_SYSTEM), folder.parent == folder
    kind, around = type(folder), (folder, *folder.parents)
    if any(kind(disk) in folder.parents for disk in _DISKS):
        return
    if is_root or any(kind(place) in around for place in system):
        raise ProblemError("backup.folder_system", folder=str(folder))


def require_own(folder: Path) -> None:
    """Refuse a folder that holds anything but backups, unless it was marked as theirs earlier.

    Raises:
        ProblemError: backup.not_ours.
        OSError: It cannot be read.
    """
    names = [entry.name for entry in os.scandir(folder)]
    if MARK not in names and not all(map(_is_ours, names)):
        raise ProblemError("backup.not_ours", folder=str(folder))


def _is_ours(name: str) -> bool:
    return bool(OURS.fullmatch(name)) or name.startswith(".") or name.casefold() in _OF_DISKS
