"""Temporary files that a later request wants, whichever machine it reaches: gone within the hour.

On the data folder's own store they are the temporary files (sync_server/temporary.py) and are swept
with these. In a shared store they lie below the same name, `tmp`, and are swept here by their age.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from shared.problems import ProblemError
from sync_server import temporary
from sync_server.files.keys import name_of
from sync_server.services import Services

TOUCHED = "touched"
"""Written anew by each step: what is beside it stays for another hour."""


def key_of(name: str, file: str = "") -> str:
    """Return the key of a file among the temporary ones, or of all that go by a name."""
    return f"{temporary.FOLDER}/{name}/{file}" if file else f"{temporary.FOLDER}/{name}"


def touch(services: Services, name: str) -> None:
    """Keep what goes by a name for another while; nothing happens where it is gone."""
    if not services.file_store.is_shared:
        temporary.touch(services.settings.path(temporary.FOLDER) / name)
    elif services.file_store.has_folder(key_of(name)):
        services.file_store.put(key_of(name, TOUCHED), b"")


def touched_s(services: Services, name: str, file: str) -> float | None:
    """Return when a file was written or touched last, in seconds since 1970; None: it is gone."""
    written_s = services.file_store.changed_s(key_of(name, file))
    if written_s is None:
        return None
    again_s = services.file_store.changed_s(key_of(name, TOUCHED))
    return max(written_s, again_s or written_s)


def sweep(services: Services) -> None:
    """Remove from a shared store what nobody has touched within the hour; safe on every machine."""
    if not services.file_store.is_shared:
        return
    newest: dict[str, float] = {}
    for found in services.file_store.below(temporary.FOLDER):
        name = found.key.split("/")[1]
        newest[name] = max(newest.get(name, 0.0), found.changed_s)
    for name, changed_s in newest.items():
        if time.time() - changed_s > temporary.KEPT_S:
            services.file_store.delete_all(key_of(name_of(name)))


@contextmanager
def if_reached() -> Iterator[None]:
    """Leave something for the next time where a shared store does not answer now."""
    try:
        yield
    except ProblemError as problem:
        if not problem.code.startswith("files."):
            raise
