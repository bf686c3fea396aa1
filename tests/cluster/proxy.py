"""haproxy before the servers of ours: each request goes to another one in turn, a dead one is left out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from tests.cluster.child import Child, own
from tests.cluster.line import SERVER

CONFIG = """
global
    maxconn 2000
    tune.bufsize 65536
    log stdout format raw local0

defaults
    mode http
    log global
    option httplog
    option forwardfor
    option redispatch
    retries 3
    retry-on conn-failure empty-response
    timeout connect 2s
    timeout client 150s
    timeout server 150s
    timeout check 4s
    option httpchk
    http-check expect status 200
    default-server check inter 500ms fall 2 rise 1

frontend phones
    bind 127.0.0.1:{port}
    # phones repeat anything harmlessly; what an office's page sends is not sent twice by us
    http-request disable-l7-retry unless {{ path_beg /v1/ }}
    use_backend living if {{ nbsrv(ours) eq 0 }}
    default_backend ours

backend ours
    balance roundrobin
    http-check send meth GET uri /v1/ready ver HTTP/1.1 hdr Host 127.0.0.1:{port}
{servers}
{chosen}

# none is ready: the database is away for all of them, and those that live wait for it
backend living
    balance roundrobin
    http-check send meth GET uri /v1/health ver HTTP/1.1 hdr Host 127.0.0.1:{port}
{servers}
"""
_LINE = re.compile(
    r" (?:ours|living)/(?P<server>\S+) \S+/\S+/\S+/\S+/(?P<ms>\S+) (?P<status>\S+) \S+ \S+ \S+ (?P<end>\S{4}) "
    r'\d+/\d+/\d+/\d+/(?P<again>\+?\d+) .*"(?P<method>[A-Z]+) (?P<path>\S+)'
)


class Passed(NamedTuple):
    """A request as haproxy saw it end."""

    server: str
    status: int
    end: str
    """haproxy's flags: `SH` and `SD` where the server died in the middle."""
    again: bool
    """Whether it was sent once more: the server it went to first had died."""
    method: str
    path: str

    @property
    def cut(self) -> bool:
        return self.end.startswith(("SH", "SD"))


class Proxy:
    """One haproxy on a port."""

    def __init__(
        self, program: str, folder: Path, user: str | None, port: int, servers: Mapping[str, int]
    ) -> None:
        place = own(folder / "haproxy", user)
        lines = [f"    server {name} 127.0.0.1:{port}" for name, port in servers.items()]
        chosen = [f"    use-server {n} if {{ req.hdr({SERVER}) {n} }}" for n in servers]
        config = place / "haproxy.cfg"
        config.write_text(
            CONFIG.format(port=port, servers="\n".join(lines), chosen="\n".join(chosen))
        )
        config.chmod(0o644)
        self.url = f"http://127.0.0.1:{port}"
        self.child = Child("haproxy", [program, "-db", "-f", str(config)], place / "log", user)

    def start(self) -> None:
        self.child.start()

    def stop(self) -> None:
        self.child.stop()

    def mark(self) -> int:
        """Where its log ends now."""
        return self.child.log.stat().st_size

    def passed(self, since: int = 0) -> list[Passed]:
        """The requests that ended since a mark."""
        text = self.child.log.read_bytes()[since:].decode(errors="replace")
        found = [_LINE.search(line) for line in text.splitlines()]
        return [
            Passed(
                m["server"],
                int(m["status"]),
                m["end"],
                m["again"] not in ("0", "+0"),
                m["method"],
                m["path"],
            )
            for m in found
            if m is not None
        ]
