"""A verb of the office pressed several times in one moment: by threads of this process, and by another one."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from sync_server.office import subprocess_call
from sync_server.services import Services
from tests.support.crash import open_services
from tests.support.forks import FORKS

Verb = Callable[[Services], Any]
TIMEOUT_S = 120


def at_once(services: Services, verb: Verb, *, threads: int = 2) -> list[Any]:
    """What each press gave: its result, or the exception it raised; that of the other process last.

    Args:
        services: This process's.
        verb: What is pressed; it can be pickled.
        threads: How many threads of this process press.
    """
    ours, theirs = FORKS.Pipe()
    other = FORKS.Process(target=_press, args=(services.settings.data_dir, verb, theirs))
    other.start()
    theirs.close()
    assert ours.recv() == "ready"
    together = threading.Barrier(threads + 1)
    found: list[Any] = [None] * threads

    def press(number: int) -> None:
        together.wait()
        found[number] = _outcome(verb, services)

    pressing = [threading.Thread(target=press, args=(n,)) for n in range(threads)]
    for thread in pressing:
        thread.start()
    together.wait()
    ours.send("go")
    for thread in pressing:
        thread.join()
    assert ours.poll(TIMEOUT_S), "the other process does not answer"
    found.append(ours.recv())
    other.join()
    return found


def _outcome(verb: Verb, services: Services) -> Any:
    try:
        return verb(services)
    except Exception as error:
        return error


def _press(data: Path, verb: Verb, parent: Connection) -> None:
    subprocess_call.STARTED_BY = multiprocessing.get_context("fork")
    services = open_services(data)
    parent.send("ready")
    parent.recv()
    parent.send(_outcome(verb, services))
    services.close()
