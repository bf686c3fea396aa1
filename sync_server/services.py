"""Everything a request may need, built once by `create_app` and handed to handlers; no module globals."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from shared.problems import ProblemError
from sync_server.crypto.keys import ReceiptKey
from sync_server.settings import Settings
from sync_server.store.database import Connection, Database
from sync_server.store.photo_files import PhotoFiles

T = TypeVar("T")
TRIES = 5
"""Wrong enrolment codes from one address before it has to wait (docs/sources.md#code-tries)."""
WAIT_S = 600


@dataclass
class Services:
    """`busy`: uploads with a PATCH under way, one at a time each (others 409)."""

    settings: Settings
    database: Database
    receipts: ReceiptKey
    files: PhotoFiles
    uploads_in_progress: set[str] = field(default_factory=set)
    tries: Tries = field(default_factory=lambda: Tries())

    @classmethod
    def open(cls, settings: Settings) -> Services:
        """Open database, keys and folders; brings the schema to its newest form."""
        settings.path()
        return cls(
            settings=settings,
            database=Database(settings.database),
            receipts=ReceiptKey(
                settings.path("keys") / "receipts.pem", settings.secret("passphrase")
            ),
            files=PhotoFiles(settings.path("photos"), settings.path("uploads")),
        )

    async def write(self, job: Callable[[Connection], T]) -> T:
        """Run a job in the writer; returns after COMMIT."""
        return await asyncio.wrap_future(self.database.writer.submit(job))

    async def read(self, job: Callable[[Connection], T]) -> T:
        """Run a job in a read transaction, off the event loop."""
        return await asyncio.to_thread(self.database.read, job)

    def close(self) -> None:
        self.database.close()


class Tries:
    """Wrong tries by address, in memory: enough against guessing an 8-digit code that lives for days."""

    def __init__(self) -> None:
        self._wrong: dict[str, list[float]] = {}

    def check(self, who: str, now_s: float) -> None:
        """Raises: ProblemError enrol.too_many_tries."""
        recent = [at for at in self._wrong.get(who, []) if now_s - at < WAIT_S]
        self._wrong[who] = recent
        if len(recent) >= TRIES:
            raise ProblemError(
                "enrol.too_many_tries", minutes=int((WAIT_S - (now_s - recent[0])) // 60) + 1
            )

    def wrong(self, who: str, now_s: float) -> None:
        self._wrong.setdefault(who, []).append(now_s)
