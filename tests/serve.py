"""The server as a process of its own, for tests that kill it.

`python -m tests.serve DATA PORT [CLOCK]`      serves until killed; prints the port it listens on (PORT 0: any)
`python -m tests.serve --nursery DATA [CLOCK]`  each line `PORT` on stdin forks one such server and prints its pid:
                                               everything is imported once, so a restart takes tens of milliseconds
"""

from __future__ import annotations

import os
import signal
import socket
import sys
from pathlib import Path

import uvicorn

from sync_server.app import create_app
from sync_server.settings import Settings


def listen(port: int) -> socket.socket:
    """A socket on this machine only."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("127.0.0.1", port))
    return sock


def serve(data_dir: Path, sock: socket.socket, clock: str) -> None:
    """Serve until killed."""
    app = create_app(Settings(data_dir=data_dir, clock_spec=clock, public_url="http://server"))
    uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="on")).run(sockets=[sock])


def nursery(data_dir: Path, clock: str) -> None:
    """Fork a server for every port read."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            serve(data_dir, listen(int(line)), clock)
            os._exit(0)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()


def main(arguments: list[str]) -> None:
    if arguments[0] == "--nursery":
        nursery(Path(arguments[1]), arguments[2] if len(arguments) > 2 else "")
        return
    sock = listen(int(arguments[1]))
    sys.stdout.write(f"{sock.getsockname()[1]}\n")
    sys.stdout.flush()
    serve(Path(arguments[0]), sock, arguments[2] if len(arguments) > 2 else "")


if __name__ == "__main__":
    main(sys.argv[1:])
