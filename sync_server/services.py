"""Everything a request may need, built once by `create_app`; there are no module globals."""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from threading import Condition, Event
from typing import ParamSpec, Protocol, TypeVar

from shared.problems import ProblemError
from shared.season import china_day
from sync_server import fault_log, mounted_keys, temporary, whole_file
from sync_server.crypto.keys import ReceiptKey
from sync_server.data_folder import check_restored, keep_private, tighten
from sync_server.files.opening import open_store
from sync_server.files.protocol import FileStore
from sync_server.holding import Holds
from sync_server.settings import Settings
from sync_server.steady_clock import SteadyClock
from sync_server.store import key_mark, seasons
from sync_server.store.database import Connection, Database
from sync_server.store.known_senders import KnownSenders
from sync_server.store.photo_files import PhotoFiles
from sync_server.store.photo_objects import PhotoObjects

P = ParamSpec("P")
T = TypeVar("T")

READERS = 8
"""Threads that read the database for phones and pages, and do nothing else; it has as many
connections waiting (store/engine.py)."""
PATIENCE_S = 12.0
"""How long a request waits for a database that is away: a standby has mostly taken over by then. A
phone gives up after 20 s of silence (mobile/sync/client.py)."""
ASK_AGAIN_S = 0.5
MOST_JOBS = 4
"""Heavy jobs at a time, whatever the computer: each may take gigabytes."""


def usual_job_slots() -> int:
    """Return how many heavy jobs run at a time: a core stays free for phones and pages.

    At least two, on one core too: they step back for phones (nice), and one hostile file alone
    never keeps everybody waiting.
    """
    return max(2, min(MOST_JOBS, (os.cpu_count() or 1) - 1))


@dataclass(frozen=True)
class Asked:
    """What somebody asked for on a page.

    Attributes:
        ref: The name under which the page finds the jobs of it.
        who: Who takes turns for it.
        cancelled: Set once nobody wants it any more.
    """

    ref: str
    who: str
    cancelled: Event = field(default_factory=Event)


class DiskUsage(Protocol):
    """Bytes of a disk."""

    @property
    def total(self) -> int:
        """Its size."""

    @property
    def free(self) -> int:
        """What may still be written."""


def _photos(settings: Settings, store: FileStore) -> PhotoFiles | PhotoObjects:
    if store.is_shared:
        return PhotoObjects(store)
    return PhotoFiles(settings.path("photos"), settings.path("uploads"))


def _readers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(READERS, thread_name_prefix="reader")


def _checked_keys(settings: Settings, database: Database) -> ReceiptKey:
    """Return the key of receipts; a shared database is opened with one set of keys alone.

    The first who opens it says which. Whoever comes with others, or with none, would make keys that
    no phone knows and seal under a passphrase that no other machine has.

    Raises:
        ProblemError: keys.missing, keys.other.
    """
    try:
        known = database.read(key_mark.find) if settings.is_shared else ""
        if known and settings.keys_dir is None:
            names = (*mounted_keys.SECRETS, mounted_keys.RECEIPTS)
            folder = settings.path("keys")
            if lacking := mounted_keys.missing(folder, names):
                raise ProblemError("keys.missing", folder=str(folder), files=", ".join(lacking))
        key = ReceiptKey(settings.key_file(mounted_keys.RECEIPTS), settings.secret("passphrase"))
        if settings.is_shared:
            named = {name: settings.secret(name) for name in mounted_keys.SECRETS}
            mark = mounted_keys.fingerprint(named, key.public())
            if database.write(lambda c: key_mark.put_first(c, mark)) != mark:
                raise ProblemError("keys.other", folder=str(settings.key_file()))
    except ValueError as error:  # files of two sets: one's passphrase does not open the other's
        database.close()
        if settings.keys_dir is None:
            raise
        raise ProblemError("keys.other", folder=str(settings.key_file())) from error
    except BaseException:
        database.close()
        raise
    return key


