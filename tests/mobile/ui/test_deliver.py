"""Delivering a notice: six taps, the proof, what is shown when nobody signs."""

from __future__ import annotations

from mobile.usecases import settings
from mobile.usecases.phone import Phone
from shared.wire import CaseState
from tests.mobile.ui.conftest import Open
from tests.support.phone.harness import FakeDevice
from tests.support.phone.pictures import slip
from tests.support.phone.records import facts
from tests.support.phone.seed import case


async def test_a_signed_notice_with_its_slip_takes_six_taps_and_no_typing(
    phone: Phone, open_window: Open
) -> None:
    await settings.put(phone, "companions.last", ["何建军"])
    screen = await open_window(phone, "/do/c0001", FakeDevice(photo=slip()))
    await screen.see("您在和谁说话?")
    screen.taps = 0
    await screen.tap("送达通知书")
    await screen.see("谁签的?")
    await screen.tap("本人")
    await screen.tap("拍签收回执")
    await screen.see("只拍纸面:不拍证件、人和屋内")
    await screen.tap("从相册选")
    await screen.at("/do/c0001/deliver")
    await screen.see("照片清楚")
    await screen.tap("保存")
    await screen.at("/do/c0001")
    assert screen.taps <= 6
    kept = phone.store.facts.all()[0].fact
    assert facts(phone, "notice_delivery")[0] == {
        "outcome": "signed",
        "signer_relation": "self",
        "servers": ["林秀英", "何建军"],
    }
    assert len(kept.photos) == 1


async def test_what_was_saved_shows_at_once_and_can_be_undone(
    phone: Phone, open_window: Open
) -> None:
    await settings.put(phone, "companions.last", ["何建军"])
    screen = await open_window(phone, "/do/c0001/deliver")
    await screen.tap("本人")
    await screen.tap("保存")
    await screen.see("已签收 · 本人")
    await screen.see("刚记下")
    await screen.tap("撤销")
    await screen.gone("已签收 · 本人")
    assert facts(phone, "notice_delivery") == []


async def test_without_a_signer_the_form_shows_what_is_missing(
    phone: Phone, open_window: Open
) -> None:
    screen = await open_window(phone, "/cases/c0001/deliver")
    await screen.see("谁签的?")
    await screen.tap("保存")
    await screen.see("还差:谁签的?")


async def test_alone_asks_for_a_reason_and_then_records_it(phone: Phone, open_window: Open) -> None:
    screen = await open_window(phone, "/cases/c0001/deliver")
    await screen.tap("本人")
    await screen.see("最好 2 个人一起去。")
    await screen.tap("保存")
    await screen.see("回去再改改")
    await screen.tap("路上偶遇")
    await screen.at("/cases/c0001")
    record = facts(phone, "notice_delivery")[0]
    assert record["flags"] == ["alone"]
    assert record["flag_reason"] == "路上偶遇"
    assert "note" not in record


async def test_a_co_borrower_whom_the_list_does_not_name_gets_the_folded_sheet_only(
    phone: Phone, open_window: Open
) -> None:
    for named in (True, False):
        await phone.store.cases.apply(
            [CaseState(case=case(1, co_borrower=named), version=60)], [], set()
        )
        screen = await open_window(phone, "/cases/c0001/deliver")
        await screen.tap("共同借款人")
        assert ("只交折好的通知书" in screen.words()) is not named


async def test_family_gets_the_folded_sheet_only(phone: Phone, open_window: Open) -> None:
    screen = await open_window(phone, "/cases/c0001/deliver")
    await screen.tap("其他家人")
    await screen.see("只交折好的通知书")


async def test_a_refusal_takes_a_reason_and_a_witness(phone: Phone, open_window: Open) -> None:
    await settings.put(phone, "companions.last", ["何建军"])
    screen = await open_window(phone, "/cases/c0001/deliver")
    await screen.tap("拒签")
    await screen.see("不签也没关系")
    await screen.tap("对金额有疑问")
    await screen.type("在场见证人姓名", "周大爷")
    await screen.tap("保存")
    await screen.at("/cases/c0001")
    record = facts(phone, "notice_delivery")[0]
    assert (record["outcome"], record["reason"], record["witness"]) == (
        "refused",
        "对金额有疑问",
        "周大爷",
    )


async def test_with_nobody_home_the_notice_is_never_left(phone: Phone, open_window: Open) -> None:
    screen = await open_window(phone, "/cases/c0001/deliver")
    await screen.tap("无人在家")
    await screen.see("通知书不留、不贴、不塞门缝,改天再来。")
