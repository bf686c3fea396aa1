"""Make backups into the schedule's folder: one at a time, checked, the oldest removed at last.

`run` is the whole of it and may be called by whoever has a thread or a process for it; `start`
gives it a thread of its own, so that phones and pages wait for nothing. A lock file marks that one
is under way, a small file how far it is: both hold over processes.
"""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

import msgspec

from shared.problems import ProblemError
from shared.season import CST
from sync_server import file_lock, whole_file
from sync_server.office import backup_log, backup_place, backup_plan
from sync_server.office import manifest as m
from sync_server.office.backup import backup
from sync_server.office.backup_log import Run
from sync_server.office.restore import Progress, verify
from sync_server.services import Services
from sync_server.store import audit
from sync_server.store.ids import new_id

SCHEDULE = "自动备份"
"""Who the audit trail names for a backup of the schedule."""
WRITTEN_EVERY_S = 0.5
"""Seconds between two notes of how far it is."""


class UnderWay(msgspec.Struct, frozen=True):
    """What is being done (database, photos, check), how much of it is done, and of how much."""

    what: str = ""
    done: int = 0
    total: int = 0


def under_way(data_dir: Path) -> UnderWay | None:
    """Return how far the backup or check is that is under way; None where there is none."""
    if not file_lock.is_held(data_dir / backup_log.FOLDER / "lock"):
        return None
    with suppress(OSError, msgspec.MsgspecError):
        return msgspec.json.decode(_progress_file(data_dir).read_bytes(), type=UnderWay)
    return UnderWay()


def run(services: Services, *, who: str, scheduled: bool = False) -> Run:
    """Back up into the schedule's folder, check the copy, and remove the oldest ones.

    Args:
        services: The server's services.
        who: Who asked for it.
        scheduled: Whether the schedule did.

    Returns:
        The line of the log, of a failure with a registered problem too.

    Raises:
        ProblemError: backup.running, backup.not_sqlite, backup.plan_unreadable; disk.full where the
            log itself cannot be written.
    """
    plan = _plan(services)
    with whole_file.full_disk_named(), _alone(services):
        return _run(services, plan, who, scheduled)


def start(services: Services, *, who: str, scheduled: bool = False) -> None:
    """Begin `run` in a thread of its own; what it comes to stands in the log.

    Raises:
        ProblemError: backup.running, backup.not_sqlite, backup.no_folder, backup.plan_unreadable.
    """
    plan = _plan(services)
    if not plan.folder:
        raise ProblemError("backup.no_folder", folder="–")
    _in_thread(services, lambda: _run(services, plan, who, scheduled))


def start_check(services: Services, run_id: str, *, who: str) -> None:
    """Begin to check a backup again, in a thread of its own.

    Raises:
        ProblemError: backup.running, backup.unknown.
    """
    found = backup_log.find(services.settings.data_dir, run_id)
    if found.state not in ("verified", "damaged") or not Path(found.folder).is_dir():
        raise ProblemError("backup.unknown")
    _in_thread(services, lambda: check(services, found, who=who))


def check(services: Services, found: Run, *, who: str) -> Run:
    """Check a backup as a restore would, and put the result in the log."""
    data_dir = services.settings.data_dir
    _note(services, who, "backup.check", found.folder)
    try:
        verify(Path(found.folder), _ProgressFile(data_dir))
    except ProblemError as problem:
        return backup_log.put(data_dir, _ended(services, found, "damaged", problem))
    return backup_log.put(data_dir, _ended(services, found, "verified"))


def by_hand(services: Services, dest: Path, progress: Progress, *, who: str) -> m.Manifest:
    """Back up into any folder, check the copy, and put it in the log.

    Raises:
        ProblemError: those of `backup` and of `verify`.
    """
    now, uptime_s = services.settings.real_now().isoformat(), time.monotonic()
    begun = Run(id=new_id(), started_at=now, uptime_s=uptime_s, who=who, folder=str(dest.resolve()))
    made = backup(services, dest, progress)
    try:
        verify(dest, progress)
    except ProblemError as problem:
        backup_log.put(services.settings.data_dir, _ended(services, begun, "damaged", problem))
        raise
    backup_log.put(services.settings.data_dir, _verified(services, begun, made))
    return made


def run_if_due(services: Services) -> None:
    """Begin a backup where the schedule wants one; asked every minute."""
    data_dir, now = services.settings.data_dir, services.settings.real_now()
    plan = backup_plan.read(data_dir)
    if backup_plan.is_due(plan, backup_log.read(data_dir), now, time.monotonic()):
        with suppress(ProblemError):  # one is under way
            start(services, who=SCHEDULE, scheduled=True)


def _plan(services: Services) -> backup_plan.Plan:
    backup_plan.require_sqlite(services.settings)
    return backup_plan.read(services.settings.data_dir)


