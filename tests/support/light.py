"""What makes a session of tests light: a collector of garbage that leaves alone what stays, and bytecode written once."""

from __future__ import annotations

import gc
import importlib
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

TESTS = Path(__file__).parent.parent

OBJECTS = (10_000, 20, 20)
"""Thresholds of the garbage collector: a window of the app alone is tens of thousands of objects that stay."""


@contextmanager
def kept_from_the_collector() -> Iterator[None]:
    """What is made meanwhile stays until the end: modules and tests are half a million objects.

    Looking through them again and again took a sixth of the processor time of a worker.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.set_threshold(*OBJECTS)
        gc.enable()


def write_bytecode_ahead(folder: Path = TESTS) -> None:
    """Import once, in a process for each core, the test files whose bytecode is not kept yet.

    Pytest writes it, and a worker that comes later only reads it. In a new checkout each worker would rewrite all
    assertions by itself: fifteen seconds of processor time.
    """
    if sys.dont_write_bytecode or not hasattr(os, "fork"):
        return
    missing = [file for file in sorted(folder.rglob("test_*.py")) if not _has_bytecode(file)]
    cores = os.cpu_count() or 1
    children = [_imported(missing[n::cores], folder.parent) for n in range(cores) if missing[n:]]
    for child in children:
        os.waitpid(child, 0)


def _has_bytecode(file: Path) -> bool:
    return any((file.parent / "__pycache__").glob(f"{file.stem}.*-pytest-*.pyc"))


def _imported(files: Sequence[Path], root: Path) -> int:
    child = os.fork()
    if child:
        return child
    try:
        for file in files:
            with suppress(BaseException):  # the worker that runs the file says what is wrong
                importlib.import_module(".".join(file.relative_to(root).with_suffix("").parts))
    finally:
        os._exit(0)
