"""Run heavy work in a subprocess, so that its libraries never enter the server (ADR 0010)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from multiprocessing.context import BaseContext
from typing import ParamSpec, TypeVar

from sync_server.data_folder import keep_private

P = ParamSpec("P")
T = TypeVar("T")

STARTED_BY: BaseContext = get_context("spawn")
"""How a process is started: anew, so that nothing of the server is in it.

The tests start hundreds and put a fork server here, whose processes have the imports done.
"""


def run_in_subprocess(function: Callable[P, T], *args: P.args, **options: P.kwargs) -> T:
    """Call a module-level function in a new process that ends after it.

    What it writes is its owner's alone, as what the server writes.

    Returns:
        What the function returns; its exception is raised here.
    """
    with ProcessPoolExecutor(1, mp_context=STARTED_BY, initializer=keep_private) as pool:
        return pool.submit(function, *args, **options).result()