def _run(services: Services, plan: backup_plan.Plan, who: str, scheduled: bool) -> Run:
    data_dir, now = services.settings.data_dir, services.settings.real_now()
    _sweep(services)
    dest = _free_name(Path(plan.folder), now)
    begun = Run(
        id=new_id(),
        started_at=now.isoformat(),
        uptime_s=time.monotonic(),
        who=who,
        folder=str(dest),
        scheduled=scheduled,
        managed=True,
    )
    earlier = backup_log.last_good(backup_log.read(data_dir))
    backup_log.put(data_dir, begun)
    try:
        backup_plan.folder_of(services.settings, plan)
        _note(services, who, "backup.make", str(dest))
        progress = _ProgressFile(data_dir)
        made = backup(services, dest, progress, earlier=Path(earlier.folder) if earlier else None)
        verify(dest, progress)
    except ProblemError as problem:
        full = ProblemError("backup.disk_full", folder=plan.folder)  # nothing else is written to
        return _failed(services, begun, full if problem.code == "disk.full" else problem)
    except BaseException:  # the page must not show it as under way for ever
        _failed(services, begun, backup_log.unforeseen())
        raise
    done = backup_log.put(data_dir, _verified(services, begun, made))
    _remove_oldest(services, plan)
    return done


def _failed(services: Services, begun: Run, problem: ProblemError) -> Run:
    """Put a failure in the log and remove what was made of it."""
    _remove(Path(begun.folder))
    return backup_log.put(services.settings.data_dir, _ended(services, begun, "failed", problem))


def _verified(services: Services, begun: Run, made: m.Manifest) -> Run:
    ended = _ended(services, begun, "verified")
    return msgspec.structs.replace(
        ended, files=len(made.files), size_bytes=made.size_bytes, damaged=len(made.damaged)
    )


def _ended(
    services: Services, run: Run, state: backup_log.State, problem: ProblemError | None = None
) -> Run:
    return backup_log.ended(run, services.settings.real_now().isoformat(), state, problem)


def _sweep(services: Services) -> None:
    """Remove what was not finished, and what was to be removed: nobody else is at it now."""
    for run in backup_log.read(services.settings.data_dir):
        if run.state == "running":
            _remove(Path(run.folder))
            backup_log.put(
                services.settings.data_dir,
                _ended(services, run, "interrupted", ProblemError("backup.stopped")),
            )
        elif run.state == "removed":
            _remove(Path(run.folder))


def _remove_oldest(services: Services, plan: backup_plan.Plan) -> None:
    """Remove the oldest good ones of the folder beyond those that are kept, never the newest."""
    data_dir = services.settings.data_dir
    good = [
        run
        for run in backup_log.read(data_dir)
        if run.managed and run.state == "verified" and Path(run.folder).parent == Path(plan.folder)
    ]
    for run in good[: -max(plan.keep, backup_plan.KEEP[0])]:
        backup_log.put(data_dir, msgspec.structs.replace(run, state="removed"))
        _remove(Path(run.folder))


def _remove(folder: Path) -> None:
    """Remove a backup of ours; what cannot be removed now is tried again with the next one."""
    if backup_place.OURS.fullmatch(folder.name) and not folder.is_symlink():
        shutil.rmtree(folder, ignore_errors=True)


def _free_name(folder: Path, now: datetime) -> Path:
    """Return a new folder's name: the moment in China, with a number where the clock went back."""
    name = f"doorstep-{now.astimezone(CST):%Y%m%d-%H%M%S}"
    names = (name, *(f"{name}-{number}" for number in range(2, 1000)))
    return next(folder / n for n in names if not (folder / n).exists())


def _note(services: Services, who: str, action: str, ref: str) -> None:
    at = services.settings.now_text()
    services.database.write(lambda c: audit.note(c, at=at, who=who, action=action, ref=ref))


class _ProgressFile:
    """Writes how far a backup is, now and then."""

    def __init__(self, data_dir: Path) -> None:
        self._file, self._next = _progress_file(data_dir), 0.0

    def __call__(self, what: str, done: int, of: int) -> None:
        if (now := time.monotonic()) >= self._next:
            self._next = now + WRITTEN_EVERY_S
            with suppress(OSError):  # a full disk is reported by the backup itself
                whole_file.write(self._file, msgspec.json.encode(UnderWay(what, done, of)))


def _progress_file(data_dir: Path) -> Path:
    return data_dir / backup_log.FOLDER / "progress.json"


def _lock(services: Services) -> int:
    data_dir = services.settings.data_dir
    lock = file_lock.acquire_lock(backup_log.place(data_dir) / "lock")
    if lock is None:
        raise ProblemError("backup.running")
    _progress_file(data_dir).unlink(missing_ok=True)
    return lock


@contextmanager
def _alone(services: Services) -> Iterator[None]:
    lock = _lock(services)
    try:
        yield
    finally:
        os.close(lock)


def _in_thread(services: Services, job: Callable[[], object]) -> None:
    """Hold the lock, and work in a thread that ends with the process, whatever it is at."""
    lock = _lock(services)

    def work() -> None:  # what it raises is logged as of every thread (fault_log.py)
        try:
            job()
        finally:
            os.close(lock)

    threading.Thread(target=work, name="backup", daemon=True).start()
