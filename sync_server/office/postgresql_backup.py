"""Back up where the database is PostgreSQL: what is whose, a dump of it, and its way back.

A server on PostgreSQL has its data in two or three places, and each has means of its own that are
better than ours: a standby and its archive, a store's versions, a copy of a folder. We copy the
database with pg_dump where that is installed, say what is not in it, and after a restore do what
only we can: begin a new epoch, so that phones send again what came after the backup.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import msgspec

from shared.problems import ProblemError
from shared.records.kind import Label
from sync_server import folder_lock
from sync_server.disk_errors import disk_problems
from sync_server.services import Services
from sync_server.settings import Settings
from sync_server.store import db_snapshot, libpq, postgresql

DUMP = "doorstep.pgdump"


class Share(msgspec.Struct, frozen=True):
    """A part of the data: what it is, where it lies, and by what means it is backed up."""

    what: Label
    where: str
    means: Label


class Made(msgspec.Struct, frozen=True):
    """A dump that was made and can be read, and what is not in it."""

    path: Path
    size_bytes: int
    not_in_it: tuple[Share, ...]


def whose(settings: Settings) -> tuple[Share, ...]:
    """Return every part of the data, the database first."""
    files = str(getattr(settings, "files_url", ""))
    folder = str(settings.data_dir)
    copy = Label(
        "每天复制到另一台机器，先复制数据库再复制它",
        "copy it to another machine each day, after the database",
    )
    own = Label("存储自己的版本和副本", "the store's own versions and replicas")
    return (
        Share(
            Label("数据库", "database"),
            f"PostgreSQL {postgresql.shown(settings.database)}",
            Label(
                "备库、归档，或 doorstep backup（pg_dump）",
                "standbys, an archive, or doorstep backup (pg_dump)",
            ),
        ),
        Share(
            Label("照片、打印和封存的文件", "photos, printed and sealed files"),
            files or folder,
            own if files else copy,
        ),
        Share(
            Label("密钥", "keys"),
            str(settings.path("keys")),
            Label(
                "另存一份，锁好：没有它打不开证据包",
                "keep a copy under lock: without them no evidence opens",
            ),
        ),
    )


def backup(services: Services, dest: Path) -> Made:
    """Dump the database into a new or empty folder, and read the dump once.

    Raises:
        ProblemError: backup.not_empty, backup.no_pg_dump, backup.pg_dump_failed, disk.full,
            disk.broken.
    """
    settings, dest = services.settings, dest.resolve()
    tool = _tool("pg_dump", settings, f"--file={dest / DUMP}")
    if dest.exists() and (not dest.is_dir() or any(dest.iterdir())):
        raise ProblemError("backup.not_empty", folder=str(dest))
    with disk_problems():
        dest.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = dest / f"{DUMP}.part"
        part.touch(mode=0o600)
        _run([tool, "--format=custom", "--no-owner", f"--file={part}"], settings)
        _run([_tool("pg_restore", settings, str(part)), "--list", str(part)], settings)
        part.replace(dest / DUMP)
    return Made(dest / DUMP, (dest / DUMP).stat().st_size, whose(settings)[1:])


def restore(
    settings: Settings,
    source: Path | None,
    *,
    who: str,
    lost_photos: bool = False,
    opened: Callable[[Settings], Services] = Services.open,
) -> int:
    """Put a dump into an empty database, or take over one that was restored by other means.

    Files and keys have to be in their places already.

    Args:
        settings: Of the server that is restored; nothing serves its folder.
        source: The dump, or the folder it is in; None for a database that is restored already.
        who: Who does it, for the audit trail.
        lost_photos: Whether to go on where files of photos are not there: phones are asked again
            for those they still have.
        opened: Opens the services.

    Returns:
        How many photos were lost.

    Raises:
        ProblemError: backup.not_empty, backup.unreadable, backup.no_pg_dump, backup.pg_dump_failed,
            backup.photos_missing, and those of opening.
    """
    postgresql.check(settings.database)
    if source is not None:
        _put_in(settings, source)
    with folder_lock.held(settings.path(), "restore"):
        services = opened(settings)
        try:
            known = services.database.read(db_snapshot.known_photos)
            there = {sha256 for sha256 in known if services.files.path(sha256).exists()}
            lost = len(known) - len(there)
            if lost and not lost_photos:
                raise ProblemError("backup.photos_missing", count=lost, total=len(known))
            at, detail = services.settings.now_text(), str(source or "")
            services.database.write(
                lambda c: db_snapshot.begin_epoch(c, photos=there, at=at, who=who, detail=detail)
            )
        finally:
            services.close()
    return lost


def _put_in(settings: Settings, source: Path) -> None:
    dump = source / DUMP if source.is_dir() else source
    if not dump.is_file():
        raise ProblemError("backup.unreadable", folder=str(source))
    if postgresql.has_tables(settings.database):
        raise ProblemError("backup.not_empty", folder=postgresql.shown(settings.database))
    tool = _tool("pg_restore", settings, str(dump))
    name = libpq.environ_of(settings.database).get("PGDATABASE", "")
    words = ["--no-owner", "--exit-on-error", "--single-transaction", f"--dbname={name}", str(dump)]
    _run([tool, *words], settings)


def command(program: str, settings: Settings, last: str) -> str:
    """Return what an operator types to do it by hand; never with the password."""
    environ = libpq.environ_of(settings.database)
    environ.pop("PGPASSWORD", None)
    words = [f"{name}={shlex.quote(value)}" for name, value in sorted(environ.items())]
    options = (
        ["--format=custom", "--no-owner"]
        if program == "pg_dump"
        else ["--no-owner", "--single-transaction", f"--dbname={environ['PGDATABASE']}"]
    )
    return " ".join([*words, program, *options, shlex.quote(last)])


def _tool(program: str, settings: Settings, last: str) -> str:
    if (found := shutil.which(program)) is None:
        raise ProblemError("backup.no_pg_dump", command=command(program, settings, last))
    return found


def _run(words: list[str], settings: Settings) -> None:
    environ = {**os.environ, **libpq.environ_of(settings.database), "LC_MESSAGES": "C"}
    done = subprocess.run(words, env=environ, capture_output=True, check=False)
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise ProblemError("backup.pg_dump_failed", why=said[-1][:300] if said else words[0])
