"""Contact attempts and new contacts."""

from __future__ import annotations

import asyncio

from mobile.usecases.phone import Phone
from tests.mobile.ui.conftest import Open
from tests.support.phone.records import facts


async def test_a_call_is_recorded_with_two_taps(phone: Phone, open_window: Open) -> None:
    screen = await open_window(phone, "/cases/c0001/attempt")
    await screen.tap("无人接听")
    await screen.tap("保存")
    await screen.at("/cases/c0001")
    assert facts(phone, "contact_attempt") == [{"outcome": "no_answer"}]


async def test_an_invalid_number_leads_to_a_new_one(phone: Phone, open_window: Open) -> None:
    screen = await open_window(phone, "/cases/c0001/attempt")
    await screen.tap("停机/空号/错号")
    await screen.see("号码不能用")


async def test_a_call_to_a_neighbour_too_early_is_flagged_and_still_recorded(
    phone: Phone, open_window: Open
) -> None:
    screen = await open_window(phone, "/cases/c0001/attempt")
    await screen.tap("邻居")
    await screen.see("还没有到找邻居或村干部的时候。")
    await screen.tap("已联系上")
    await screen.tap("保存")
    await screen.tap("对方主动联系")
    await screen.at("/cases/c0001")
    record = facts(phone, "contact_attempt")[0]
    assert (record["flags"], record["flag_reason"]) == (["third_party_early"], "对方主动联系")


async def test_a_new_number_is_proposed_with_its_source(phone: Phone, open_window: Open) -> None:
    screen = await open_window(phone, "/cases/c0001/update")
    await screen.type("新电话号码", "13955998888")
    await screen.tap("村干部")
    await screen.tap("保存")
    await screen.at("/cases/c0001")
    assert facts(phone, "contact_update") == [
        {"field": "phone", "value": "13955998888", "source": "village_cadre"}
    ]


async def test_words_without_a_number_are_pointed_out_and_still_recorded(
    phone: Phone, open_window: Open
) -> None:
    screen = await open_window(phone, "/cases/c0001/update")
    await screen.type("新电话号码", "abc")
    await screen.see("这里面没有电话号码")
    await screen.tap("保存")
    await screen.at("/cases/c0001")
    assert [record["value"] for record in facts(phone, "contact_update")] == ["abc"]


async def test_a_number_among_words_needs_no_pointing_out(phone: Phone, open_window: Open) -> None:
    screen = await open_window(phone, "/cases/c0001/update")
    await screen.type("新电话号码", "１３９５５９９８８８８(他哥)")
    await asyncio.sleep(0.1)
    assert "这里面没有电话号码" not in screen.words()


async def test_an_empty_contact_is_not_saved(phone: Phone, open_window: Open) -> None:
    screen = await open_window(phone, "/cases/c0001/update")
    await screen.see("哪一项变了？")
    await screen.tap("保存")
    await screen.see("还差：新电话号码")
