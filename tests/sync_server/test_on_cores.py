"""Work on several cores gives what it gives on one, in the same order, whatever happens to a fork."""

from __future__ import annotations

import os
import sys

import pytest

from shared.problems import ProblemError
from sync_server.sealing import on_cores

ITEMS = list(range(21))
needs_forks = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="forks on Linux alone"
)


def squared(number: int) -> int:
    return number * number


def refused(number: int) -> int:
    if number in (8, 13):
        raise ProblemError("rollup.none", count=number)
    return number


@needs_forks
@pytest.mark.parametrize("cores", [1, 2, 3])
def test_results_come_in_the_order_of_the_items(cores: int) -> None:
    assert on_cores.each(squared, ITEMS, cores) == [n * n for n in ITEMS]


@needs_forks
@pytest.mark.parametrize("cores", [1, 2, 3])
def test_the_first_failure_of_the_order_is_raised(cores: int) -> None:
    with pytest.raises(ProblemError) as raised:
        on_cores.each(refused, ITEMS, cores)
    assert raised.value.values["count"] == 8


@needs_forks
def test_the_share_of_a_fork_that_is_killed_is_done_here() -> None:
    here = os.getpid()

    def dies_elsewhere(number: int) -> int:
        if os.getpid() != here and number > 10:
            os.kill(os.getpid(), 9)
        return number

    assert on_cores.each(dies_elsewhere, ITEMS, 2) == ITEMS


def test_few_files_are_not_worth_a_fork() -> None:
    found = on_cores.each(lambda _: os.getpid(), ITEMS[: on_cores.FEWEST - 1], 2)
    assert set(found) == {os.getpid()}
