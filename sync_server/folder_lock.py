"""The lock on a data folder: `doorstep serve` holds it, and what may not run beside it asks for it.

The kernel keeps the lock, so it ends with its process however that ends; the file serve.lock only
names the holder, and one that a killed process left behind is in nobody's way. Processes that the
holder starts do not inherit it. Other verbs take no lock: they run beside the server, each with its
own writer, and what two of them may not do at once is decided in the database.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from shared.problems import ProblemError
from shared.season import minute_of
from sync_server.data_folder import make_folder
from sync_server.file_lock import acquire_lock

NAME = "serve.lock"
READS = 30
"""How often a lock is read, 10 ms apart, before its holder counts as unknown."""
SERVE = "serve"
ROOM = 1024
"""Bytes of the text, filled with spaces: written by one call, so nobody reads half of it."""


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """Who holds the lock.

    Attributes:
        verb: What it does: serve, restore, purge.
        pid: Its process.
        address: The address it serves; "" while it starts, and for other verbs.
        since: Since when (UTC ISO, the real clock).
    """

    verb: str = ""
    pid: int = 0
    address: str = ""
    since: str = ""


class FolderLock:
    """A lock that is held; see `held`."""

    def __init__(self, descriptor: int, holder: Holder) -> None:
        self._descriptor, self._holder = descriptor, holder
        if sys.platform != "win32":
            # closed by itself on exec; a process that is only forked would keep the lock alive
            os.register_at_fork(after_in_child=self._let_go)
        self._write(msgspec.json.encode(holder))

    def serves(self, address: str) -> None:
        """Name the address that the holder serves from now on."""
        self._write(msgspec.json.encode(msgspec.structs.replace(self._holder, address=address)))

    def release(self) -> None:
        """Give the lock back."""
        self._write(b"")
        self._let_go()

    def _write(self, text: bytes) -> None:
        # The lock counts, not the text: a full disk does not stop the server.
        with suppress(OSError):
            os.lseek(self._descriptor, 0, os.SEEK_SET)
            os.write(self._descriptor, text.ljust(ROOM))

    def _let_go(self) -> None:
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


@contextmanager
def held(folder: Path, verb: str) -> Iterator[FolderLock]:
    """Hold the lock of a data folder, which is made if need be.

    Args:
        folder: The data folder.
        verb: What it is held for.

    Raises:
        ProblemError: data.served, data.busy, data.not_lockable.
    """
    with _as_problems(folder):
        make_folder(folder)
        descriptor = acquire_lock(folder / NAME)
    if descriptor is None:
        raise _refusal(folder)
    since = datetime.now(UTC).isoformat(timespec="seconds")
    lock = FolderLock(descriptor, Holder(verb=verb, pid=os.getpid(), since=since))
    try:
        yield lock
    finally:
        lock.release()


def check_free(folder: Path) -> None:
    """Refuse while somebody holds the lock of a folder; nothing is made.

    Raises:
        ProblemError: data.served, data.busy, data.not_lockable.
    """
    if not (folder / NAME).exists():
        return
    with _as_problems(folder):
        descriptor = acquire_lock(folder / NAME)
    if descriptor is None:
        raise _refusal(folder)
    os.close(descriptor)


def _refusal(folder: Path) -> ProblemError:
    found = _holder(folder)
    values: dict[str, Any] = {
        "folder": str(folder),
        "pid": found.pid or "?",
        "since": minute_of(found.since) or "?",
    }
    if found.verb in (SERVE, ""):
        return ProblemError("data.served", address=found.address or "?", **values)
    return ProblemError("data.busy", verb=found.verb, **values)


def _holder(folder: Path) -> Holder:
    """Read who holds the lock; whoever has just taken it needs a moment to write that down."""
    for _ in range(READS):
        with suppress(OSError, msgspec.DecodeError):
            return msgspec.json.decode((folder / NAME).read_bytes(), type=Holder)
        time.sleep(0.01)
    return Holder()


@contextmanager
def _as_problems(folder: Path) -> Iterator[None]:
    """Turn what a folder without locks answers into a problem: read only, a network disk."""
    try:
        yield
    except OSError as error:
        why = error.strerror or str(error)
        raise ProblemError("data.not_lockable", folder=str(folder), why=why) from error
