"""A clock for waits: it begins at the real time and then goes by the computer's own seconds.

Whoever sets the computer's clock, or a time server that corrects it, moves no wait that runs. What
was stored before a restart is compared with bounded differences (store/attempt_rule.py).
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from shared.clock import moved


def seconds_since_boot() -> float:
    """Return seconds that no clock change moves; on Linux those of a sleep count too."""
    if sys.platform == "linux":
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


def _real_now() -> datetime:
    return datetime.now(UTC)


class SteadyClock:
    """The real time as it was when the server started, and the seconds since."""

    def __init__(
        self,
        real: Callable[[], datetime] = _real_now,
        seconds: Callable[[], float] = seconds_since_boot,
    ) -> None:
        """Begin.

        Args:
            real: The real clock, asked once (aware).
            seconds: Seconds that only ever grow.
        """
        self._began, self._seconds = real(), seconds
        self._began_at_s = seconds()

    def now(self) -> datetime:
        """Return the time; it never goes back."""
        return moved(self._began, timedelta(seconds=self._seconds() - self._began_at_s))
