"""Counts failed attempts by key in memory and refuses more of them for a while."""

from __future__ import annotations

from collections.abc import Hashable

from shared.problems import ProblemError

WINDOW_S = 600
"""Seconds for which a failed attempt counts."""
MAX_KEYS = 10_000
"""Keys kept before expired ones are dropped, so that many addresses do not fill the memory."""


class AttemptLimiter:
    """Allows `limit` failed attempts a key within WINDOW_S seconds.

    Times are seconds of one clock; the caller gives them. Not for use by several threads at once.
    """

    def __init__(self, limit: int, max_keys: int = MAX_KEYS) -> None:
        self._limit = limit
        self._max_keys = max_keys
        self._failures: dict[Hashable, list[float]] = {}

    def check(self, key: Hashable, now_s: float, code: str) -> None:
        """Refuse a key that has failed too often.

        Args:
            key: Who attempts: an address, or an address and a name.
            now_s: The present time in seconds.
            code: The problem to raise; it takes `minutes`, the wait until the next attempt.

        Raises:
            ProblemError: `code`.
        """
        recent = self._recent(key, now_s)
        if len(recent) >= self._limit:
            wait_s = WINDOW_S - (now_s - recent[0])
            raise ProblemError(code, minutes=int(wait_s // 60) + 1)

    def record_failure(self, key: Hashable, now_s: float) -> None:
        """Count a failed attempt."""
        if len(self._failures) >= self._max_keys:
            self._failures = {
                k: times for k, times in self._failures.items() if now_s - times[-1] < WINDOW_S
            }
        self._failures[key] = [*self._recent(key, now_s), now_s]

    def reset(self, key: Hashable) -> None:
        """Forget the failed attempts of a key that has succeeded."""
        self._failures.pop(key, None)

    def _recent(self, key: Hashable, now_s: float) -> list[float]:
        return [at for at in self._failures.get(key, []) if now_s - at < WINDOW_S]
