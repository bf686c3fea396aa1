"""Keys: a file's path below the data folder, with slashes, the same whatever store keeps it."""

from __future__ import annotations

import re

_PART = re.compile(r"[^/\\\x00-\x1f\x7f]+")
LONGEST = 900
"""Bytes of a key; S3 takes 1024, and a prefix comes before it."""


class NoKeyError(ValueError, FileNotFoundError):
    """What no file can be called, such as a row of a damaged database says: nothing is there."""


def key_of(*parts: str) -> str:
    """Return the key of a file, or of the folder of several.

    Raises:
        NoKeyError: a part is empty, goes up, or holds what some store would not keep as it is.
    """
    key = "/".join(parts)
    for part in key.split("/"):
        if part in ("", ".", "..") or _PART.fullmatch(part) is None:
            raise NoKeyError(f"no key of a file: {key!r}")
    if len(key.encode()) > LONGEST:
        raise NoKeyError(f"a key too long: {key[:60]!r}")
    return key


def is_key(key: str) -> bool:
    """Return whether a file can be called so."""
    try:
        return bool(key_of(key))
    except NoKeyError:
        return False


def parent_of(key: str) -> str:
    """Return the key of the folder that a file is in; "" at the top."""
    return key.rpartition("/")[0]


def name_of(key: str) -> str:
    """Return a file's own name."""
    return key.rpartition("/")[2]
