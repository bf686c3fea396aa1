"""Handing in: what waits, what was refused and why, what a failed sync says."""

from __future__ import annotations

from mobile.usecases.phone import Phone
from tests.mobile.ui.conftest import Open


async def test_what_waits_is_listed_with_names_masked(used_phone: Phone, open_window: Open) -> None:
    screen = await open_window(used_phone, "/outbox")
    await screen.see("未交:4 条记录")
    await screen.see("等着交")
    assert "欧阳明远" not in "\n".join(screen.words())


async def test_with_nothing_to_hand_in_one_may_rest_easy(phone: Phone, open_window: Open) -> None:
    screen = await open_window(phone, "/outbox")
    await screen.see("全部已交,可以放心")


async def test_without_a_network_sync_says_so_and_loses_nothing(used_phone: Phone, open_window: Open) -> None:
    screen = await open_window(used_phone, "/outbox")
    await screen.tap("现在交取")
    await screen.see("没有交成:")
    await screen.see("上次没有交成")
    assert len(used_phone.store.facts.unsent()) == 4


async def test_a_line_opens_its_case(used_phone: Phone, open_window: Open) -> None:
    screen = await open_window(used_phone, "/outbox")
    await screen.tap("李*")
    await screen.at("/cases/c0004")
