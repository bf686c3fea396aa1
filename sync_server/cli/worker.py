"""One worker of `doorstep serve --workers N`: `python -m sync_server.cli.worker`, for workers.py.

Its orders come in the first line of its input, and that input ends with the process that watches.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from dataclasses import replace
from pathlib import Path

import msgspec

from shared.problems import ProblemError
from sync_server import allocator, collector, fault_log
from sync_server.cli import serving
from sync_server.cli.workers import Orders
from sync_server.data_folder import keep_private


def main() -> None:
    """Serve until SIGTERM or Ctrl+C."""
    keep_private()
    fault_log.take_over()
    orders = msgspec.json.decode(sys.stdin.buffer.readline(), type=Orders)
    watching = os.getppid()
    threading.Thread(target=_end_with_input, name="watching", daemon=True).start()
    allocator.few_pools()
    options = serving.Options(
        host=orders.host,
        port=orders.port,
        cert=Path(orders.cert) if orders.cert else None,
        key=Path(orders.key) if orders.key else None,
        proxies=orders.proxies,
        drain_s=orders.drain_s,
    )
    start = serving.planned(Path(orders.data), options)
    start = replace(start, settings=replace(start.settings, started=orders.started))
    code, values = orders.failed
    serving.serve(
        start,
        options,
        start_again=lambda: _begin_anew(watching),
        failed=ProblemError(code, **values) if code else None,
        run=orders.run,
        worker=orders.number,
        sockets=[socket.socket(fileno=number) for number in orders.sockets],
    )
    collector.release()


def _begin_anew(watching: int) -> None:
    """Ask the watching process to begin anew: every worker follows the change."""
    if sys.platform != "win32" and os.getppid() == watching:
        os.kill(watching, signal.SIGUSR1)


def _end_with_input() -> None:
    """End when the watching process is gone, however that ended."""
    while sys.stdin.buffer.read(1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
