"""Chores of the running server: each when it is due, in a thread; one that fails stops no other."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress

from sync_server.office.periodic import CHORES, Chore, keep_doing
from sync_server.services import Services


async def test_a_chore_that_fails_stops_no_other_and_is_tried_again(services: Services) -> None:
    done: list[str] = []
    often = threading.Event()

    def fail(_: Services) -> None:
        done.append("failing")
        raise ValueError("张三 610599199001011234")

    def work(_: Services) -> None:
        done.append(threading.current_thread().name)
        if len(done) > 5:
            often.set()

    chores = [Chore("failing", 0.01, fail), Chore("working", 0.01, work)]
    doing = asyncio.create_task(keep_doing(services, chores, first_s=0.0))
    assert await asyncio.to_thread(often.wait, 10)
    doing.cancel()
    with suppress(asyncio.CancelledError):
        await doing
    assert done.count("failing") > 1
    assert any(name.startswith("chores") for name in done)
    log = (services.settings.data_dir / "logs" / "errors.log").read_text()
    assert "chore failing failed" in log
    assert "张三" not in log


async def test_a_chore_that_takes_long_holds_up_no_other(services: Services) -> None:
    end, often = threading.Event(), threading.Event()
    done: list[int] = []

    def work(_: Services) -> None:
        done.append(1)
        if len(done) > 3:
            often.set()

    chores = [Chore("long", 1.0, lambda _: end.wait(120)), Chore("short", 0.01, work)]
    doing = asyncio.create_task(keep_doing(services, chores, first_s=0.0))
    assert await asyncio.to_thread(often.wait, 60)
    end.set()
    doing.cancel()
    with suppress(asyncio.CancelledError):
        await doing


async def test_a_chore_waits_until_it_is_due(services: Services) -> None:
    done: list[int] = []
    once = threading.Event()
    chore = Chore("later", 3600.0, lambda _: (done.append(1), once.set()))
    doing = asyncio.create_task(keep_doing(services, [chore], first_s=0.0))
    assert await asyncio.to_thread(once.wait, 60)
    await asyncio.sleep(0.1)
    doing.cancel()
    with suppress(asyncio.CancelledError):
        await doing
    assert done == [1]


async def test_the_server_waits_for_a_chore_under_way_before_it_stops(services: Services) -> None:
    begun, end, done = threading.Event(), threading.Event(), []

    def work(_: Services) -> None:
        begun.set()
        end.wait(60)
        done.append("ended")

    doing = asyncio.create_task(keep_doing(services, [Chore("w", 1.0, work)], first_s=0.0))
    await asyncio.to_thread(begun.wait, 60)
    doing.cancel()
    await asyncio.sleep(0.01)
    assert not doing.done()
    end.set()
    with suppress(asyncio.CancelledError):
        await doing
    assert done == ["ended"]


def test_the_servers_chores_are_sorted_and_named_once() -> None:
    names = [chore.name for chore in CHORES]
    assert names == sorted(set(names))
