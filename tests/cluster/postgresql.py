"""Two PostgreSQL nodes under Patroni: one the primary, the other its synchronous standby; which is which changes.

A node is what stands for a machine: Patroni, the postmaster and everything they started die together.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from tests.cluster.child import Child, descendants, own, until
from tests.cluster.programs import Programs, free_ports

READY_S = 120.0


class Timing(NamedTuple):
    """How fast a dead primary is noticed; Patroni's own are 30, 10 and 10.

    The lock of a dead primary runs out `ttl_s` after its last heartbeat: a standby takes over between
    `ttl_s - loop_wait_s` and about `ttl_s` plus two seconds after the death.
    """

    ttl_s: int = 8
    loop_wait_s: int = 1
    retry_timeout_s: int = 3


class Node:
    """One node; it keeps its ports and its folder over its deaths."""

    def __init__(
        self,
        name: str,
        programs: Programs,
        folder: Path,
        user: str | None,
        hosts: Sequence[str],
        timing: Timing,
    ) -> None:
        self.name, self.folder = name, own(folder / name, user)
        self.port, self.rest = free_ports(2)
        self.data = self.folder / "data"
        config = self.folder / "patroni.yml"  # JSON is YAML
        config.write_text(json.dumps(self._config(programs, hosts, timing), indent=1))
        config.chmod(0o644)
        environ = {k: v for k, v in os.environ.items() if not k.startswith(("PATRONI", "PG"))}
        environ |= {"HOME": str(self.folder), "PYTHONDONTWRITEBYTECODE": "1"}
        for name_of_ours in ("PYTHONPATH", "VIRTUAL_ENV"):
            environ.pop(name_of_ours, None)
        command = [programs.patroni, str(config)]
        self.child = Child(name, command, self.folder / "log", user, environ)

    def _config(self, programs: Programs, hosts: Sequence[str], timing: Timing) -> dict[str, Any]:
        here = f"127.0.0.1:{self.port}"
        rest = f"127.0.0.1:{self.rest}"
        dcs = {
            "ttl": timing.ttl_s,
            "loop_wait": timing.loop_wait_s,
            "retry_timeout": timing.retry_timeout_s,
            "synchronous_mode": True,
            "postgresql": {"use_pg_rewind": True, "use_slots": True, "parameters": SHARED},
        }
        everybody = ["local all all trust", "host all all 127.0.0.1/32 trust"]
        return {
            "scope": "doorstep",
            "name": self.name,
            "restapi": {"listen": rest, "connect_address": rest},
            by_api(programs.patroni): {"hosts": list(hosts)},
            "bootstrap": {
                "dcs": dcs,
                "initdb": [
                    {"encoding": "UTF8"},
                    {"locale": "C"},
                    {"auth": "trust"},
                    "data-checksums",
                ],
            },
            "postgresql": {
                "listen": here,
                "connect_address": here,
                "data_dir": str(self.data),
                "bin_dir": str(programs.postgresql),
                "pgpass": str(self.folder / "pgpass"),
                "pg_hba": [*everybody, "host replication all 127.0.0.1/32 trust"],
                "authentication": {
                    "superuser": {"username": "postgres"},
                    "replication": {"username": "replicator"},
                },
                "parameters": {"unix_socket_directories": str(self.folder)},
                "remove_data_directory_on_rewind_failure": True,
                "remove_data_directory_on_diverged_timelines": True,
            },
            "watchdog": {"mode": "off"},
        }

    def start(self) -> None:
        self.child.start()

    def processes(self) -> list[int]:
        """Patroni, the postmaster, and all that they started."""
        found = descendants(self.child.pid) if self.child.running else []
        with suppress(OSError, ValueError, IndexError):
            postmaster = int((self.data / "postmaster.pid").read_text().split()[0])
            if "postgres" in Path(f"/proc/{postmaster}/comm").read_text():
                found += [pid for pid in descendants(postmaster) if pid not in found]
        return found

    def signal(self, how: int) -> None:
        """To every process of the node at once, those first that start others."""
        for pid in self.processes():
            with suppress(ProcessLookupError):
                os.kill(pid, how)

    def kill(self) -> None:
        """A power cut: nobody says goodbye."""
        while self.processes():
            self.signal(signal.SIGKILL)
            if self.child.process is not None:
                self.child.process.wait(20)
            with suppress(FileNotFoundError):
                until("the dead are gone", lambda: not self._postmaster_runs(), 20)

    def _postmaster_runs(self) -> bool:
        return bool(self.processes())

    def freeze(self) -> None:
        """The line to it is cut: connections stay open and nothing answers."""
        self.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.signal(signal.SIGCONT)

    def stop(self) -> None:
        self.thaw()
        self.child.stop()
        self.kill()


def by_api(patroni: str) -> str:
    """By which of etcd's interfaces Patroni keeps its lock.

    Before 3.0.3 a primary that was silent for longer than `ttl` and came back wrote its name over
    the lock of its successor, whose records were then rewound (github.com/patroni/patroni/pull/2689);
    by the old interface it compares first.
    """
    said = subprocess.run([patroni, "--version"], capture_output=True, text=True, check=True).stdout
    version = tuple(int(part) for part in re.findall(r"\d+", said)[:3])
    return "etcd3" if version >= COMPARES else "etcd"


COMPARES = (3, 0, 3)
"""The first Patroni that compares before it writes the lock by etcd's new interface."""
SHARED = {
    "wal_log_hints": "on",  # what pg_rewind needs
    "max_connections": 200,
    "shared_buffers": "64MB",
    "max_wal_size": "256MB",
    "wal_keep_size": "256MB",
    "log_checkpoints": "off",
    # a client whose line is cut is noticed, and what it holds is given back
    "tcp_keepalives_idle": 5,
    "tcp_keepalives_interval": 2,
    "tcp_keepalives_count": 3,
}


