"""The first screens, 更多, the policy page, and the second window."""

from __future__ import annotations

import asyncio

from mobile.ui.app.theme import SCALES
from mobile.usecases import appearance
from mobile.usecases.appearance import Appearance
from mobile.usecases.phone import Phone
from tests.mobile.ui.conftest import Open
from tests.support.phone.harness import phone_lock_of


async def appearance_of(phone: Phone) -> Appearance:
    """The stored appearance settings."""
    return await appearance.load((await phone_lock_of(phone)).ports.files)


async def test_a_new_phone_asks_to_be_enrolled_whatever_the_address(
    new_phone: Phone, open_window: Open
) -> None:
    screen = await open_window(new_phone, "/cases/c0001")
    await screen.see("先把这部手机登记到学校，一分钟就好。")


async def test_an_incomplete_code_is_reported_before_anything_is_sent(
    new_phone: Phone, open_window: Open
) -> None:
    screen = await open_window(new_phone)
    await screen.type("服务器地址", "https://school.example")
    await screen.type("登记码（8 位数字）", "1234")
    await screen.tap("登记这部手机")
    await screen.see("请填好服务器地址和 8 位登记码")


async def test_a_server_out_of_reach_is_shown_with_its_fix(
    new_phone: Phone, open_window: Open
) -> None:
    screen = await open_window(new_phone)
    await screen.type("服务器地址", "http://127.0.0.1:9")
    await screen.type("登记码（8 位数字）", "12345678")
    await screen.tap("登记这部手机")
    await screen.see("连不上这个地址")


async def test_language_is_behind_more_and_changes_everything(
    new_phone: Phone, open_window: Open
) -> None:
    screen = await open_window(new_phone)
    await screen.tap("其他设置")
    await screen.tap("English")
    await screen.see("Enrol this phone")
    assert (await appearance_of(new_phone)).language == "en"


async def test_text_size_is_kept(phone: Phone, open_window: Open) -> None:
    screen = await open_window(phone, "/more")
    await screen.tap("最大")
    await asyncio.sleep(0.1)
    assert (await appearance_of(phone)).scale == SCALES[-1]
    again = await open_window(phone, "/more")
    await again.see("最大")
    assert "最大" in again.chosen()


async def test_the_policy_page_is_there_without_a_network(phone: Phone, open_window: Open) -> None:
    screen = await open_window(phone, "/more")
    await screen.tap("政策与上门用语")
    await screen.see("怎样还款")
    await screen.see("95593")
    await screen.back()
    await screen.at("/more")


async def test_the_tabs_lead_everywhere(phone: Phone, open_window: Open) -> None:
    screen = await open_window(phone)
    await screen.see("接下来")
    for index, path in ((1, "/cases"), (2, "/outbox"), (3, "/more"), (0, "/")):
        await screen.tab(index)
        await screen.at(path)


async def test_english_is_whole_on_the_first_screens(phone: Phone, open_window: Open) -> None:
    await appearance.save((await phone_lock_of(phone)).ports.files, Appearance(language="en"))
    screen = await open_window(phone)
    await screen.see("home visits")
    await screen.see("Thursday, 12 December")
    await screen.tap("All 12 people")
    await screen.see("12 people")
