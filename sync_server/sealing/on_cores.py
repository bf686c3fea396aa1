"""Do the same with many files on several cores: in forks of a process that was started for one job.

Verifying is arithmetic in Python, so threads do not help. A fork has everything imported and costs
a few milliseconds; what it found comes back pickled. Where there is one core, few files or no safe
fork, everything is done here, one after another.
"""

from __future__ import annotations

import os
import pickle
import sys
import warnings
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

T = TypeVar("T")
U = TypeVar("U")
FEWEST = 8
"""Below so many a fork is not worth it."""
MOST_CORES = 4
"""As many heavy jobs as may run at a time (services.MOST_JOBS)."""


def usable() -> int:
    """Return how many cores this process may use; 1 where forking is not safe (macOS, Windows)."""
    if not sys.platform.startswith("linux"):
        return 1
    return min(MOST_CORES, len(os.sched_getaffinity(0)))


def each(function: Callable[[T], U], items: Sequence[T], cores: int = 1) -> list[U]:
    """Call a function with each item and return the results in their order.

    Args:
        function: What is done; its result, or what it raises, can be pickled.
        items: What it is called with.
        cores: How many processes share the work, this one among them; more than 1 only in a process
            that was started for one job: a fork takes no thread along.

    Raises:
        Exception: What the first item of the order that failed raised.
    """
    if cores < 2 or len(items) < FEWEST:
        return [function(item) for item in items]
    others = [_begin(function, items[number::cores]) for number in range(1, cores)]
    found: list[Any] = [None] * len(items)
    found[0::cores] = _outcomes(function, items[0::cores])
    for number, (child, answer) in enumerate(others, 1):
        with os.fdopen(answer, "rb") as pipe:
            said = pipe.read()
        _, status = os.waitpid(child, 0)
        # one that was killed left nothing, or half of it: its share is done here
        mine = items[number::cores]
        whole = status == 0
        found[number::cores] = pickle.loads(said) if whole else _outcomes(function, mine)  # noqa: S301 - from our own fork
    for outcome in found:
        if outcome.error is not None:
            raise outcome.error
    return [outcome.value for outcome in found]


class _Outcome:
    """What came of one item."""

    def __init__(self, value: Any = None, error: Exception | None = None) -> None:
        self.value = value
        self.error = error


def _outcomes(function: Callable[[T], Any], items: Sequence[T]) -> list[_Outcome]:
    found = []
    for item in items:
        try:
            found.append(_Outcome(function(item)))
        except Exception as error:
            found.append(_Outcome(error=error))
            break  # nobody asks for what comes after
    return found + [_Outcome()] * (len(items) - len(found))


def _begin(function: Callable[[T], Any], items: Sequence[T]) -> tuple[int, int]:
    """Fork; return the child and where its answer is read."""
    if not sys.platform.startswith("linux"):
        raise OSError("no fork is safe on this system")
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of the thread that only waits
        child = os.fork()
    if child:
        os.close(writing)
        return child, reading
    status = 1
    try:
        os.close(reading)
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(pickle.dumps(_outcomes(function, items)))
        status = 0
    finally:
        os._exit(status)
