"""etcd of one node or three, by which Patroni's nodes agree on who is the primary."""

from __future__ import annotations

from pathlib import Path

import httpx

from tests.cluster.child import Child, own, until
from tests.cluster.programs import free_ports


class Etcd:
    """Its nodes; `hosts` is what Patroni is told."""

    def __init__(self, program: str, folder: Path, user: str | None, nodes: int = 1) -> None:
        ports = free_ports(2 * nodes)
        self.clients, peers = ports[:nodes], ports[nodes:]
        cluster = ",".join(f"e{n}=http://127.0.0.1:{port}" for n, port in enumerate(peers))
        self.nodes = []
        for n, (client, peer) in enumerate(zip(self.clients, peers, strict=True)):
            place = own(folder / f"etcd{n}", user)
            reached, between = f"http://127.0.0.1:{client}", f"http://127.0.0.1:{peer}"
            options = {
                "name": f"e{n}",
                "data-dir": str(place / "data"),
                "listen-client-urls": reached,
                "advertise-client-urls": reached,
                "listen-peer-urls": between,
                "initial-advertise-peer-urls": between,
                "initial-cluster": cluster,
                "initial-cluster-token": f"doorstep-{peers[0]}",
                "logger": "zap",
                "log-level": "warn",
                "enable-v2": "true",
            }
            words = [f"--{name}={value}" for name, value in options.items()]
            self.nodes.append(Child(f"etcd {n}", [program, *words], place / "log", user))

    @property
    def hosts(self) -> list[str]:
        return [f"127.0.0.1:{port}" for port in self.clients]

    def start(self) -> None:
        for node in self.nodes:
            node.start()
        until("etcd is healthy", lambda: all(map(_healthy, self.clients)))

    def stop(self) -> None:
        for node in self.nodes:
            node.stop()


def _healthy(port: int) -> bool:
    try:
        answer = httpx.get(f"http://127.0.0.1:{port}/health", trust_env=False, timeout=2)
    except httpx.TransportError:
        return False
    return answer.is_success and answer.json()["health"] == "true"