@dataclass
class Services:
    """Settings, database, keys, files, and what the server keeps in memory.

    Attributes:
        settings: Where the server keeps its data and which clock it goes by.
        database: The one writer and the readers.
        receipts: The key that signs receipts and opens boxes closed for the server.
        file_store: Everything that is a file and belongs to all who serve (sync_server/files).
        files: Photos and unfinished uploads, on disk or in a shared store.
        uploads_in_progress: Ids of uploads with a PATCH running here; a second PATCH gets 409.
        handovers_in_progress: Ids of phones that are sending a hand-over file.
        steady: The clock of waits, which no clock change moves.
        disk_usage: How full the disk of a folder is.
        season_id: The season that this request or command works on; see `in_season`.
        asked: What heavy work is for; None on the command line.
        job_slots: How many heavy jobs run at a time, those of other processes counted.
        jobs_changed: Notified when a job of this process ends.
        readers: The threads of `read`.
        senders: Phones whose token was looked up a moment ago.
        holds: What this process is at work on, as other processes see it.
        stopping: Set at SIGTERM: /v1/ready answers 503, and a proxy sends requests elsewhere.
        patience_s: How long a request waits for a database that is away.
    """

    settings: Settings
    database: Database
    receipts: ReceiptKey
    file_store: FileStore
    files: PhotoFiles | PhotoObjects
    uploads_in_progress: set[str] = field(default_factory=set)
    handovers_in_progress: set[str] = field(default_factory=set)
    steady: SteadyClock = field(default_factory=SteadyClock)
    disk_usage: Callable[[Path], DiskUsage] = shutil.disk_usage
    season_id: str = ""
    asked: Asked | None = None
    job_slots: int = field(default_factory=usual_job_slots)
    jobs_changed: Condition = field(default_factory=Condition)
    readers: ThreadPoolExecutor = field(default_factory=_readers)
    senders: KnownSenders = field(default_factory=KnownSenders)
    holds: Holds = field(default_factory=Holds)
    stopping: Event = field(default_factory=Event)
    patience_s: float = PATIENCE_S

    @classmethod
    def open(cls, settings: Settings) -> Services:
        """Open database, keys and folders; brings the schema to its newest form.

        What this process writes from now on is its owner's alone.

        Raises:
            ProblemError: backup.restore_unfinished, data.unreadable, data.newer, disk.full,
                keys.missing, keys.other, keys.differ.
        """
        with whole_file.full_disk_named():
            return cls._opened(settings)

    @classmethod
    def _opened(cls, settings: Settings) -> Services:
        check_restored(settings.data_dir)
        keep_private()
        tighten(settings.path())
        fault_log.write_to(settings.data_dir)
        temporary.use(settings.path(temporary.FOLDER))
        if settings.keys_dir is not None:
            mounted_keys.link(settings.keys_dir, settings.path("keys"))
        database = Database(settings.database, settings.pool)
        store = open_store(settings.files, settings.data_dir)
        return cls(
            settings=settings,
            database=database,
            holds=Holds(database if settings.is_shared else None),
            receipts=_checked_keys(settings, database),
            file_store=store,
            files=_photos(settings, store),
        )

    @property
    def is_alone(self) -> bool:
        """Whether no other process serves the same county: SQLite, and files on its own disk."""
        return not (self.file_store.is_shared or self.settings.is_shared)

    @property
    def season(self) -> str:
        """The id of the season that is worked on. Raises ProblemError season.none without one."""
        if not self.season_id:
            raise ProblemError("season.none")
        return self.season_id

    def in_season(self, wanted: str = "") -> Services:
        """Return the same services for one season, chosen once for a request or command.

        Args:
            wanted: The season asked for; "" for the open one, else the newest closed one.

        Raises:
            ProblemError: season.unknown.
        """
        return self.for_season(self.database.read(lambda c: seasons.choose(c, wanted)))

    def for_season(self, season_id: str) -> Services:
        """Return the same services for a season that was chosen already."""
        return replace(self, season_id=season_id)

    def for_inspection(self) -> Services:
        """Return the same services for somebody who only inspects: masked, and writing nothing."""
        return replace(self, database=self.database.for_inspection())

    def asked_by(self, asked: Asked) -> Services:
        """Return the same services for what somebody asked for on a page."""
        return replace(self, asked=asked)

    def change(self, job: Callable[[Connection], T], *, season: str = "") -> T:
        """Run a job in the writer that changes a season's data; returns after COMMIT.

        Args:
            job: What changes it.
            season: The season of what is changed; "" for the one that is worked on.

        Raises:
            ProblemError: season.closed, season.retention_over, season.none, and the job's own.
        """
        season = season or self.season

        def guarded(connection: Connection) -> T:
            seasons.check_takes_changes(connection, season, china_day(self.settings.now()))
            return job(connection)

        return self.database.write(guarded)

    async def write(self, job: Callable[[Connection], T], *, alone: bool = False) -> T:
        """Run a request's job in the writer; returns after COMMIT; `alone` as of Database.write.

        Waits for a database that is away.
        """
        self.database.check_writes()
        submit = partial(self.database.writer.submit, alone=alone)
        return await self._patiently(lambda: asyncio.wrap_future(submit(job)))

    async def read(self, job: Callable[[Connection], T]) -> T:
        """Run a job in a read transaction, off the event loop. Waits for a database as `write`."""
        run = asyncio.get_running_loop().run_in_executor
        return await self._patiently(lambda: run(self.readers, self.database.read, job))

    async def _patiently(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask again where nobody was there to do anything; no thread waits meanwhile.

        What may have been done all the same (data.unconfirmed) is not asked for twice here.
        """
        until_s = time.monotonic() + self.patience_s
        while True:
            try:
                return await ask()
            except ProblemError as problem:
                if problem.code != "data.away" or time.monotonic() > until_s:
                    raise
            await asyncio.sleep(ASK_AGAIN_S)

    async def off_loop(self, look: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
        """Call what reads the database by itself, in a reader's thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.readers, partial(look, *args, **named))

    def close(self) -> None:
        """Close the database."""
        self.readers.shutdown()
        self.holds.close()
        self.database.close()
