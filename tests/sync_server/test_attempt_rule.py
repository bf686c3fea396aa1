"""How long a guesser waits, whatever the clock does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_server.office.attempts import ACCOUNT, ADDRESS, CODES_OF_SITE, OWN, SITE
from sync_server.steady_clock import SteadyClock
from sync_server.store.attempt_rule import FORGOTTEN_AFTER, Count, Rule, minutes_of

NOW = datetime(2026, 11, 29, 8, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
RULES = (OWN, ACCOUNT, ADDRESS, SITE, CODES_OF_SITE)


def failed(rule: Rule, times: int, now: datetime = NOW) -> Count:
    count = Count()
    for _ in range(times):
        count = count.failed(now, rule)
    return count


def test_some_tries_are_free_then_each_wait_doubles_up_to_the_longest() -> None:
    waits = [minutes_of(failed(OWN, n).wait(NOW)) for n in range(14)]
    assert waits == [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]


@pytest.mark.parametrize("rule", RULES)
def test_a_million_failures_wait_no_longer_than_the_longest(rule: Rule) -> None:
    assert rule.wait_after(10**6) == rule.longest


def test_failures_are_forgotten_a_day_after_the_last_one() -> None:
    count = failed(OWN, 9)
    assert count.at(NOW + FORGOTTEN_AFTER - MINUTE, OWN).failures == 9
    assert count.at(NOW + FORGOTTEN_AFTER, OWN) == Count()


def test_a_wait_is_given_in_whole_minutes_rounded_up() -> None:
    assert [minutes_of(timedelta(seconds=s)) for s in (1, 60, 61)] == [1, 1, 2]


def test_a_count_kept_while_the_clock_was_years_ahead_waits_once_and_then_opens() -> None:
    ahead = NOW + timedelta(days=3650)
    count = failed(OWN, 8, ahead).at(NOW, OWN)
    assert (count.failures, count.wait(NOW)) == (8, 8 * MINUTE)
    later = NOW + 8 * MINUTE
    assert count.at(later, OWN).wait(later) == timedelta(0)


JUMPS = st.timedeltas(timedelta(days=-20000), timedelta(days=20000))


@given(st.sampled_from(RULES), st.integers(0, 400), st.lists(JUMPS, max_size=8))
def test_no_jump_of_the_clock_makes_a_wait_longer_than_the_rule_has(
    rule: Rule, failures: int, jumps: list[timedelta]
) -> None:
    now, count = NOW, failed(rule, failures)
    for jump in jumps:
        now = NOW + jump  # the server starts again with another clock
        count = count.at(now, rule)
        assert count.wait(now) <= rule.wait_after(count.failures)
        assert count.at(now + rule.longest, rule).wait(now + rule.longest) == timedelta(0)


@given(st.integers(0, 60), JUMPS)
def test_a_clock_that_was_ahead_and_is_right_again_does_not_open_the_gate(
    more: int, ahead: timedelta
) -> None:
    there = NOW + abs(ahead) + MINUTE
    count = failed(OWN, OWN.free + more, there).at(NOW, OWN)
    assert count.failures == OWN.free + more
    assert count.wait(NOW) == OWN.wait_after(count.failures)


@given(st.lists(st.tuples(st.integers(0, 600), JUMPS), max_size=30))
def test_while_the_server_runs_a_changed_clock_moves_no_wait(
    steps: list[tuple[int, timedelta]],
) -> None:
    real, seconds = [NOW], [0.0]
    clock = SteadyClock(lambda: real[0], lambda: seconds[0])
    for passed_s, jump in steps:
        seconds[0] += passed_s
        real[0] = NOW + jump
        assert clock.now() == NOW + timedelta(seconds=seconds[0])


def test_a_computer_at_the_end_of_its_calendar_still_counts() -> None:
    clock = SteadyClock(lambda: datetime.max.replace(tzinfo=UTC), lambda: 0.0)
    assert failed(OWN, 7, clock.now()).wait(clock.now()) == 4 * MINUTE
