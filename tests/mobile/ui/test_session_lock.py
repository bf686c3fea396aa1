"""Before the screens: first start, lock, a PIN that is wrong, ten minutes away."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import flet as ft
import pytest

from mobile.app import OnePhone
from mobile.ui.app.appearance import restore
from mobile.ui.app.session_lock import InactivityLock, lock, show_stage
from mobile.ui.app.state import FIRST, LOCKED, OPEN, App, WindowRole
from mobile.ui.window import Window
from mobile.usecases.phone import Phone
from mobile.usecases.unlock import FREE_TRIES
from tests.mobile.conftest import SetClock
from tests.support.phone.harness import PIN, FakeDevice, Screen, phone_lock_of, still_mine
from tests.support.phone.seed import CLOCK, phone_with

WRONG = "280416"
Opens = Callable[[str], Awaitable[tuple[Screen, App]]]


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
async def window(phone: Phone, clock: SetClock) -> AsyncIterator[Opens]:
    """Opens a phone with a PIN at a path, unlocked."""
    windows: list[Screen] = []

    async def opened(route: str) -> tuple[Screen, App]:
        phone_lock = await phone_lock_of(phone)
        phone_lock.ports = dataclasses.replace(
            phone_lock.ports, clock=clock, ticked_s=lambda: clock.ticked
        )
        await phone_lock.set_pin(PIN)
        app = App(phone_lock, FakeDevice())
        away = InactivityLock(app)

        async def main(page: ft.Page) -> None:
            await restore(app, page)
            await show_stage(app)
            page.on_app_lifecycle_state_change = away.on_lifecycle_change
            page.render_views(Window, WindowRole(active=True), app, still_mine)

        windows.append(await Screen.through(main, route))
        return windows[-1], app

    yield opened
    for screen in windows:
        screen.check()
        await screen.close()


async def life(screen: Screen, state: str) -> None:
    """The app goes to the background (hide, pause) or comes back (show, resume)."""
    await screen.session.dispatch_event(
        screen.session.page._i, "app_lifecycle_state_change", {"state": state}
    )


# first start


async def test_a_new_phone_asks_for_the_text_size_then_a_pin_then_the_school(
    tmp_path: Path,
) -> None:
    phones = OnePhone(tmp_path)
    screen = await Screen.through(phones.main, keystore={})
    await screen.see("字够大吗？")
    await (await screen.first_start()).see("老师，您好")
    await screen.close()
    await phones.close()


async def test_an_iphones_browser_tab_is_sent_to_the_home_screen_before_anything_is_asked(
    new_phone: Phone,
) -> None:
    app = App(await phone_lock_of(new_phone), FakeDevice(home_screen_first=True), stage=FIRST)

    async def main(page: ft.Page) -> None:
        page.render_views(Window, WindowRole(active=True), app, still_mine)

    screen = await Screen.through(main)
    await screen.see("苹果手机请从主屏幕登记")
    assert not {"字够大吗？", "够大了，下一步"} & set(screen.words())
    await screen.close()


async def test_a_larger_text_is_seen_at_once_and_kept(tmp_path: Path) -> None:
    phones, keystore = OnePhone(tmp_path), dict[str, str]()
    screen = await Screen.through(phones.main, keystore=keystore)
    await screen.tap("特大")
    assert screen.session.page.theme.text_theme.body_medium.size == pytest.approx(16 * 1.6)
    await screen.first_start()
    await screen.see("老师，您好")
    await screen.close()
    await phones.close()
    again = OnePhone(tmp_path)
    screen = await Screen.through(again.main, keystore=keystore)
    await screen.see("上门已锁定")
    assert screen.session.page.theme.text_theme.body_medium.size == pytest.approx(16 * 1.6)
    await screen.close()
    await again.close()


async def test_two_pins_that_differ_are_asked_again(tmp_path: Path) -> None:
    phones = OnePhone(tmp_path)
    screen = await Screen.through(phones.main, keystore={})
    await screen.tap("够大了，下一步")
    await (await screen.see("设一个 6 位解锁密码")).enter_pin(PIN)
    await (await screen.see("再输一次")).enter_pin(WRONG)
    await screen.see("两次输入的密码不一样")
    await (await screen.see("设一个 6 位解锁密码")).enter_pin(PIN)
    await (await screen.see("再输一次")).enter_pin(PIN)
    await screen.see("老师，您好")
    await screen.close()
    await phones.close()


async def test_a_guessable_pin_is_reported(tmp_path: Path) -> None:
    phones = OnePhone(tmp_path)
    screen = await Screen.through(phones.main, keystore={})
    await screen.tap("够大了，下一步")
    await (await screen.see("设一个 6 位解锁密码")).enter_pin("123456")
    await screen.see("这个密码太容易猜到")
    await screen.close()
    await phones.close()


async def test_a_phone_enrolled_before_it_had_a_pin_goes_straight_to_its_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOORSTEP_CLOCK", CLOCK)
    (await phone_with(tmp_path)).store.close()
    phones = OnePhone(tmp_path)
    screen = await Screen.through(phones.main)
    await (await screen.first_start()).see("接下来")
    await screen.close()
    await phones.close()


# lock


async def test_nothing_of_the_list_is_on_the_locked_screen_until_the_pin_is_entered(
    window: Opens,
) -> None:
    screen, app = await window("/cases")
    await screen.see("王晓梅")
    await lock(app)
    await screen.see("上门已锁定")
    assert not any("王晓梅" in line or "柳树村" in line for line in screen.words())
    await (await screen.enter_pin(PIN)).see("王晓梅")
    assert screen.route == "/cases"


async def test_a_wrong_pin_is_reported_and_the_right_one_still_opens(window: Opens) -> None:
    screen, app = await window("/")
    await lock(app)
    await (await screen.see("上门已锁定")).enter_pin(WRONG)
    await screen.see("密码不对")
    await (await screen.enter_pin(PIN)).see("接下来")


async def test_after_many_wrong_pins_the_screen_counts_the_seconds(window: Opens) -> None:
    screen, app = await window("/")
    await lock(app)
    await screen.see("上门已锁定")
    for _ in range(FREE_TRIES):
        await (await screen.enter_pin(WRONG)).see("密码不对")
    await (await screen.enter_pin(WRONG)).see("请等 30 秒再试")
    await screen.see("记录都在，不会丢。")


async def test_a_form_half_written_is_there_after_the_lock(window: Opens) -> None:
    screen, app = await window("/cases/c0001/update")
    await screen.type("新电话号码", "139")
    await lock(app)
    await screen.see("上门已锁定")
    await screen.enter_pin(PIN)
    await screen.see("上次没写完的")
    assert screen.field("新电话号码").value == "139"


# away


async def test_ten_minutes_away_lock_the_app(window: Opens, clock: SetClock) -> None:
    screen, app = await window("/")
    await life(screen, "pause")
    clock.forward(minutes=11)
    await life(screen, "resume")
    await screen.see("上门已锁定")
    assert app.stage == LOCKED


async def test_a_call_of_nine_minutes_does_not_lock_the_app(window: Opens, clock: SetClock) -> None:
    screen, app = await window("/")
    await life(screen, "pause")
    clock.forward(minutes=9)
    await life(screen, "resume")
    await screen.see("接下来")
    assert app.stage == OPEN


async def test_the_app_locks_on_time_without_a_return(phone: Phone) -> None:
    phone_lock = await phone_lock_of(phone)
    await phone_lock.set_pin(PIN)
    app = App(phone_lock, FakeDevice(), stage=OPEN)
    away = InactivityLock(app, away_s=0.05)
    away.went_away()
    await away._timer
    assert (app.stage, phone_lock.phone) == (LOCKED, None)
