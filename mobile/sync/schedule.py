"""When to try again: at once for what was cut midway, later for a server out of reach."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import ParamSpec, TypeVar

from shared.problems import ProblemError

T = TypeVar("T")
P = ParamSpec("P")
TRIES = 4
FIRST_WAIT_S = 0.25
LONGEST_WAIT_S = 900.0


def wait_s(tries: int, jitter: float) -> float:
    """Return the seconds before the next try: doubled each time, capped, spread by jitter.

    Args:
        tries: How many tries there were.
        jitter: In [0, 1).

    """
    return float(min(LONGEST_WAIT_S, FIRST_WAIT_S * 2**tries) * (0.5 + jitter / 2))


class Retry:
    """Repeats a call that found no network; `count` says how often it had to."""

    def __init__(
        self,
        jitter: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        tries: int = TRIES,
    ) -> None:
        self.count = 0
        self._tries = tries
        self._jitter = jitter
        self._sleep = sleep

    async def __call__(
        self, call: Callable[P, Awaitable[T]], *args: P.args, **options: P.kwargs
    ) -> T:
        """Return the call's answer.

        Raises:
            ProblemError: net.unreachable after the last try; other problems at once.

        """
        for tries in range(self._tries):
            try:
                return await call(*args, **options)
            except ProblemError as error:
                if error.code != "net.unreachable" or tries == self._tries - 1:
                    raise
                self.count += 1
                await self._sleep(wait_s(tries, self._jitter()))
        raise AssertionError("unreachable")
