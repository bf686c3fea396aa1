"""What is said of handing in, row by row: one thing at a time, and "done" only when nothing is to do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobile.store.meta import ProblemNote, SyncState
from mobile.usecases.handed_in import LONG_MS, Situation, handed_in, no_list, waits_long
from mobile.usecases.outbox import outbox
from mobile.usecases.records import record
from shared.lifecycle import Review
from shared.records.visit import Visit
from tests.mobile.conftest import Bench, case_state

ROWS = [
    (Situation(), "never"),
    (Situation(synced=True), "done"),
    (Situation(failed=True), "list_failed"),
    (Situation(failed=True, synced=True), "list_failed"),
    (Situation(returned=1, synced=True), "returned"),
    (Situation(returned=1, failed=True), "returned"),
    (Situation(unsent=1, synced=True), "waiting"),
    (Situation(photos_unsent=1, synced=True), "waiting"),
    (Situation(unsent=1, failed=True, returned=2), "waiting"),
    (Situation(rejected=1, unsent=3, failed=True, returned=2), "rejected"),
]


@pytest.mark.parametrize(("situation", "state"), ROWS, ids=str)
def test_a_situation_has_one_state(situation: Situation, state: str) -> None:
    assert handed_in(situation) == state


@given(
    st.builds(
        Situation,
        rejected=st.integers(0, 2),
        unsent=st.integers(0, 2),
        photos_unsent=st.integers(0, 2),
        returned=st.integers(0, 2),
        failed=st.booleans(),
        synced=st.booleans(),
    )
)
def test_nobody_may_be_at_ease_while_something_is_open(now: Situation) -> None:
    open_ones = now.rejected or now.unsent or now.photos_unsent or now.returned or now.failed
    assert (handed_in(now) == "done") == (not open_ones and now.synced)


@pytest.mark.parametrize(
    ("last", "why"),
    [
        (Situation(), "not_fetched"),
        (Situation(synced=True), "none_assigned"),
        (Situation(failed=True), "failed"),
        (Situation(failed=True, synced=True), "failed"),
    ],
)
def test_a_phone_without_a_list_says_why(last: Situation, why: str) -> None:
    assert no_list(last) == why


def test_a_day_of_waiting_is_long_and_a_clock_set_back_is_not() -> None:
    assert waits_long([5, 0], LONG_MS)
    assert not waits_long([1], LONG_MS)
    assert not waits_long([LONG_MS * 9], LONG_MS)
    assert not waits_long([], LONG_MS)


async def test_the_outbox_says_returned_although_everything_arrived(bench: Bench) -> None:
    fact = (await record(bench.phone, "case-1", Visit(met="self", outcome="refused"))).fact
    assert (await outbox(bench.phone)).handed_in == "waiting"
    await bench.sent(fact)
    review = Review(fact=fact, verdict="returned", comment="请补照片")
    await bench.give(case_state(1, reviews=(review,)))
    view = await outbox(bench.phone)
    assert (view.all_sent, view.handed_in) == (True, "returned")


async def test_a_record_of_yesterday_still_here_is_waited_for_long(bench: Bench) -> None:
    await record(bench.phone, "case-1", Visit(met="self", outcome="refused"))
    bench.clock.forward(hours=23, minutes=59)
    assert not (await outbox(bench.phone)).waits_long
    bench.clock.forward(minutes=1)
    assert (await outbox(bench.phone)).waits_long


async def test_a_failed_sync_with_nothing_to_send_is_about_the_list(bench: Bench) -> None:
    failed = SyncState(
        refreshed_at="2019-12-12T07:00:00+08:00", problem=ProblemNote(code="net.unreachable")
    )
    await bench.phone.store.meta.put("sync", failed)
    assert (await outbox(bench.phone)).handed_in == "list_failed"
