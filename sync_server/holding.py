"""What this process is at work on, as other processes of the same server see it.

On one machine a lock file says who is alive, exactly and at once (file_lock.py). Where several
processes share a database (PostgreSQL), each hold is a row as well, which its process holds on to
every few seconds: a killed process's rows run out. A hold says who is alive and who waits; what is
true is decided by the compare-and-set of whoever writes.
"""

from __future__ import annotations

import logging
import os
import re
import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import partial

from sync_server.store import holds
from sync_server.store.database import Database

LASTS = timedelta(seconds=30)
"""How long a hold stands after its process was last heard of."""
BEAT_S = 5.0
"""How often a process says that it is at work."""
SERVE = "serve:"
"""What a process that serves holds, with a number of its own."""
TURN = "turn:"
"""What whoever does a chore holds, with the chore's name."""
_LOG = logging.getLogger("doorstep")


class Holds:
    """The holds of one process; without a shared database it has none, and nobody asks.

    Attributes:
        place: The machine, by which processes that share its cores know each other; "" where the
            database is not shared.
        by: This process, as rows name it.
    """

    def __init__(self, database: Database | None = None) -> None:
        """`database`: the shared one; None where one machine has it alone."""
        self._database = database
        self.place = _machine() if database is not None else ""
        self.by = f"{self.place} {os.getpid()} {secrets.token_hex(4)}"
        self._names: set[str] = set()
        self._changing = threading.Lock()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    @contextmanager
    def held(self, name: str) -> Iterator[None]:
        """Hold a name that nobody else takes, such as one made up now."""
        with self.tried(name):
            yield

    @contextmanager
    def tried(self, name: str) -> Iterator[bool]:
        """Hold a name unless somebody else does; yields whether it is ours."""
        if self._database is None:
            yield True
            return
        mine = self._database.write(
            lambda c: holds.take(c, name, self.by, LASTS, LASTS * 2), alone=False
        )
        if not mine:
            yield False
            return
        self._note(name)
        try:
            yield True
        finally:
            self._drop(name)
            with suppress(Exception):  # then it runs out
                self._database.write(lambda c: holds.release(c, name, self.by), alone=False)

    def begin(self, name: str) -> None:
        """Hold a name made up now, until `end_soon`, whichever thread says that."""
        if self._database is not None:
            self._database.write(
                lambda c: holds.take(c, name, self.by, LASTS, LASTS * 2), alone=False
            )
            self._note(name)

    def end_soon(self, name: str) -> None:
        """Give such a name back without waiting; nothing happens where it is not held."""
        if self._database is not None and name in self._names:
            self._drop(name)
            self._database.writer.submit(lambda c: holds.release(c, name, self.by))

    @contextmanager
    def turn(self, name: str, every_s: float) -> Iterator[bool]:
        """Do something every so often, whichever process it is; yields whether it is our turn.

        A turn whose process was killed is somebody else's as soon as its hold has run out.
        """
        if self._database is None:
            yield True
            return
        name, pause = TURN + name, timedelta(seconds=every_s)
        longest = max(pause, LASTS) * 2
        if not self._database.write(
            lambda c: holds.take(c, name, self.by, LASTS, longest), alone=False
        ):
            yield False
            return
        self._note(name)
        done = False
        try:
            yield True
            done = True
        finally:
            self._drop(name)
            rest = pause * 0.9 if done else LASTS  # a little less: others look as often as we do
            with suppress(Exception):  # then it runs out
                self._database.write(lambda c: holds.rest(c, name, self.by, rest), alone=False)

    def is_held(self, name: str) -> bool:
        """Return whether a process of any machine holds a name."""
        if self._database is None:
            return False
        return self._database.read(lambda c: holds.is_held(c, name))

    def forget_soon(self, name: str) -> None:
        """Remove the hold of a process that is known to be gone.

        Without waiting: whoever asks may be in the writer.
        """
        if self._database is not None:
            self._database.writer.submit(lambda c: holds.release(c, name))

    def serving(self) -> list[str]:
        """Return the processes that serve now: machine, number, and a name."""
        if self._database is None:
            return []
        return sorted(self._database.read(lambda c: holds.held(c, SERVE)).values())

    def close(self) -> None:
        """Hold on to nothing any more."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()

    def _note(self, name: str) -> None:
        with self._changing:
            self._names.add(name)
            if self._thread is None:
                self._thread = threading.Thread(target=self._beat, name="holds", daemon=True)
                self._thread.start()

    def _drop(self, name: str) -> None:
        with self._changing:
            self._names.discard(name)

    def _beat(self) -> None:
        database = self._database
        while database is not None and not self._ended.wait(BEAT_S):
            with self._changing:
                names = frozenset(self._names)
            try:
                if names:  # not in the writer's turn: an import may have that for minutes
                    database.beside(partial(holds.go_on, names=names, by=self.by, lasts=LASTS))
                database.refresh_epoch()
            except Exception as error:
                # the database is elsewhere for a moment: the next beat says it
                _LOG.warning("holds were not renewed: %s", type(error).__name__)


def _machine() -> str:
    """This machine's name, of characters that a file's name may have."""
    return re.sub(r"[^A-Za-z0-9.-]", "-", socket.gethostname())[:60] or "machine"
