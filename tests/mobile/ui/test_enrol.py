"""The enrolment screen: typed, pasted as one link, opened by a link, in the web app, on an iPhone's browser tab."""

from __future__ import annotations

import asyncio

from mobile.usecases.phone import Phone
from tests.mobile.ui.conftest import Open
from tests.support.phone.harness import FakeDevice, Screen

PIN = "A" * 43
LINK = f"https://county.example:8350/enrol#code=12345678&pin={PIN}"
ADDRESS, CODE = "服务器地址", "登记码(8 位数字)"


async def fields(screen: Screen, address: str | None, code: str) -> None:
    """Wait until the two fields show this; no address field for None."""
    for _ in range(100):
        found = [box.value if (box := screen.field(label)) else None for label in (ADDRESS, CODE)]
        if found == [address, code]:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(found)


async def paste(screen: Screen, label: str, words: str) -> None:
    """The whole text at once, as a clipboard brings it."""
    field = screen.field(label)
    assert field is not None
    screen.session.apply_patch(field._i, {"value": words})
    await screen.session.dispatch_event(field._i, "change", words)
    await asyncio.sleep(0.05)  # until it is drawn, as Screen.type waits


async def test_a_pasted_link_fills_address_and_code(new_phone: Phone, open_window: Open) -> None:
    screen = await open_window(new_phone)
    await paste(screen, ADDRESS, LINK)
    await fields(screen, "https://county.example:8350", "12345678")


async def test_a_link_typed_by_hand_is_left_alone_until_it_is_whole(
    new_phone: Phone, open_window: Open
) -> None:
    screen = await open_window(new_phone)
    await screen.type(ADDRESS, "https://county.example/enrol#code=1234")
    await fields(screen, "https://county.example/enrol#code=1234", "")


async def test_the_link_that_opened_the_app_fills_both(new_phone: Phone, open_window: Open) -> None:
    told = f"doorstep://enrol?server=https%3A%2F%2Fcounty.example&code=12345678&pin={PIN}"
    screen = await open_window(new_phone, device=FakeDevice(opened_with=told))
    await fields(screen, "https://county.example", "12345678")


async def test_the_web_app_shows_its_server_and_does_not_ask_for_it(
    new_phone: Phone, open_window: Open
) -> None:
    device = FakeDevice(
        origin="https://county.example", opened_with="https://county.example/app/#code=12345678"
    )
    screen = await open_window(new_phone, device=device)
    await screen.see("https://county.example")
    await screen.see("登记码写在联络员给您的纸条上。")
    await fields(screen, None, "12345678")
    assert not any("地址栏" in words for words in screen.words())


async def test_a_link_to_another_server_does_not_move_the_web_app(
    new_phone: Phone, open_window: Open
) -> None:
    device = FakeDevice(
        origin="https://county.example", opened_with="https://evil.example/app/#code=12345678"
    )
    screen = await open_window(new_phone, device=device)
    await screen.see("https://county.example")
    await fields(screen, None, "12345678")
    assert not any("evil" in words for words in screen.words())


async def test_an_iphones_browser_tab_takes_no_code_and_says_where_to_go(
    new_phone: Phone, open_window: Open
) -> None:
    device = FakeDevice(origin="https://county.example", home_screen_first=True)
    screen = await open_window(new_phone, device=device)
    await screen.see("苹果手机请从主屏幕登记")
    await screen.see("添加到主屏幕")
    assert "登记这部手机" not in screen.words()
    assert screen.field(CODE) is None
