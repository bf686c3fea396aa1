"""How long somebody waits who guessed wrong: some tries are free, then each wait doubles. Pure.

Times may be those of another start of the server, when its clock was wrong: no stored time makes a
wait longer than the rule's longest, and one that lies ahead begins anew instead of ending it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

FORGOTTEN_AFTER = timedelta(days=1)
"""Failures are forgotten once there was none for a day."""


class Rule(NamedTuple):
    """`free` failures cost no wait; the next ones 1, 2, 4 … minutes, up to `longest`."""

    free: int
    longest: timedelta

    def wait_after(self, failures: int) -> timedelta:
        """Return the wait that this many failures cost."""
        if failures < self.free:
            return timedelta(0)
        doublings = min(failures - self.free, self.longest // timedelta(minutes=1))
        return min(timedelta(minutes=2 ** min(doublings, 20)), self.longest)


class Count(NamedTuple):
    """Failures so far, when the last was, and until when no other try is let in."""

    failures: int = 0
    last_at: datetime | None = None
    blocked_until: datetime | None = None

    def at(self, now: datetime, rule: Rule) -> Count:
        """Return the count as it holds now: forgotten after a day, never ahead of the clock."""
        if self.last_at is None or now - self.last_at >= FORGOTTEN_AFTER:
            return Count()
        longest_end = now + rule.wait_after(self.failures)
        blocked = self.blocked_until
        if blocked is not None:
            blocked = min(blocked, longest_end) if blocked > now else None
        return Count(self.failures, min(self.last_at, now), blocked)

    def wait(self, now: datetime) -> timedelta:
        """Return how long a try has to wait."""
        return max(self.blocked_until - now, timedelta(0)) if self.blocked_until else timedelta(0)

    def failed(self, now: datetime, rule: Rule) -> Count:
        """Return the count after another failure."""
        wait = rule.wait_after(self.failures + 1)
        return Count(self.failures + 1, now, now + wait if wait else None)


def minutes_of(wait: timedelta) -> int:
    """Return a wait in whole minutes, rounded up."""
    return -(-wait // timedelta(minutes=1))
