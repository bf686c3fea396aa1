"""Everything a cluster is made of, started in order in a temporary folder and ended whatever happens."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

import psycopg

from sync_server.office import keys_init
from sync_server.services import Services
from sync_server.settings import Settings
from tests.cluster import programs
from tests.cluster.child import own, say
from tests.cluster.etcd import Etcd
from tests.cluster.postgresql import Pair, Timing
from tests.cluster.programs import Programs, free_ports
from tests.cluster.proxy import Proxy
from tests.cluster.replicas import Replica
from tests.support.county import CLOCK
from tests.support.long_form import amount
from tests.support.seaweedfs import SeaweedFS

BUILD = Path("build")
KEPT = BUILD / "cluster"
"""Where the logs of a run that failed are kept."""
ETCD_NODES = 1
CENTRE = "青槐县学生资助管理中心"
WORKERS = amount("WORKERS", short=1, long=1)
"""Processes of each server of ours."""


class Room:
    """The cluster. `settings` are those of the office's own commands, which run beside the servers."""

    def __init__(self, found: Programs, folder: Path, timing: Timing) -> None:
        user = programs.user()
        self.folder, self.timing = folder, timing
        self.clock = f"{CLOCK}@{time.time():.0f}"
        self.etcd = Etcd(found.etcd, folder, user, ETCD_NODES)
        self.pair = Pair(found, folder, user, self.etcd.hosts, timing)
        front, *behind = free_ports(3)
        ports = {f"replica{n}": port for n, port in enumerate(behind, 1)}
        self.proxy = Proxy(found.haproxy, folder, user, front, ports)
        self.store = SeaweedFS(found.weed, own(folder / "seaweedfs", None))
        self.files_url, self.keys = self.store.url(), folder / "secrets"
        self.settings = Settings(
            data_dir=folder / "office",
            database_url=self.pair.url(),
            files_url=self.files_url,
            keys_dir=self.keys,
            clock_spec=self.clock,
            public_url=self.proxy.url,
        )
        more = ("--workers", str(WORKERS)) if WORKERS > 1 else ()
        self.replicas = [
            Replica(name, port, folder, self.environ(), *more) for name, port in ports.items()
        ]

    def environ(self) -> dict[str, str]:
        """What a server of ours is told."""
        return {
            "DOORSTEP_DATABASE": self.pair.url(),
            "DOORSTEP_FILES": self.files_url,
            "DOORSTEP_KEYS": str(self.keys),
            **self.store.environment(),
            "DOORSTEP_CLOCK": self.clock,
            "DOORSTEP_URL": self.proxy.url,
            "DOORSTEP_PROXIES": "127.0.0.1",
        }

    def start_below(self) -> None:
        """Start what our servers stand on, with an empty database."""
        self.etcd.start()
        say("etcd is up")
        self.pair.start()
        with psycopg.connect(self._administration(), autocommit=True) as connection:
            connection.execute("CREATE DATABASE doorstep ENCODING 'UTF8' TEMPLATE template0")
        say(f"PostgreSQL is up: {self.pair.members()}")
        self.store.start()
        os.environ.update(self.store.environment())  # the office's own commands find it
        say(f"SeaweedFS is up: {self.files_url}")
        keys_init.make(self.keys, CENTRE, datetime.now(UTC), None)

    def _administration(self) -> str:
        hosts = ",".join("127.0.0.1" for _ in self.pair.nodes)
        ports = ",".join(str(node.port) for node in self.pair.nodes)
        more = "user=postgres dbname=postgres target_session_attrs=read-write connect_timeout=3"
        return f"host={hosts} port={ports} {more}"

    @contextmanager
    def office(self) -> Iterator[Services]:
        """The services of a command beside the servers, opened anew: it has no dead connections."""
        services = Services.open(self.settings)
        try:
            yield services.in_season()
        finally:
            services.close()

    def start_ours(self) -> None:
        for replica in self.replicas:
            replica.start()
        for replica in self.replicas:
            replica.until_up()
        self.proxy.start()
        say(f"two servers of ours behind {self.proxy.url}")

    def stop(self) -> None:
        for replica in self.replicas:
            with suppress(Exception):
                replica.stop()
        for what in (self.proxy, self.store, self.pair, self.etcd):
            with suppress(Exception):
                what.stop()

    def keep_logs(self) -> Path:
        """Copy what every process said to build/cluster."""
        shutil.rmtree(KEPT, ignore_errors=True)
        KEPT.mkdir(parents=True)
        for log in [*self.folder.glob("*.log"), *self.folder.glob("*/log")]:
            name = log.name if log.suffix else f"{log.parent.name}.log"
            shutil.copy2(log, KEPT / name)
        for log in self.folder.glob("*/logs/*.log"):
            shutil.copy2(log, KEPT / f"{log.parents[1].name}-{log.name}")
        return KEPT


@contextmanager
def room(found: Programs, timing: Timing | None = None) -> Iterator[Room]:
    """A cluster's room; every process in it is dead at the end."""
    folder = Path(tempfile.mkdtemp(prefix="doorstep-cluster-"))
    folder.chmod(0o755)  # others' processes have folders in it
    made = Room(found, folder, timing or Timing())
    atexit.register(made.stop)

    def end(_: int, __: FrameType | None) -> None:
        """Whoever is told to end does not wait for what its threads wait for."""
        made.stop()
        shutil.rmtree(folder, ignore_errors=True)
        os._exit(143)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield made
    except BaseException:
        say(f"logs are kept in {made.keep_logs()}")
        raise
    finally:
        made.stop()
        atexit.unregister(made.stop)
        signal.signal(signal.SIGTERM, before)
        shutil.rmtree(folder, ignore_errors=True)
