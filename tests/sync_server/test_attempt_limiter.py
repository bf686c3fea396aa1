"""Failed attempts: counted by key, forgotten in time or on success, bounded in memory."""

from __future__ import annotations

import pytest

from shared.problems import ProblemError
from sync_server.attempt_limiter import WINDOW_S, AttemptLimiter

CODE = "enrol.too_many_tries"


def failing(limiter: AttemptLimiter, key: str, times: int, at_s: float = 0.0) -> None:
    for _ in range(times):
        limiter.record_failure(key, at_s)


def test_the_limit_refuses_and_gives_how_long_to_wait() -> None:
    limiter = AttemptLimiter(3)
    failing(limiter, "a", 2)
    limiter.check("a", 1.0, CODE)
    failing(limiter, "a", 1)
    with pytest.raises(ProblemError) as refusal:
        limiter.check("a", 1.0, CODE)
    assert (refusal.value.code, refusal.value.values) == (CODE, {"minutes": 10})
    with pytest.raises(ProblemError) as refusal:
        limiter.check("a", WINDOW_S - 1, CODE)
    assert refusal.value.values == {"minutes": 1}


def test_failures_are_forgotten_after_the_window() -> None:
    limiter = AttemptLimiter(3)
    failing(limiter, "a", 3)
    limiter.check("a", WINDOW_S, CODE)


def test_a_success_forgets_the_failures_of_its_key_alone() -> None:
    limiter = AttemptLimiter(3)
    failing(limiter, "a", 3)
    failing(limiter, "b", 3)
    limiter.reset("a")
    limiter.check("a", 1.0, CODE)
    with pytest.raises(ProblemError):
        limiter.check("b", 1.0, CODE)


def test_expired_keys_are_dropped_when_there_are_too_many_and_others_stay() -> None:
    limiter = AttemptLimiter(3, max_keys=2)
    failing(limiter, "old", 3)
    failing(limiter, "recent", 3, WINDOW_S / 2)
    failing(limiter, "new", 1, WINDOW_S)
    assert set(limiter._failures) == {"recent", "new"}
    with pytest.raises(ProblemError):
        limiter.check("recent", WINDOW_S, CODE)
