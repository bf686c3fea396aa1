"""A PostgreSQL of the test's own: made with initdb in a temporary folder, gone afterwards.

Never as root: the cluster then runs as `postgres` or `nobody`. Without initdb the tests are skipped by name, unless
REQUIRE_POSTGRES=1 says that this is a failure.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest


def programs() -> Path | None:
    """The newest folder with initdb, Debian's or on PATH."""
    debian = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3])
    )
    if debian:
        return debian[-1].parent
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


def _as_user() -> list[str]:
    """What to put before a command so that it does not run as root."""
    if os.geteuid() != 0:
        return []
    for user in ("postgres", "nobody"):
        if subprocess.run(["id", user], capture_output=True, check=False).returncode == 0:
            return ["runuser", "-u", user, "--"]
    raise RuntimeError("no user to run PostgreSQL as")


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def _place() -> str | None:
    """Memory where the system has a folder for it: databases come and go with every test."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108


@contextmanager
def cluster(sorts: str = "", *, in_memory: bool = True) -> Iterator[str]:
    """SQLAlchemy URL of an empty database; skips (or fails) loudly when there is no PostgreSQL here.

    Args:
        sorts: The language by whose order its databases sort (ICU); "" for that of the code points.
        in_memory: Whether its files lie in memory where the system has a folder for it.
    """
    folder_of_programs = programs()
    if folder_of_programs is None:
        if os.environ.get("REQUIRE_POSTGRES"):
            pytest.fail("REQUIRE_POSTGRES is set and no initdb was found")
        pytest.skip("NOT PROVED ON POSTGRESQL: no initdb in /usr/lib/postgresql/*/bin nor on PATH")
    user, port = _as_user(), _free_port()
    folder = Path(tempfile.mkdtemp(prefix="doorstep-pg-", dir=_place() if in_memory else None))
    if user:
        shutil.chown(folder, user[2])
    data = folder / "data"
    options = (
        f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=300"
    )
    start = [
        *user,
        str(folder_of_programs / "pg_ctl"),
        "-D",
        str(data),
        "-w",
        "-l",
        str(folder / "log"),
        "-o",
        options,
        "start",
    ]
    try:
        initdb = [
            str(folder_of_programs / "initdb"),
            "-D",
            str(data),
            "-A",
            "trust",
            "-U",
            "doorstep",
            "-E",
            "UTF8",
            *(
                ["--locale=C"]
                if not sorts
                else ["--locale=C.UTF-8", "--locale-provider=icu", f"--icu-locale={sorts}"]
            ),
        ]
        subprocess.run([*user, *initdb], check=True, capture_output=True, cwd=folder)
        subprocess.run(
            start, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder
        )
        yield f"postgresql+psycopg://doorstep@127.0.0.1:{port}/postgres"
    finally:
        stop = [
            *user,
            str(folder_of_programs / "pg_ctl"),
            "-D",
            str(data),
            "-m",
            "immediate",
            "stop",
        ]
        subprocess.run(stop, check=False, capture_output=True, cwd=folder)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def database(server: str, name: str, options: str = "") -> Iterator[str]:
    """The address of a new database in a cluster; gone afterwards, whoever is connected."""
    run(server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    run(server, f"CREATE DATABASE {name} {options}")
    yield server.rpartition("/")[0] + "/" + name
    run(server, f"DROP DATABASE {name} WITH (FORCE)")


def run(url: str, statement: str) -> list[tuple[Any, ...]]:
    """Run a statement as whoever owns the cluster, outside any transaction; return its rows."""
    import psycopg

    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def migrated(server: str) -> str:
    """`TEMPLATE …` of a database with our schema, made once in a cluster: a schema takes longer than most tests."""
    from sync_server.store.database import migrate

    if not run(server, "SELECT 1 FROM pg_database WHERE datname = 'migrated'"):
        run(server, "CREATE DATABASE migrated")
        migrate(server.rpartition("/")[0] + "/migrated")
    return "TEMPLATE migrated"
