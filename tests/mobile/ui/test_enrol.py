"""The enrolment screen: typed, pasted as one link, opened by a link, in the web app, on an iPhone's browser tab."""

from __future__ import annotations

from mobile.usecases.phone import Phone
from tests.mobile.ui.conftest import Open
from tests.support.phone.enrol_fields import ADDRESS, CODE, fields, paste
from tests.support.phone.harness import FakeDevice

PIN = "A" * 43
LINK = f"https://county.example:8350/enrol#code=12345678&pin={PIN}"


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
    link = f"doorstep://enrol?server=https%3A%2F%2Fcounty.example&code=12345678&pin={PIN}"
    screen = await open_window(new_phone, device=FakeDevice(opened_with=link))
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


async def test_an_iphones_browser_tab_takes_no_code_and_shows_where_to_continue(
    new_phone: Phone, open_window: Open
) -> None:
    device = FakeDevice(origin="https://county.example", home_screen_first=True)
    screen = await open_window(new_phone, device=device)
    await screen.see("苹果手机请从主屏幕登记")
    await screen.see("添加到主屏幕")
    assert "登记这部手机" not in screen.words()
    assert screen.field(CODE) is None
