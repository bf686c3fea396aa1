"""`python -m tests.support.serve DATA PORT [CLOCK]`: the server as a process of its own, without the command line around it.

Says its port on the first line (PORT 0: any free one), then serves until killed.
"""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import uvicorn
from litestar import Litestar

from sync_server.app import create_app
from sync_server.settings import Settings


def listen(port: int) -> socket.socket:
    """A socket on this machine only."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("127.0.0.1", port))
    sock.listen(128)  # who comes before the server is up waits, and is not refused
    return sock


@contextmanager
def on_socket(app: Litestar, port: int = 0, **more: Any) -> Iterator[str]:
    """An app of this process behind a real socket, in a thread; yields its address. `more`: for uvicorn's Config."""
    sock = listen(port)
    quiet = {"log_level": "critical", "log_config": None}
    server = uvicorn.Server(uvicorn.Config(cast(Any, app), lifespan="off", **{**quiet, **more}))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]})
    thread.start()
    try:
        scheme = "https" if more.get("ssl_certfile") else "http"
        yield f"{scheme}://127.0.0.1:{sock.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(60)


def serve(data_dir: Path, sock: socket.socket, clock: str) -> None:
    """Serve until killed."""
    app = create_app(Settings(data_dir=data_dir, clock_spec=clock, public_url="http://server"))
    uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="on")).run(sockets=[sock])


def serve_on(data_dir: Path, port: int, clock: str) -> None:
    """Serve on a port: what a forked process runs."""
    serve(data_dir, listen(port), clock)


if __name__ == "__main__":
    listening = listen(int(sys.argv[2]))
    sys.stdout.write(f"{listening.getsockname()[1]}\n")
    sys.stdout.flush()
    serve(Path(sys.argv[1]), listening, sys.argv[3] if len(sys.argv) > 3 else "")
