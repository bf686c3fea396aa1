"""Copies of a shared store's files on this machine, for those who need a path.

They lie among the temporary files, each under a name that its key and its version give, and are
swept with these: one that nobody has asked for within the hour goes.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from shared.digest import sha256_hex
from sync_server import temporary

PREFIX = "copy-"


def of(versions: Iterable[str], fill: Callable[[Path], None]) -> Path:
    """Return a folder that holds a copy, made if it is not here.

    Args:
        versions: Names the files and what version they are.
        fill: Writes the copy into an empty folder.
    """
    name = PREFIX + sha256_hex("\n".join(versions).encode())[:40]
    place = Path(tempfile.gettempdir()) / name
    temporary.touch(place)
    if place.is_dir():
        return place
    with temporary.folder_for("copy") as folder:
        made = folder / name
        made.mkdir(mode=0o700)
        fill(made)
        try:
            made.rename(place)
        except OSError:
            if not place.is_dir():  # else another thread has copied it meanwhile
                raise
    os.utime(place)
    return place


def nothing(key: str) -> Path:
    """Return a path at which nothing is and nothing will be."""
    return (
        Path(tempfile.gettempdir())
        / f"{PREFIX}gone"
        / (re.sub(r"[^0-9A-Za-z.-]", "_", key)[:100] or "_")
    )
