"""Bound how long COMMIT may wait for a standby: PostgreSQL itself bounds every statement but that.

A thread looks once a second. Where a COMMIT takes too long it asks the server to wait no more; the
server then commits for itself alone and warns, and the writer answers that nobody knows
(docs/postgresql.md). One thread a process, because a timer for each COMMIT would cost more than it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

LONGEST_S = 20.0
LOOK_EVERY_S = 1.0
_log = logging.getLogger("doorstep.writer")


class CommitWatch:
    """Watches the commits of one writer. `longest_s`: so long may one take."""

    def __init__(self) -> None:
        self.longest_s = LONGEST_S
        self._watched: tuple[float, Any] | None = None
        self._taking = threading.Lock()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._look, name="commit watch", daemon=True)
        self._thread.start()

    @contextmanager
    def watching(self, connection: Any) -> Iterator[None]:
        """Watch a COMMIT of a connection of psycopg."""
        with self._taking:
            self._watched = (time.monotonic(), connection)
        try:
            yield
        finally:
            with self._taking:  # a request that is under way is over before the next statement
                self._watched = None

    def close(self) -> None:
        """End the thread."""
        self._closed.set()
        self._thread.join(10)

    def _look(self) -> None:
        while not self._closed.wait(LOOK_EVERY_S):
            with self._taking:
                if self._watched is None or time.monotonic() - self._watched[0] < self.longest_s:
                    continue
                try:
                    self._watched[1].cancel_safe(timeout=LOOK_EVERY_S)
                except Exception as error:  # the server is gone: COMMIT fails by itself
                    _log.info("a commit could not be cut short: %s", type(error).__name__)
