"""Full numbers: press and hold, shown for five seconds, a record for each access; by keyboard and screen reader too."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

from mobile.ui.screens.case import masked_phone
from mobile.ui.screens.case.masked_phone import SHOWN_S
from mobile.usecases.phone import Phone
from tests.mobile.ui.conftest import Open
from tests.support.phone.records import facts

LOOK = "按住显示本人的完整号码"
FULL = "139 5599 0001"
RECORDED = {"what": "phone", "purpose": "shown to the teacher"}


class Seconds:
    """The seconds that numbers are shown: over when a test says so, however busy the machine is. `asked`: how many."""

    def __init__(self) -> None:
        self.asked: list[float] = []
        self._over = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        self.asked.append(seconds)
        await self._over.wait()

    def pass_by(self) -> None:
        self._over.set()
        self._over = asyncio.Event()


@pytest.fixture
async def seconds(monkeypatch: pytest.MonkeyPatch) -> Seconds:
    made = Seconds()
    clock = SimpleNamespace(sleep=made.sleep, get_running_loop=asyncio.get_running_loop)
    monkeypatch.setattr(masked_phone, "asyncio", clock)
    return made


async def test_holding_shows_the_number_and_records_one_access(
    phone: Phone, open_window: Open
) -> None:
    screen = await open_window(phone, "/cases/c0001")
    await screen.tap("电话和证件号")
    await screen.hold(LOOK)
    await screen.see(FULL)
    assert facts(phone, "disclosure") == [RECORDED]


async def test_a_short_touch_shows_only_how_to_hold(phone: Phone, open_window: Open) -> None:
    screen = await open_window(phone, "/cases/c0001")
    await screen.tap("电话和证件号")
    await screen.touch(LOOK)
    await screen.see("请按住不放")
    assert not [word for word in screen.everywhere() if "5599" in word]
    assert facts(phone, "disclosure") == []


async def test_a_keyboard_or_a_screen_reader_shows_the_number_without_holding(
    phone: Phone, open_window: Open
) -> None:
    screen = await open_window(phone, "/cases/c0001")
    await screen.tap("电话和证件号")
    await screen.tap(LOOK)
    await screen.see(FULL)
    assert facts(phone, "disclosure") == [RECORDED]


async def test_pressing_again_while_it_shows_is_the_same_access(
    phone: Phone, open_window: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    # on a busy machine five seconds may pass between two lines
    monkeypatch.setattr(masked_phone, "SHOWN_S", 60)
    screen = await open_window(phone, "/cases/c0001")
    await screen.tap("电话和证件号")
    await asyncio.gather(screen.hold(LOOK), screen.hold(LOOK))
    await screen.see(FULL)
    await screen.hold(FULL)
    assert facts(phone, "disclosure") == [RECORDED]


async def test_after_five_seconds_no_full_number_is_left_although_the_screen_was_drawn_anew(
    phone: Phone, open_window: Open, seconds: Seconds
) -> None:
    screen = await open_window(phone, "/cases/c0001")
    await screen.tap("电话和证件号")
    await screen.hold("按住显示身份证号的完整号码")
    await screen.see("610599 1991")
    await screen.tap("上门走访")  # another screen on top, and back: the case is drawn anew
    await screen.see("见到了谁？")
    await screen.back()
    assert seconds.asked == [SHOWN_S]
    assert SHOWN_S == 5
    seconds.pass_by()
    await screen.gone("610599 1991")
    digits = ["".join(word.split()) for word in screen.everywhere()]
    assert not [word for word in digits if "6105991991" in word]
    assert [look["what"] for look in facts(phone, "disclosure")] == ["id_number"]


async def test_a_later_access_is_a_second_record(
    phone: Phone, open_window: Open, seconds: Seconds
) -> None:
    screen = await open_window(phone, "/cases/c0001")
    await screen.tap("电话和证件号")
    await screen.hold(LOOK)
    await screen.see(FULL)
    seconds.pass_by()
    await screen.gone(FULL)
    await screen.hold(LOOK)
    await screen.see(FULL)
    assert facts(phone, "disclosure") == [RECORDED, RECORDED]
