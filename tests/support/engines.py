"""`DOORSTEP_TEST_DATABASE=postgresql`: every server of the tests on a database of its own in one throw-away cluster.

The cluster sorts as Chinese dictionaries do, so that a query that leaves its order to the database is found out. A data
folder's database is named for the folder's path; `doorstep.db` in the folder then is a note of that name. In a folder
that was copied the note names another's: the new database is made as a copy of that one.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from hashlib import sha256
from pathlib import Path

import pytest

from sync_server.settings import Settings
from tests.support.engine_path import started_too

DATABASE = os.environ.get("DOORSTEP_TEST_DATABASE", "")
_CLUSTER = "DOORSTEP_TEST_CLUSTER"
"""The variable by which workers and processes find the cluster of the run."""
_TEMPLATE = "template_of_tests"
_NOTE = "doorstep.db"
_of_folders: dict[Path, str] = {}


def on_postgresql() -> bool:
    """Whether the servers of this run keep their data in PostgreSQL."""
    return DATABASE == "postgresql"


@contextmanager
def cluster_of_run() -> Iterator[None]:
    """The cluster of a whole run: begun by the process that hears the workers, found by all others."""
    if not on_postgresql() or _CLUSTER in os.environ:
        yield
        return
    from tests.support.postgres import cluster

    # on a disk: hundreds of databases stay to the end of the run, of 8 MB and more
    with cluster(sorts="zh", in_memory=False) as url:
        os.environ[_CLUSTER] = url
        started_too()
        _run(f"CREATE DATABASE {_TEMPLATE}")
        from sync_server.store.database import migrate  # what walks the pages alone loads no store

        migrate(_url(_TEMPLATE))
        yield
        del os.environ[_CLUSTER]


def use() -> None:
    """Let the settings of this process name PostgreSQL where they would name a file of SQLite."""
    if on_postgresql():
        Settings.database = property(
            lambda settings: settings.database_url or url_of(settings.data_dir)
        )


def url_of(folder: Path) -> str:
    """The address of a data folder's database, which is made if need be."""
    name = _name_of(folder)
    note = folder / _NOTE
    if not folder.is_dir():
        return _url(name)
    noted = note.read_text() if note.exists() else ""
    if noted != name:
        _run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        _copied(noted or _TEMPLATE, name)
        note.write_text(name)
        note.chmod(0o600)
    _of_folders[folder] = name
    return _url(name)


def change_database(folder: Path, statement: str) -> None:
    """Run a statement in a data folder's database, past the program."""
    if on_postgresql():
        from tests.support.postgres import run

        run(url_of(folder), statement)
        return
    with closing(sqlite3.connect(folder / _NOTE)) as connection, connection:
        connection.execute(statement)


def bytes_of(folder: Path) -> bytes:
    """All bytes of the files of a data folder's database, where those lie outside the folder."""
    if not on_postgresql():
        return b""
    from tests.support.postgres import run

    url = url_of(folder)
    run(url, "CHECKPOINT")
    asked = "SELECT current_setting('data_directory'), oid FROM pg_database"
    ((data, oid),) = run(url, f"{asked} WHERE datname = current_database()")
    files = sorted((Path(data) / "base" / str(oid)).iterdir())
    return b"".join(file.read_bytes() for file in files)


def _name_of(folder: Path) -> str:
    return "d" + sha256(str(folder).encode()).hexdigest()[:20]


def drop_below(folder: Path) -> None:
    """Remove the databases of the data folders in a folder."""
    for note in (*folder.glob(f"*/{_NOTE}"), *folder.glob(f"*/*/{_NOTE}")):
        with suppress(OSError, UnicodeDecodeError):
            if (name := _name_of(note.parent)) == note.read_text():  # else it is another's, copied
                _of_folders.setdefault(note.parent, name)
    for place in [one for one in _of_folders if one.is_relative_to(folder)]:
        _run(f"DROP DATABASE IF EXISTS {_of_folders.pop(place)} WITH (FORCE)")


def _copied(source: str, name: str) -> None:
    """Copy a database; whoever is connected to the first connects again."""
    from psycopg.errors import DuplicateDatabase, ObjectInUse

    for _ in range(50):
        with suppress(ObjectInUse):
            with suppress(DuplicateDatabase):  # by another process, a moment ago
                _run(f"CREATE DATABASE {name} TEMPLATE {source}")
            return
        away = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{source}'"  # noqa: S608
        _run(away)
        time.sleep(0.02)
    raise AssertionError(f"{source} is in use")


def _url(name: str) -> str:
    return os.environ[_CLUSTER].rpartition("/")[0] + "/" + name


def _run(statement: str) -> None:
    import psycopg

    address = os.environ[_CLUSTER].replace("+psycopg", "")
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(statement.encode())


about_sqlite: Callable[[str], pytest.MarkDecorator] = pytest.mark.about_sqlite
"""A test of SQLite's file itself; the reason says what PostgreSQL has instead."""


def leave_out(items: list[pytest.Item]) -> None:
    """On PostgreSQL, skip what is about SQLite's file, with its reason on screen."""
    for item in items if on_postgresql() else ():
        if (found := item.get_closest_marker("about_sqlite")) is not None:
            item.add_marker(pytest.mark.skip(reason=f"about SQLite: {found.args[0]}"))
