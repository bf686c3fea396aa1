"""Sync by itself: when to try next, what counts as something to do, and that a failure is not shown."""

from __future__ import annotations

import asyncio

import httpx
import msgspec
from hypothesis import assume, given
from hypothesis import strategies as st

from mobile.store.meta import SyncState
from mobile.usecases.auto_sync import SPACING_S, Todo, Tried, next_try_s, sync_in_background, todo
from mobile.usecases.outbox import outbox
from mobile.usecases.records import record, undo
from mobile.usecases.sync_now import sync_now
from mobile.usecases.text import Text
from shared.problems import ProblemError, details
from shared.records.visit import Visit
from tests.mobile.conftest import Bench

VISIT = Visit(met="self", outcome="promised")
LONGEST_S = 900.0
TODOS = st.builds(Todo, unsent=st.booleans(), stale=st.booleans(), undo_left_s=st.floats(0, 10))
TRIEDS = st.builds(
    Tried,
    failures=st.integers(0, 5000),
    ago_s=st.floats(0, 1e9),
    active=st.booleans(),
    jitter=st.floats(0, 1, exclude_max=True),
)


@given(TODOS, TRIEDS)
def test_nothing_is_tried_while_there_is_nothing_to_do(what: Todo, tried: Tried) -> None:
    assert (next_try_s(what, tried) is None) == (not (what.unsent or what.stale))


@given(TODOS, TRIEDS)
def test_the_next_try_is_never_past_a_quarter_of_an_hour(what: Todo, tried: Tried) -> None:
    assert 0 <= (next_try_s(what, tried) or 0) <= LONGEST_S


@given(TODOS, TRIEDS)
def test_after_a_failure_nothing_is_tried_for_half_a_minute(what: Todo, tried: Tried) -> None:
    assume(what.unsent or what.stale)
    assume(tried.failures)
    assert (next_try_s(what, tried) or 0) + tried.ago_s >= SPACING_S


@given(TODOS, TRIEDS)
def test_what_can_still_be_undone_is_not_handed_in(what: Todo, tried: Tried) -> None:
    assume(what.unsent or what.stale)
    assert (next_try_s(what, tried) or 0) >= what.undo_left_s


@given(TRIEDS)
def test_coming_back_or_saving_never_makes_the_wait_longer(tried: Tried) -> None:
    waits = [
        next_try_s(Todo(unsent=True), msgspec.structs.replace(tried, active=s)) or 0
        for s in (True, False)
    ]
    assert waits[0] <= waits[1]


def test_the_first_try_is_at_once() -> None:
    assert next_try_s(Todo(stale=True), Tried()) == 0


def test_waits_double_up_to_a_quarter_of_an_hour() -> None:
    waits = [next_try_s(Todo(unsent=True), Tried(failures=n, ago_s=0)) for n in range(1, 8)]
    assert waits == [32, 64, 128, 256, 450, 450, 450]


async def test_a_list_of_yesterday_is_something_to_do(bench: Bench) -> None:
    await bench.phone.store.meta.put("sync", SyncState(refreshed_at="2019-12-11T23:59:00+08:00"))
    assert await todo(bench.phone) == Todo(stale=True)


async def test_a_list_of_today_and_nothing_unsent_is_nothing_to_do(bench: Bench) -> None:
    await bench.phone.store.meta.put("sync", SyncState(refreshed_at="2019-12-12T00:01:00+08:00"))
    assert not (await todo(bench.phone)).anything


async def test_a_record_waits_out_its_undo_time(bench: Bench) -> None:
    await record(bench.phone, "case-1", VISIT)
    assert (await todo(bench.phone)).undo_left_s == 10
    bench.clock.forward(seconds=4)
    assert (await todo(bench.phone)).undo_left_s == 6
    bench.clock.forward(seconds=6)
    assert (await todo(bench.phone)).undo_left_s == 0


async def test_a_clock_set_back_keeps_no_record_waiting(bench: Bench) -> None:
    await record(bench.phone, "case-1", VISIT)
    bench.clock.forward(hours=-5)
    assert await todo(bench.phone) == Todo(unsent=True, stale=True)


async def test_an_undone_record_is_nothing_to_hand_in(bench: Bench) -> None:
    fact = (await record(bench.phone, "case-1", VISIT)).fact
    assert await undo(bench.phone, fact)
    assert not (await todo(bench.phone)).unsent


async def test_what_the_office_refused_is_not_sent_again_by_itself(bench: Bench) -> None:
    fact = (await record(bench.phone, "case-1", VISIT)).fact
    await bench.phone.store.facts.join(fact)
    await bench.phone.store.facts.mark_rejected(fact, details(ProblemError("fact.conflict")))
    assert not (await todo(bench.phone)).unsent


async def away(bench: Bench) -> list[str]:
    """An enrolled phone without a network; the paths it tried."""
    tried: list[str] = []

    def cut(request: httpx.Request) -> httpx.Response:
        tried.append(request.url.path)
        raise httpx.ConnectError("no route to host")

    await bench.enrol()
    bench.phone.transport = httpx.MockTransport(cut)
    return tried


async def test_a_failed_automatic_sync_stores_no_problem(bench: Bench) -> None:
    tried = await away(bench)
    await record(bench.phone, "case-1", VISIT)
    await sync_in_background(bench.phone)
    assert tried == ["/v1/facts"]
    assert (await outbox(bench.phone)).last_problem == Text()


async def test_a_failed_automatic_sync_keeps_the_problem_of_a_manual_one(bench: Bench) -> None:
    await away(bench)
    problem = (await sync_now(bench.phone)).problem
    await sync_in_background(bench.phone)
    assert (await outbox(bench.phone)).last_problem == problem != Text()


async def test_an_automatic_sync_beside_a_running_one_sends_nothing(bench: Bench) -> None:
    tried = await away(bench)
    await bench.phone.syncing.acquire()
    beside = asyncio.create_task(sync_in_background(bench.phone))
    await asyncio.sleep(0)
    assert not beside.done()
    bench.phone.syncing.release()
    assert await beside is False
    assert tried == []


async def test_a_manual_sync_waits_for_an_automatic_one_and_gets_a_result(bench: Bench) -> None:
    await bench.enrol()
    running, most = 0, 0

    async def slow(_: httpx.Request) -> httpx.Response:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.01)
        running -= 1
        raise httpx.ConnectError("no route to host")

    bench.phone.transport = httpx.MockTransport(slow)
    await record(bench.phone, "case-1", VISIT)
    background, report = await asyncio.gather(
        sync_in_background(bench.phone), sync_now(bench.phone)
    )
    assert (background, report.ok, most) == (True, False, 1)
    assert (await outbox(bench.phone)).last_problem == report.problem
