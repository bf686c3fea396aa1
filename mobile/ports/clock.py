"""The clock port: the device's clock, moved by `DOORSTEP_CLOCK` in a demonstration or a test."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from shared.clock import shift
from shared.season import CST


class SystemClock:
    """Real time plus the shift of `spec` (shared.clock)."""

    def __init__(self, spec: str = "") -> None:
        self.demo = bool(spec)
        self._shift = shift(spec, datetime.now(UTC))

    def now(self) -> datetime:
        return (datetime.now(UTC) + self._shift).astimezone(CST)


def ticked_s() -> float:
    """Return the seconds of a clock nobody can set.

    Seconds asleep are counted where the system counts them (Linux, Android).
    """
    try:
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    except (AttributeError, OSError):  # a Mac, an iPhone, Windows, a browser
        return time.monotonic()
