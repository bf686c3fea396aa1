"""Heavy work in a process of its own: typst, pyHanko, pdfium and zxing never enter the server, which stays small."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def run_in_subprocess(function: Callable[P, T], *args: P.args, **options: P.kwargs) -> T:
    """Call a module-level function in a fresh process that ends after it; its answer, or its error, comes back."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *args, **options).result()
