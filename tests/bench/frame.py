"""What every bench uses: rounds in turns, processor time, growth, and what cannot be measured here."""

from __future__ import annotations

import gc
import math
import os
import resource
import statistics
import time
import traceback
from collections.abc import Callable, Sequence

ROUNDS = 5
"""Rounds of each bench: the median of them counts."""
SIZES = (1, 10, 100)
"""How often the smallest county a growth exponent is measured at."""
Work = Callable[[], object]
Clock = Callable[[], float]


class NotHereError(Exception):
    """This machine cannot measure it; the words say what it lacks."""


def processor_s() -> float:
    """Processor seconds of this process, its threads, and its children that have ended."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + ended.ru_utime + ended.ru_stime


def timed(work: Work, clock: Clock = processor_s) -> float:
    """Seconds of one call by this clock; what earlier calls left is collected before."""
    gc.collect()
    began_s = clock()
    work()
    return clock() - began_s


def seconds_in_turns(
    *works: Work, rounds: int = ROUNDS, clock: Clock = processor_s, warm: int = 1
) -> list[list[float]]:
    """Of each work its seconds, round by round: all of them once a round, so that a busy moment strikes all alike.

    Args:
        works: what is timed, in the order of a round.
        rounds: how many count.
        clock: processor seconds, or `time.perf_counter` where the disk or the line is what is waited for.
        warm: how many rounds before do not count.
    """
    took: list[list[float]] = [[] for _ in works]
    for number in range(-warm, rounds):
        for row, work in zip(took, works, strict=True):
            spent_s = timed(work, clock)
            if number >= 0:
                row.append(spent_s)
    return took


def ratios(
    ours: Work, bare: Work, *, rounds: int = ROUNDS, clock: Clock = processor_s, warm: int = 1
) -> list[float]:
    """The ratios ours / bare, round by round."""
    theirs_s, ours_s = seconds_in_turns(bare, ours, rounds=rounds, clock=clock, warm=warm)
    return [one / base for one, base in zip(ours_s, theirs_s, strict=True)]


def exponent(values: Sequence[float], sizes: Sequence[float] = SIZES) -> float:
    """How a cost grows: 0 stays as it is, 1 grows with the county; the slope of both logarithms.

    Args:
        values: the cost at each size.
        sizes: how large each was, in any unit.
    """
    across = [math.log(size) for size in sizes]
    up = [math.log(max(value, 1e-9)) for value in values]
    return statistics.linear_regression(across, up).slope


def exponents(rounds: Sequence[Sequence[float]], sizes: Sequence[float] = SIZES) -> list[float]:
    """The exponent of each round; a round holds the cost at each size."""
    return [exponent(values, sizes) for values in rounds]


def in_a_fork(work: Work) -> float:
    """Processor seconds of a call in a process that is forked for it: what it has imported is there, nothing is warm.

    Raises:
        ValueError: the call failed; its traceback is on stderr.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            took_s = timed(work)
            os.write(writing, repr(took_s).encode())
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    os.close(writing)
    with os.fdopen(reading) as answer:
        said = answer.read()
    os.waitpid(child, 0)
    if not said:
        raise ValueError("the forked work failed")
    return float(said)
