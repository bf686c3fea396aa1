"""A case at a door: masked, who may hear what, what was recorded."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from mobile.usecases.phone import Phone
from tests.mobile.ui.conftest import Open
from tests.mobile.ui.harness import FakeDevice
from tests.mobile.ui.pictures import slip


def facts(phone: Phone, kind: str) -> list[dict[str, Any]]:
    """The bodies of one kind as they travel: JSON."""
    bodies = [kept.fact.body for kept in phone.store.facts.all() if kept.fact.kind == kind]
    return [json.loads(json.dumps(body)) for body in bodies]


async def test_a_case_opens_masked(phone: Phone, open_window: Open) -> None:
    screen = await open_window(phone, "/cases/c0001")
    await screen.see("139****0001")
    text = "\n".join(screen.words())
    assert "王晓梅" not in text
    assert "13955990001" not in text


async def test_the_borrower_hears_the_sum_and_the_look_is_recorded(phone: Phone, open_window: Open) -> None:
    screen = await open_window(phone, "/cases/c0001")
    await screen.see("您在和谁说话?")
    await screen.tap("共同借款人")
    await screen.see("3,576.29 元")
    await screen.see("王晓梅")
    assert facts(phone, "disclosure") == [{"what": "amount", "to": "co_borrower"}]


async def test_family_hears_kind_words_and_no_sum(phone: Phone, open_window: Open) -> None:
    screen = await open_window(phone, "/cases/c0001")
    await screen.tap("其他家人")
    await screen.see("可以这样说")
    assert not any("元" in line for line in screen.words())
    assert facts(phone, "disclosure") == []


async def test_neighbours_are_not_to_be_asked_before_three_failures(phone: Phone, open_window: Open) -> None:
    screen = await open_window(phone, "/cases/c0001")
    await screen.tap("邻居")
    await screen.see("先不要打听")


async def test_choosing_the_same_person_again_hides_the_sum(phone: Phone, open_window: Open) -> None:
    screen = await open_window(phone, "/cases/c0001")
    await screen.tap("共同借款人")
    await screen.see("3,576.29 元")
    await screen.tap("共同借款人")
    await screen.gone("3,576.29 元")


async def test_the_eye_shows_a_number_and_records_it(phone: Phone, open_window: Open) -> None:
    screen = await open_window(phone, "/cases/c0001")
    await screen.see("139****0001")
    looking = asyncio.create_task(screen.tap("看本人的号码"))
    await screen.see("13955990001")
    looking.cancel()
    assert facts(phone, "disclosure")[0]["what"] == "phone"


async def test_calling_hands_the_number_to_the_dialler_and_prepares_the_record(phone: Phone, open_window: Open) -> None:
    device = FakeDevice()
    screen = await open_window(phone, "/cases/c0001", device)
    await screen.tap("打给本人")
    await screen.at("/cases/c0001/attempt")
    assert device.dialled == ["13955990001"]
    await screen.see("打通了吗?")
    assert {"本人", "电话"} <= set(screen.chosen())


async def test_a_paid_person_need_not_be_visited(used_phone: Phone, open_window: Open) -> None:
    screen = await open_window(used_phone, "/cases/c0005")
    await screen.see("已还·不必再去")
    await screen.see("12月10日还清")


async def test_a_death_ends_visits_with_its_own_words(used_phone: Phone, open_window: Open) -> None:
    screen = await open_window(used_phone, "/cases/c0008")
    await screen.see("这位同学已经去世")


async def test_a_record_can_be_withdrawn_with_a_reason(used_phone: Phone, open_window: Open) -> None:
    screen = await open_window(used_phone, "/cases/c0004")
    await screen.tap("改正")
    await screen.see("为什么要改?")
    await screen.tap("没有这回事,作废")
    await screen.see("请先选一个原因")
    await screen.tap("记错了人")
    await screen.tap("没有这回事,作废")
    await screen.see("已改正")
    assert facts(used_phone, "correction")[0]["withdraw"] is True


async def test_a_returned_record_is_written_anew_with_a_new_photo(used_phone: Phone, open_window: Open) -> None:
    screen = await open_window(used_phone, "/do/c0002", FakeDevice(photo=slip()))
    await screen.tap("去改正")
    await screen.tap("照片不清楚")
    await screen.tap("重新填写")
    await screen.see("正在改正一条记录")
    await screen.tap("共同借款人")
    await screen.tap("拍签收回执")
    await screen.tap("从相册选")
    await screen.see("照片清楚")
    await screen.tap("保存")
    await screen.at("/do/c0002")
    await screen.gone("学校退回了一条记录")
    said = facts(used_phone, "correction")[0]
    assert said["reason"] == "照片不清楚"
    assert said["body"]["signer_relation"] == "co_borrower"
    kept = next(k for k in used_phone.store.facts.all() if k.fact.kind == "correction")
    assert len(kept.fact.photos) == 1


async def test_an_unknown_case_says_so_instead_of_failing(phone: Phone, open_window: Open) -> None:
    screen = await open_window(phone, "/cases/nobody")
    await screen.see("没有这个人")
