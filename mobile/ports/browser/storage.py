"""The database's folder: in memory while the app runs, in IndexedDB (IDBFS) once flushed.

SQLite commits into memory; `flush` then copies the file in one transaction of IndexedDB, with
durability strict. So a kill at any moment leaves the last flushed state whole: of the commits
between two flushes either all are stored or none.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

from mobile.ports.browser.bridge import JsError, Refused, fields, js, lasting, runtime
from mobile.ports.browser.quota import Quota, trouble
from shared.problems import ProblemError

_NS_PER_MS = 1_000_000
_LONG_AGO_MS = 946_684_800_000
"""The year 2000: no clock of a phone writes earlier times."""
_PATIENCE_S = 60.0


class Storage:
    """Use `await Storage.open(folder)`.

    One a worker: two over one folder would overwrite each other.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.quota = Quota()
        self.flushes = 0
        self._turn = asyncio.Lock()
        self._next: asyncio.Task[None] | None = None
        self._mark = 0
        self._settled: dict[str, int] = {}

    @classmethod
    async def open(cls, folder: Path) -> Storage:
        """Mount the folder and load what the last run flushed.

        Raises: ProblemError disk.full, disk.broken.
        """
        files = runtime.FS
        try:
            files.mkdirTree(str(folder))
            files.mount(files.filesystems.IDBFS, fields(), str(folder))
        except JsError as error:
            raise trouble(Refused(error)) from error
        storage = cls(folder)
        await _synced(populate=True)
        _be_strict(folder)
        storage._mark = max(
            (time for time in storage._times_ms().values() if time < _LONG_AGO_MS), default=0
        )
        await storage.quota.refresh()
        return storage

    async def flush(self) -> None:
        """Make everything committed before this call durable.

        Callers at the same time share one flush.

        Raises: ProblemError disk.full, disk.broken; what was flushed before is whole then.
        """
        if self._next is None:
            self._next = asyncio.ensure_future(self._flush_next())
        await asyncio.shield(self._next)  # a cancelled caller does not stop it for the others

    async def _flush_next(self) -> None:
        async with self._turn:
            self._next = None  # later callers committed later and need the next flush
            now = self._times_ms()
            if now == self._settled:
                return
            # IDBFS compares times to the millisecond: two commits in one, or a clock set back,
            # would look like none. So every flush sets times of its own, one more than the last,
            # long past: no real write can have them.
            self._mark += 1
            for name, time in now.items():
                if self._settled.get(name) != time:
                    os.utime(
                        self.folder / name, ns=(self._mark * _NS_PER_MS, self._mark * _NS_PER_MS)
                    )
            marked = self._times_ms()
            await _synced(populate=False)
            self._settled = marked
            self.flushes += 1

    def _times_ms(self) -> dict[str, int]:
        return {
            entry.name: entry.stat().st_mtime_ns // _NS_PER_MS for entry in os.scandir(self.folder)
        }


async def _synced(*, populate: bool) -> None:
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def on_done(error: Any = None) -> None:
        if done.done():
            return
        if error:
            done.set_exception(Refused(error))
        else:
            done.set_result(None)

    callback = lasting(on_done)
    try:
        runtime.FS.syncfs(populate, callback)
        # IDBFS never answers when the browser takes its database away
        async with asyncio.timeout(_PATIENCE_S):
            await done
    except TimeoutError as error:
        raise ProblemError("disk.broken", why="IndexedDB") from error
    except JsError as error:
        raise trouble(Refused(error)) from error
    except Refused as error:
        raise trouble(error) from error
    finally:
        callback.destroy()


def _be_strict(folder: Path) -> None:
    """Make IDBFS ask for durability: a finished transaction is on the disk, not in a cache."""
    database = js.Reflect.get(runtime.FS.filesystems.IDBFS.dbs, str(folder))
    begin, strict = database.transaction, fields(durability="strict")
    database.transaction = lasting(lambda stores, mode: begin(stores, mode, strict))
