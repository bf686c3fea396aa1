"""Which paths a manifest may name: anybody can write a manifest. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

DATABASE = "doorstep.db"
PHOTOS = "photos"
FOLDERS = (
    PHOTOS,
    "summaries",
    "keys",
    "certificates-of-destruction",
    "fonts",
    "printed-fonts",
)
"""Folders that are backed up; not uploads (phones start again), sessions, notices, previews."""
LONGEST_NAME_BYTES = 240
"""Of one name in UTF-8: file systems hold 255, and a suffix is added while it is written."""
LONGEST_PATH_BYTES = 1000
DEEPEST = 8
"""Folders on the way; the server's own files lie at most five deep."""
_FORBIDDEN = re.compile(r'[<>:"\\|?*]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(\..*)?", re.I)
"""Names that Windows takes for a device, whatever follows the first dot."""
_PHOTO = re.compile(r"photos/([0-9a-f]{2})/(\1[0-9a-f]{62})")


def is_usable(path: str) -> bool:
    """Return whether a backup may hold a file of this path, on any system."""
    if path == DATABASE:
        return True
    parts = path.split("/")
    if parts[0] == PHOTOS:
        return _PHOTO.fullmatch(path) is not None
    return (
        parts[0] in FOLDERS
        and 1 < len(parts) <= DEEPEST
        and len(path.encode("utf-8", "replace")) <= LONGEST_PATH_BYTES
        and all(_is_name(part) for part in parts)
    )


def _is_name(part: str) -> bool:
    return (
        part.isprintable()  # neither NUL nor line breaks, nor what turns the writing around
        and part.strip(" .") != ""
        and part[-1] not in " ."
        and len(part.encode()) <= LONGEST_NAME_BYTES
        and _FORBIDDEN.search(part) is None
        and _RESERVED.fullmatch(part) is None
    )


def clash(paths: Iterable[str]) -> str:
    """Return a path that some file system takes for another one of these; "" where there is none.

    The same twice, the same but for case or for how letters are composed, or a file where another
    path has a folder.
    """
    seen: set[str] = set()
    folders: set[str] = set()
    folded = [(path, unicodedata.normalize("NFC", path).casefold()) for path in paths]
    for path, name in folded:
        if name in seen:
            return path
        seen.add(name)
        parts = name.split("/")
        folders.update("/".join(parts[:n]) for n in range(1, len(parts)))
    return next((path for path, name in folded if name in folders), "")
