"""Files that are being read for a page, off the event loop: how far they are, and the result."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from sync_server.intake.parsed import Parsed
from sync_server.intake.report import Progress

AT_ONCE = 2
"""So many files are read at a time; further ones wait."""
WAIT_S = 1.5
"""How long a page waits for a file to be read before it says how far it is."""


@dataclass
class FileRead:
    """One file that is being read; `total` is 0 while it is being opened."""

    done: int = 0
    total: int = 0
    task: asyncio.Task[Parsed] | None = field(default=None, repr=False)

    def progress(self, done: int, total: int) -> None:
        """Note how many rows of how many were read."""
        self.done, self.total = done, total


class FileReads:
    """What is being read now; a page that is loaded again finds its read under its key.

    Attributes:
        wait_s: How long a page waits for the end.
    """

    def __init__(self, wait_s: float = WAIT_S) -> None:
        self.wait_s = wait_s
        self._running: dict[str, FileRead] = {}
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def read(self, key: str, job: Callable[[Progress], Parsed]) -> Parsed | FileRead:
        """Start a read or find it running, and wait a little.

        Args:
            key: What is read, and how.
            job: Reads it; takes the progress.

        Returns:
            The result, or the read that is not done yet.
        """
        found = self._running.get(key)
        if found is None or found.task is None:
            found = FileRead()
            found.task = asyncio.create_task(self._run(job, found.progress))
            found.task.add_done_callback(lambda task: self._forget(key, task))
            self._running[key] = found
        done, _ = await asyncio.wait({found.task}, timeout=self.wait_s)
        return found.task.result() if done else found

    def _forget(self, key: str, task: asyncio.Task[Parsed]) -> None:
        """Drop a result nobody may come for: it is kept on disk, and holds names."""
        self._running.pop(key, None)
        if not task.cancelled():
            task.exception()

    async def _run(self, job: Callable[[Progress], Parsed], progress: Progress) -> Parsed:
        async with self._slots:
            return await asyncio.to_thread(job, progress)
