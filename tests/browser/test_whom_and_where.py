"""A village in a day: twelve homes by next door, an address learnt and shown, and two people of one name told apart."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Browser

from mobile.bootstrap.native import native_ports
from mobile.usecases import appearance
from mobile.usecases.appearance import Appearance
from mobile.usecases.unlock import PhoneLock
from shared.ids import case_code, show_case_code
from shared.wire import CaseState
from tests.support.browser.driver import CLOCK, PIN, Screen, context_of
from tests.support.browser.forked_app import ForkedApp
from tests.support.browser.ready import in_thread
from tests.support.browser.waits import eventually
from tests.support.phone.seed import Seed, case, phone_with

pytestmark = pytest.mark.extended
HOMES = 12
MOST_TAPS = 8
"""Taps from one home to the next, the record in between."""
SEARCH = "找人：姓名、拼音首字母、村或编号"
LEARNT = "石桥村9组12号,村卫生室后面第二家"
SMALL, LARGE = {"width": 360, "height": 640}, 1.6
BAR_PX = 76
"""The tabs at the foot of Today."""


async def _village(folder: Path, homes: int, namesake: bool, scale: float) -> None:
    """So many homes of one village; with `namesake` the last has the first one's name."""
    phone = await phone_with(folder, Seed(count=homes))
    changed = []
    for number in range(1, homes + 1):
        name = "王晓梅" if namesake and number == homes else ""
        made = case(number, name=name)
        moved = msgspec.structs.replace(
            made,
            township="槐荫镇",
            village="石桥村",
            address=f"陕西省青槐县槐荫镇石桥村三组{number}号",
        )
        changed.append(CaseState(case=moved, version=100 + number))
    await phone.store.cases.apply(changed, [], set())
    phone.store.close()
    ports = native_ports(folder, CLOCK)
    await appearance.save(ports.files, Appearance(scale=scale))
    phone_lock = await PhoneLock.at(ports)
    await phone_lock.set_pin(PIN)
    await phone_lock.close()


@pytest.fixture
def village(browser: Browser, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Screen]:
    """The app's window over such a village: (homes, namesake, text size)."""
    homes, namesake, scale = request.param
    folder = tmp_path / "phone"
    in_thread(_village(folder, homes, namesake, scale))
    app = ForkedApp(folder).start()
    context = context_of(browser)
    try:
        page = context.new_page()
        page.set_viewport_size(SMALL)
        yield Screen(page, app.url, 60).open()
    finally:
        context.close()
        app.stop()


@pytest.mark.parametrize("village", [(5, True, 1.0)], indirect=True)
def test_two_people_of_one_name_in_one_village_are_told_apart(village: Screen) -> None:
    village.tap("名单").see("共 5 人").type(SEARCH, "王晓梅").see("共 2 人")
    for number in (1, 5):
        village.see(f"石桥村三组{number}号").see(show_case_code(case_code("QH07", number)))
    village.tap("石桥村三组5号", exact=False).see(show_case_code(case_code("QH07", 5)))
    village.see("陕西省青槐县槐荫镇石桥村三组5号").tap("邻居").see("姓名和住址已遮住")
    village.gone("王晓梅").gone("三组5号")


@pytest.mark.parametrize("village", [(HOMES, False, 1.0)], indirect=True)
def test_a_day_of_twelve_homes_takes_eight_taps_a_home_and_a_learnt_address_is_shown(
    village: Screen,
) -> None:
    taps = 1
    village.see("接下来").tap("石桥村三组1号", exact=False).see("要记什么？")
    village.tap("新联系方式").tap("住址").type("新住址", LEARNT).tap("其他家人").tap("保存")
    village.see("同村下一家").see(LEARNT).see("待学校核对")
    taps += 4
    for left in range(HOMES - 1, -1, -1):
        if left < HOMES - 1:
            village.see("要记什么？")
            village.tap("电话联系").see("打通了吗？").tap("无人接听").tap("保存")
            taps += 3
        if left:
            village.see(f"还剩 {left} 家").tap("三组", exact=False)
            taps += 1
    village.see("石桥村今天都走到了")
    assert taps <= HOMES * MOST_TAPS
    village.back().see("今天办了 12 家").tap("今天办了 12 家", exact=False).see(LEARNT)


@pytest.mark.parametrize("village", [(HOMES, False, LARGE)], indirect=True)
def test_today_shows_three_people_on_a_small_phone_with_large_text(village: Screen) -> None:
    village.see("接下来")
    eventually(village.page, lambda: _homes_in_view(village) >= 3)


def _homes_in_view(village: Screen) -> int:
    """How many homes stand whole above the tabs."""
    whole = 0
    for number in range(1, HOMES + 1):
        row = village.page.get_by_role("button", name=f"三组{number}号")
        box = row.first.bounding_box() if row.count() else None
        whole += box is not None and box["y"] + box["height"] <= SMALL["height"] - BAR_PX
    return whole
