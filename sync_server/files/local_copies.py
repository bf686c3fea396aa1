"""Copies of a shared store's files on this machine, for those who need a path.

They lie among the temporary files, each under a name that its key and its version give, and are
swept with these: one that nobody has asked for within the hour goes. On the machine that deletes a
file its copies go with it; on another one within the hour.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from shared.digest import sha256_hex
from sync_server import temporary
from sync_server.files.keys import parent_of

PREFIX = "copy-"
_DIGITS = 20
"""Hex digits that name what is copied."""


def of(store: str, key: str, versions: Iterable[str], fill: Callable[[Path], None]) -> Path:
    """Return a folder that holds a copy, made if it is not here.

    Args:
        store: The store's name.
        key: What is copied, a file or a folder.
        versions: Names the files and what version they are.
        fill: Writes the copy into an empty folder.
    """
    name = _name_of(store, key) + sha256_hex("\n".join(versions).encode())[:20]
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


def forget(store: str, keys: Iterable[str]) -> None:
    """Remove the copies of these files, and of the folders they were in, whatever their version."""
    gone = {_name_of(store, place) for key in keys for place in (key, parent_of(key))}
    for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        if path.name[: len(PREFIX) + _DIGITS + 1] in gone:
            shutil.rmtree(path, ignore_errors=True)


def _name_of(store: str, key: str) -> str:
    return f"{PREFIX}{sha256_hex(f'{store} {key}'.encode())[:_DIGITS]}-"


def nothing(key: str) -> Path:
    """Return a path at which nothing is and nothing will be."""
    return (
        Path(tempfile.gettempdir())
        / f"{PREFIX}gone"
        / (re.sub(r"[^0-9A-Za-z.-]", "_", key)[:100] or "_")
    )