class Pair:
    """Both nodes and what they say of each other."""

    def __init__(
        self,
        programs: Programs,
        folder: Path,
        user: str | None,
        hosts: Sequence[str],
        timing: Timing,
    ) -> None:
        self.nodes = [Node(f"pg{n}", programs, folder, user, hosts, timing) for n in (1, 2)]

    def start(self) -> None:
        """Start both; the second copies the first."""
        self.nodes[0].start()
        until("the first node is the primary", lambda: self.primary() is not None, READY_S)
        self.nodes[1].start()
        self.until_whole()

    def url(self, name: str = "doorstep") -> str:
        """SQLAlchemy's URL of both hosts, of which the one that takes writes is used."""
        hosts = "&".join(f"host=127.0.0.1:{node.port}" for node in self.nodes)
        return f"postgresql+psycopg://postgres@/{name}?{hosts}&target_session_attrs=read-write&connect_timeout=3"

    def members(self) -> dict[str, str]:
        """Name -> role of those that run, as any node that answers sees them."""
        for node in self.nodes:
            try:
                answer = httpx.get(
                    f"http://127.0.0.1:{node.rest}/cluster", trust_env=False, timeout=2
                )
                members = answer.json()["members"]
            except (httpx.TransportError, ValueError, KeyError):
                continue  # dead, or silent
            up = ("running", "streaming")
            return {m["name"]: m["role"] for m in members if m["state"] in up}
        return {}

    def primary(self) -> Node | None:
        """Who takes writes now, as it says itself."""
        return next((node for node in self.nodes if self.is_primary(node)), None)

    def is_primary(self, node: Node) -> bool:
        """Whether a node says that it takes writes; a silent one says nothing."""
        try:
            address = f"http://127.0.0.1:{node.rest}/primary"
            return httpx.get(address, trust_env=False, timeout=1).is_success
        except httpx.TransportError:
            return False

    def leads(self, node: Node) -> bool:
        """Whether all that is to be done for a node to be the primary was done."""
        return self.members().get(node.name) == "leader"

    def whole(self) -> bool:
        """A primary, and a standby without which it answers nobody."""
        return sorted(self.members().values()) == ["leader", "sync_standby"]

    def until_whole(self) -> float:
        return until("primary and synchronous standby", self.whole, READY_S)

    def other(self, node: Node) -> Node:
        return self.nodes[1 - self.nodes.index(node)]

    def stop(self) -> None:
        primary = self.primary()
        for node in sorted(self.nodes, key=lambda n: n is primary):
            node.stop()
