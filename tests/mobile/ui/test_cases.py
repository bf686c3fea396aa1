"""The list: search while typing, filters, pages."""

from __future__ import annotations

from pathlib import Path

from mobile.usecases.phone import Phone
from tests.mobile.ui.conftest import Open
from tests.support.phone.seed import Seed, phone_with


async def test_the_list_searches_while_typing(phone: Phone, open_window: Open) -> None:
    screen = await open_window(phone, "/cases")
    await screen.see("共 12 人")
    await screen.type("找人：姓名、拼音首字母、村或编号", "欧阳")
    await screen.see("共 1 人")
    await screen.see("欧阳明远")


async def test_a_village_finds_its_people(phone: Phone, open_window: Open) -> None:
    screen = await open_window(phone, "/cases")
    await screen.type("找人：姓名、拼音首字母、村或编号", "石桥")
    await screen.see("共 3 人")


async def test_an_empty_result_shows_what_to_do(phone: Phone, open_window: Open) -> None:
    screen = await open_window(phone, "/cases")
    await screen.type("找人：姓名、拼音首字母、村或编号", "没有这样的人")
    await screen.see("换一个字，或点“全部”再找。")


async def test_a_filter_shows_the_paid_as_not_to_visit(
    used_phone: Phone, open_window: Open
) -> None:
    screen = await open_window(used_phone, "/cases")
    await screen.tap("已还")
    await screen.see("共 1 人")
    await screen.see("不必再去")


async def test_a_long_list_pages(tmp_path: Path, open_window: Open) -> None:
    many = await phone_with(tmp_path / "many", Seed(count=100))
    screen = await open_window(many, "/cases")
    await screen.see("共 100 人")
    for left in (84, 68, 52, 36, 20, 4):
        await screen.tap(f"再看后面 {left} 人")
    await screen.gone("再看后面")
    many.store.close()


async def test_back_from_a_case_keeps_what_was_typed(phone: Phone, open_window: Open) -> None:
    screen = await open_window(phone, "/cases")
    await screen.type("找人：姓名、拼音首字母、村或编号", "欧阳")
    await screen.see("共 1 人")
    await screen.tap("欧阳明远")
    await screen.see("您在和谁说话？")
    await screen.back()
    await screen.see("共 1 人")
    field = screen.field("找人：姓名、拼音首字母、村或编号")
    assert field is not None
    assert field.value == "欧阳"
