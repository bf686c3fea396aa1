"""The engine and the server's processes, and what both use: processor, memory, disk, rows, write-ahead log."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import msgspec
from sqlalchemy import create_engine, func, make_url, select, text

from shared.clock import VARIABLE
from sync_server.sample.processes import Process, free_port, wait_until_up
from sync_server.settings import Settings
from sync_server.store import tables as t
from sync_server.store.engine import sqlite_module
from tests.bench.real_server import TEMPORARY
from tests.support import postgres

Name = Literal["SQLite", "PostgreSQL"]
CLOCK = "2019-12-11T09:00+08:00"
TICK_S = 1 / os.sysconf("SC_CLK_TCK")
QUIET_S, LOOKS, LONGEST_QUIET_S = 0.2, 3, 60.0


class Used(msgspec.Struct, frozen=True, kw_only=True):
    """What was used up to a moment, or between two.

    Attributes:
        server_s: Processor seconds, user and system, of the server's processes.
        database_s: The same of PostgreSQL's; 0 where the database is in the server.
        written_bytes: What the server gave to the disk: photos, and SQLite's files.
        log_bytes: Of PostgreSQL's write-ahead log.
    """

    server_s: float
    database_s: float
    written_bytes: int
    log_bytes: int

    def since(self, before: Used) -> Used:
        """What was used after an earlier moment."""
        now, then = msgspec.structs.asdict(self), msgspec.structs.asdict(before)
        return Used(**{name: now[name] - then[name] for name in now})


class Engine:
    """A database of this name and a server over it, once it was started."""

    def __init__(self, name: Name, folder: Path, url: str = "") -> None:
        self.name, self.folder, self.url = name, folder, url
        self.port = free_port(18450)
        self.settings = Settings(
            data_dir=folder / "server",
            database_url=url,
            clock_spec=CLOCK,
            public_url=f"http://127.0.0.1:{self.port}",
        )
        self._process: Process | None = None
        self._looking = create_engine(self.settings.database) if url else None

    def start(self) -> None:
        """Start `doorstep serve` and wait for its first answer."""
        where = ("serve", "--data", str(self.settings.data_dir), "--port", str(self.port))
        environ = {VARIABLE: CLOCK, "DOORSTEP_DATABASE": self.url, "PYTHONDONTWRITEBYTECODE": "1"}
        self._process = Process("-m", "sync_server.cli", *where, **environ)
        self._process.log = self.folder / "server.log"
        self._process.start()
        wait_until_up(self.settings.public_url)

    def stop(self) -> None:
        """End the server."""
        if self._process is not None:
            self._process.stop()
        if self._looking is not None:
            self._looking.dispose()

    def used(self) -> Used:
        """Everything used so far."""
        server, base = self._of_server(), self._of_database()
        return Used(
            server_s=_processor_s(server),
            database_s=_processor_s(base),
            written_bytes=_written_bytes(server),
            log_bytes=int(self._ask("SELECT pg_current_wal_lsn() - '0/0'")),
        )

    def quiet(self) -> Used:
        """Everything used, once nothing goes on in the background any more: three looks in a row that find nothing."""
        found, nothing, until_s = [self.used()], 0, time.monotonic() + LONGEST_QUIET_S
        while nothing < LOOKS and time.monotonic() < until_s:
            time.sleep(QUIET_S)
            found.append(self.used())
            more = found[-1].since(found[-2])
            nothing = nothing + 1 if more.server_s + more.database_s <= TICK_S else 0
        return found[-1]

    def memory_bytes(self) -> tuple[int, int]:
        """Memory of the server and of the database, each page that is shared counted once."""
        return _memory_bytes(self._of_server()), _memory_bytes(self._of_database())

    def database_bytes(self) -> int:
        """What the database takes on the disk."""
        if self._looking is not None:
            return int(self._ask("SELECT pg_database_size(current_database())"))
        return sum(p.stat().st_size for p in self.settings.data_dir.glob("doorstep.db*"))

    def photo_bytes(self) -> int:
        """What the photos take."""
        found = (self.settings.data_dir / "photos").rglob("*")
        return sum(p.stat().st_size for p in found if p.is_file())

    def rows(self) -> int:
        """Rows of all tables."""
        looking = self._looking or create_engine(self.settings.database, module=sqlite_module())
        with looking.connect() as connection:
            return sum(
                connection.execute(select(func.count()).select_from(table)).scalar_one()
                for table in t.metadata.sorted_tables
            )

    def _ask(self, query: str) -> int:
        if self._looking is None:
            return 0
        with self._looking.connect() as connection:
            return int(connection.execute(text(query)).scalar_one())

    def _of_server(self) -> list[int]:
        if self._process is None or self._process.process is None:
            return []
        return _family(self._process.process.pid)

    def _of_database(self) -> list[int]:
        if not self.url:
            return []
        if not hasattr(self, "_postmaster"):
            assert self._looking is not None
            with self._looking.connect() as connection:
                folder = connection.execute(text("SHOW data_directory")).scalar_one()
            pid = Path(str(folder), "postmaster.pid").read_text("ascii").split()[0]
            self._postmaster = int(pid)
        return _family(self._postmaster)


@contextmanager
def engine(name: Name) -> Iterator[Engine]:
    """An empty database and a data folder; all of it is gone at the end."""
    tempfile.tempdir = (
        TEMPORARY  # services that were open in this process have named their own folder
    )
    with tempfile.TemporaryDirectory(prefix="doorstep-province-", dir=TEMPORARY) as made:
        if name == "SQLite":
            yield from _one(Engine(name, Path(made)))
        else:
            with postgres.cluster() as url:
                yield from _one(Engine(name, Path(made), url))


def _one(found: Engine) -> Iterator[Engine]:
    try:
        yield found
    finally:
        found.stop()


def version_of(found: Engine) -> str:
    """Name and version of the database."""
    if found.url:
        looking = create_engine(make_url(found.url))
        with looking.connect() as connection:
            version = connection.execute(text("SHOW server_version")).scalar_one()
        looking.dispose()
        return f"PostgreSQL {str(version).split()[0]}"
    return f"SQLite {sqlite_module().sqlite_version}"


def _family(pid: int) -> list[int]:
    """A process and all below it."""
    said = subprocess.run(
        ["ps", "-e", "-o", "pid=,ppid="], capture_output=True, text=True, check=True
    ).stdout.split()
    parents = dict(zip(map(int, said[::2]), map(int, said[1::2]), strict=True))
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found


def _processor_s(pids: list[int]) -> float:
    """Seconds of processes and of their children that have ended."""
    total = 0
    for pid in pids:
        if stat := _read(pid, "stat"):
            total += sum(map(int, stat.rpartition(")")[2].split()[11:15]))
    return total * TICK_S


def _written_bytes(pids: list[int]) -> int:
    return sum(_field(_read(pid, "io"), "write_bytes:") for pid in pids)


def _memory_bytes(pids: list[int]) -> int:
    return sum(_field(_read(pid, "smaps_rollup"), "Pss:") * 1024 for pid in pids)


def _field(lines: str, name: str) -> int:
    return next(
        (int(x.split()[1]) for x in lines.splitlines() if x.split()[:1] == [name]),
        0,
    )


def _read(pid: int, name: str) -> str:
    """A file of /proc; "" where the process is gone."""
    try:
        return Path(f"/proc/{pid}/{name}").read_text("ascii", "replace")
    except OSError:
        return ""
