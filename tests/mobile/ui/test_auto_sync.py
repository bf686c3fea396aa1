"""Sync by itself under the screens: at the start, on return, after a save; no failure shown; it ends with the window."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import flet as ft
import httpx
import msgspec
import pytest

from mobile.app import OnePhone
from mobile.store.meta import SyncState
from mobile.sync.pull import CASE_FIELDS
from mobile.ui.app.auto_sync import TASK, AutoSync
from mobile.ui.app.session_lock import InactivityLock
from mobile.ui.app.state import App, WindowRole
from mobile.ui.window import Window
from mobile.usecases import enrol
from mobile.usecases.phone import Phone
from shared.wire import ChangesPage
from tests.support.phone.harness import FakeDevice, Screen, phone_lock_of, still_mine
from tests.support.phone.seed import CLOCK, phone_with

YESTERDAY = SyncState(
    cursor="0", refreshed_at="2019-12-11T18:00:00+08:00", complete=True, reads=CASE_FIELDS
)
Start = Callable[[], Awaitable[tuple[Screen, App]]]


@pytest.fixture
async def start(phone: Phone) -> AsyncIterator[Start]:
    """Opens the phone's window with its automatic sync running."""
    windows: list[Screen] = []

    async def opened() -> tuple[Screen, App]:
        app = App(await phone_lock_of(phone), FakeDevice(), scope=await enrol.enrolled(phone))

        async def main(page: ft.Page) -> None:
            page.render_views(Window, WindowRole(active=True), app, still_mine)
            page.on_app_lifecycle_state_change = InactivityLock(app).on_lifecycle_change
            AutoSync(app, allowed=lambda: app.scope is not None, settle_s=0).start(page)

        windows.append(await Screen.through(main))
        return windows[-1], app

    yield opened
    for window in windows:
        window.check()
        await window.close()


def office(phone: Phone, *, reachable: bool = True) -> list[str]:
    """A server with nothing new, or none; the paths it was asked for."""
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        if not reachable:
            raise httpx.ConnectError("no route to host")
        cases = phone.store.cases
        page = ChangesPage(
            changes=[],
            next="1",
            more=False,
            epoch="e",
            scope_count=cases.count(),
            scope_digest=cases.digest(),
        )
        return httpx.Response(200, content=msgspec.json.encode(page))

    phone.transport = httpx.MockTransport(answer)
    return asked


async def until(true: Callable[[], bool]) -> None:
    """Give the timer and the window time, a minute at most."""
    for _ in range(3000):
        if true():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("waited in vain")


async def test_an_old_list_is_fetched_at_the_start_and_the_screen_shows_it(
    phone: Phone, start: Start
) -> None:
    await phone.store.meta.put("sync", YESTERDAY)
    asked = office(phone)
    screen, _ = await start()
    await screen.see("今日已更新")
    assert asked == ["/v1/changes"]


async def test_without_a_network_no_problem_is_shown(phone: Phone, start: Start) -> None:
    await phone.store.meta.put("sync", YESTERDAY)
    asked = office(phone, reachable=False)
    screen, _ = await start()
    await until(lambda: bool(asked))
    await until(lambda: not phone.syncing.locked())
    assert (await phone.store.meta.sync_state()).problem is None
    await screen.see("今日未更新")
    assert not any("没有交成" in line for line in screen.words())


@pytest.mark.parametrize("how", ["a save", "a return to the app"])
async def test_the_network_is_not_used_until_there_is_something_to_do(
    phone: Phone, start: Start, how: str
) -> None:
    asked = office(phone)
    screen, app = await start()
    await screen.see("今日已更新")
    await asyncio.sleep(0.1)
    assert asked == []
    await phone.store.meta.put("sync", YESTERDAY)
    if how == "a save":
        app.records_changed()
    else:
        page = screen.session.page
        await screen.session.dispatch_event(
            page._i, "app_lifecycle_state_change", {"state": "resume"}
        )
    await until(lambda: asked == ["/v1/changes"])


async def test_returning_to_the_app_after_a_failure_does_not_retry_at_once(
    phone: Phone, start: Start
) -> None:
    await phone.store.meta.put("sync", YESTERDAY)
    asked = office(phone, reachable=False)
    _, app = await start()
    await until(lambda: len(asked) == 1)
    for _ in range(5):
        app.note_activity()
        await asyncio.sleep(0.05)
    assert len(asked) == 1


def running() -> list[str]:
    return [task.get_name() for task in asyncio.all_tasks() if task.get_name() == TASK]


async def test_the_app_runs_one_auto_sync_and_ends_it_with_the_window(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOORSTEP_CLOCK", CLOCK)
    (await phone_with(tmp_path / "phone")).store.close()
    phones = OnePhone(tmp_path / "phone")
    screen = await Screen.through(phones.main)
    await (await screen.first_start()).see("接下来")
    assert running() == [TASK]
    screen.session.close()
    await until(lambda: running() == [])
    await screen.close()
    await phones.close()
