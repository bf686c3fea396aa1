"""Run heavy work in a subprocess, so that its libraries never enter the server (ADR 0010)."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from multiprocessing.context import BaseContext
from pathlib import Path
from tempfile import gettempdir
from threading import Thread
from typing import ParamSpec, TypeVar

from shared.problems import ProblemError
from sync_server import fault_log, temporary
from sync_server.data_folder import keep_private

P = ParamSpec("P")
T = TypeVar("T")

STARTED_BY: BaseContext = get_context("spawn")
"""How a process is started: anew, so that nothing of the server is in it.

The tests start hundreds and put a fork server here, whose processes have the imports done.
"""


def run_in_subprocess(function: Callable[P, T], *args: P.args, **options: P.kwargs) -> T:
    """Call a module-level function in a new process that ends after it, or with its parent.

    What it writes is its owner's alone, as what the server writes.

    Returns:
        What the function returns; its exception is raised here.

    Raises:
        ProblemError: work.interrupted, where the process was killed before it was done.
    """
    begin = partial(_begin, Path(gettempdir()))
    with ProcessPoolExecutor(1, mp_context=STARTED_BY, initializer=begin) as pool:
        try:
            return pool.submit(function, *args, **options).result()
        except BrokenProcessPool as broken:
            raise ProblemError("work.interrupted") from broken


def _begin(temporary_files: Path) -> None:
    keep_private()
    fault_log.silence()
    temporary.use(temporary_files)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this process once its parent is gone, even a killed one that ends no process itself."""
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
