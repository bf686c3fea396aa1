"""The first page of a running server: whatever goes wrong with it, the next one is there."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from litestar import Litestar

from sync_server import app as made
from sync_server.serve_choice import Running
from sync_server.settings import Settings

RUNNING = Running(start_again=lambda: None, port=1, options={}, names=(), failed=None)


@pytest.fixture
def serving(app_settings: Settings) -> Litestar:
    return made.create_app(app_settings, RUNNING)


async def first_page(app: Litestar) -> int:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:1") as client:
        return (await client.get("/sign-in")).status_code


async def test_several_at_once_get_it(serving: Litestar) -> None:
    assert set(await asyncio.gather(*(first_page(serving) for _ in range(4)))) == {200}


async def test_who_goes_away_takes_it_from_nobody(serving: Litestar) -> None:
    asked = asyncio.create_task(first_page(serving))
    await asyncio.sleep(0.05)
    asked.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asked
    assert await first_page(serving) == 200


async def test_what_failed_is_tried_again_from_there(
    serving: Litestar, monkeypatch: pytest.MonkeyPatch
) -> None:
    register: Callable[[Any], None] = serving.register
    done: list[object] = []

    def once_broken(group: Any) -> None:
        done.append(group)
        if len(done) == 5:
            raise OSError(24, "too many open files")
        register(group)

    monkeypatch.setattr(serving, "register", once_broken)
    assert await first_page(serving) == 500
    assert await first_page(serving) == 200
