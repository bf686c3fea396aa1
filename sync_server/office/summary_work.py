"""Work on a document that takes seconds: claimed first, made aside, put in place with its row.

Whoever composes or seals claims the document (store/work_claims.py), writes into a folder of its
own below summaries/<document>/, and gives the finished folder a name that no row knows yet. The row
that names it is written last. So a row's files are always whole; what a killed process leaves is a
folder that nothing names, and a claim that nobody holds. A scan is read before the claim: an upload
may be anything, and the document waits for none.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import msgspec

from shared.problems import ProblemError
from sync_server import file_lock
from sync_server.disk_errors import disk_problems
from sync_server.services import Services
from sync_server.store import work_claims
from sync_server.store.database import Connection
from sync_server.store.ids import new_id
from sync_server.store.work_claims import Claim, Work
from sync_server.whole_file import full_disk_named

BUSY = {"compose": "summary.composing", "scan": "summary.scanning", "seal": "summary.sealing"}
"""The sentence shown while each kind of work is under way."""
WAIT_S = 60
"""How long another press of a button waits for the work before it; more than most of it takes."""
POLL_S = 0.1
ROOT = "summaries"
PREFIX = "work-"


class Claimed(msgspec.Struct, frozen=True, kw_only=True):
    """A document that is ours to work on.

    Attributes:
        document: Its name.
        claim: What stands in the database; `by` is the name of our lock file.
        folder: A new folder for what is made.
        after: The claim that was waited for, if one was.
    """

    document: str
    claim: Claim
    folder: Path
    after: Claim | None

    def check(self, connection: Connection) -> None:
        """Refuse to store the result where the document is no longer ours.

        Raises:
            ProblemError: summary.composing and the others of BUSY.
        """
        if not work_claims.holds(connection, self.document, self.claim):
            raise ProblemError(BUSY[self.claim.work])


@contextmanager
def claimed(
    services: Services,
    document: str,
    work: Work,
    *,
    season: str = "",
    asked: str = "",
    wait_s: float = WAIT_S,
) -> Iterator[Claimed]:
    """Claim a document; wait for whoever works on it.

    Args:
        services: The server's services.
        document: The document's name.
        work: What is to be done.
        season: The season of the document; "" for the one that is worked on.
        asked: A digest of the request, by which two presses of one button are recognised.
        wait_s: How long to wait for whoever works on it.

    Raises:
        ProblemError: summary.composing, summary.scanning, summary.sealing after the wait;
            season.closed, season.retention_over, work.cancelled, disk.full.
    """
    name = new_id()
    with full_disk_named(), at_work(services, name):
        claim = Claim(work=work, by=name, at=services.settings.now_text(), asked=asked)
        after = _take(services, document, claim, season, wait_s)
        try:
            with _new_folder(services, document, name) as folder:
                yield Claimed(document=document, claim=claim, folder=folder, after=after)
        finally:
            with suppress(Exception):  # our lock ends all the same, and with it the claim
                services.database.write(lambda c: work_claims.give_back(c, document, claim))


@contextmanager
def aside(services: Services, document: str) -> Iterator[tuple[str, Path]]:
    """Give a folder to prepare something in that will be put in place under a claim.

    Args:
        services: The server's services.
        document: The document's name.

    Yields:
        Its name, which ascends in the order in which such work began, and the folder.

    Raises:
        ProblemError: disk.full, disk.broken.
    """
    name = new_id()
    held = at_work(services, name)
    with full_disk_named(), held, _new_folder(services, document, name) as folder:
        yield name, folder


@contextmanager
def _new_folder(services: Services, document: str, name: str) -> Iterator[Path]:
    folder = services.settings.path(ROOT, document) / f"{PREFIX}{name}"
    try:
        with disk_problems():
            folder.mkdir(mode=0o700)
        yield folder
    finally:
        remove(folder)


def _take(
    services: Services, document: str, claim: Claim, season: str, wait_s: float
) -> Claim | None:
    """Write the claim as soon as nobody holds one; return the one that was waited for."""
    after, until = None, time.monotonic() + wait_s
    while True:
        if services.asked is not None and services.asked.cancelled.is_set():
            raise ProblemError("work.cancelled")
        other = services.database.read(lambda c: work_claims.find(c, document))
        if other is not None and is_held(services, other):
            if time.monotonic() > until:
                raise ProblemError(BUSY[other.work])
            after = other
            time.sleep(POLL_S)
            continue
        claiming = partial(work_claims.claim_document, document=document, claim=claim, over=other)
        if services.change(claiming, season=season):
            return after


def under_way(services: Services, document: str) -> Work | None:
    """Return what somebody does with a document right now."""
    claim = services.database.read(lambda c: work_claims.find(c, document))
    return claim.work if claim is not None and is_held(services, claim) else None


def is_held(services: Services, claim: Claim) -> bool:
    """Return whether the process that took a claim still runs."""
    return is_at_work(services, claim.by)


@contextmanager
def at_work(services: Services, name: str) -> Iterator[None]:
    """Say that this process is at work under a name made up now, as long as it is."""
    with file_lock.holding(lock_of(services, name)), services.holds.held(name):
        yield


def is_at_work(services: Services, name: str) -> bool:
    """Return whether somebody is at work under a name, on this machine or another."""
    path = lock_of(services, name)
    if path.exists():
        if file_lock.is_held(path):
            return True
        services.holds.forget_soon(name)  # it was killed here
        return False
    return services.holds.is_held(name)


def lock_of(services: Services, name: str) -> Path:
    """Return the lock file of a claim."""
    return services.settings.path("claims") / name


def put_in_place(services: Services, made: Path, key: str) -> None:
    """Give a finished folder its name, durably: a power cut after it leaves it whole.

    Raises:
        ProblemError: disk.full, disk.broken, files.unreachable, files.denied.
    """
    with disk_problems():
        services.file_store.put_folder(key, made)


def remove_kept(services: Services, key: str) -> None:
    """Remove what no row names any more; what stays is swept at the next start."""
    with suppress(OSError, ProblemError):
        services.file_store.delete_all(key)


def remove(folder: Path) -> None:
    """Remove a folder that somebody worked in; what stays is swept at the next start."""
    shutil.rmtree(folder, ignore_errors=True)
