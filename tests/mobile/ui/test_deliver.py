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
    await screen.see("您在和谁说话？")
    screen.taps = 0
    await screen.tap("送达通知书")
    await screen.tap("当面送达")
    await screen.tap("本人")
    await screen.tap("拍签收单")
    await screen.see("只拍纸面：不拍证件、人和屋内")
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
    await screen.tap("当面送达")
    await screen.tap("本人")
    await screen.tap("保存")
    await screen.tap("回校后补拍")
    await screen.see("已签收 · 本人")
    await screen.see("刚记下")
    await screen.tap("撤销")
    await screen.gone("已签收 · 本人")
    assert facts(phone, "notice_delivery") == []


async def test_without_a_signer_the_form_shows_what_is_missing(
    phone: Phone, open_window: Open
) -> None:
    screen = await open_window(phone, "/cases/c0001/deliver")
    await screen.tap("保存")
    await screen.see("还差：怎样送的？")
    await screen.tap("当面送达")
    await screen.gone("还差")
    await screen.tap("已签收")
    await screen.tap("保存")
    await screen.see("还差：谁签的？")
    assert screen.words().count("这一项还没有填") == 1
    await screen.tap("本人")
    await screen.gone("还差")
    await screen.gone("这一项还没有填")


async def test_alone_asks_for_a_reason_and_then_records_it(phone: Phone, open_window: Open) -> None:
    screen = await open_window(phone, "/cases/c0001/deliver", FakeDevice(photo=slip()))
    await screen.tap("当面送达")
    await screen.tap("本人")
    await screen.see("最好 2 个人一起去。")
    await screen.tap("拍签收单")
    await screen.tap("从相册选")
    await screen.see("照片清楚")
    await screen.tap("保存")
    await screen.see("回去再改改")
    await screen.tap("没有安排同行老师")
    await screen.at("/cases/c0001")
    record = facts(phone, "notice_delivery")[0]
    assert record["flags"] == ["alone"]
    assert record["flag_reason"] == "没有安排同行老师"
    assert "note" not in record


async def test_a_signature_without_a_photo_asks_for_the_photo_or_a_reason(
    phone: Phone, open_window: Open
) -> None:
    await settings.put(phone, "companions.last", ["何建军"])
    screen = await open_window(phone, "/cases/c0001/deliver")
    await screen.tap("当面送达")
    await screen.tap("本人")
    await screen.tap("保存")
    await screen.see("还没有照片")
    assert "路上偶遇" not in screen.words()
    await screen.tap("纸质签收单已收好")
    await screen.at("/cases/c0001")
    record = facts(phone, "notice_delivery")[0]
    assert (record["flags"], record["flag_reason"]) == (["no_photo"], "纸质签收单已收好")


async def test_the_nudge_leads_to_the_camera(phone: Phone, open_window: Open) -> None:
    await settings.put(phone, "companions.last", ["何建军"])
    screen = await open_window(phone, "/cases/c0001/deliver", FakeDevice(photo=slip()))
    await screen.tap("当面送达")
    await screen.tap("本人")
    await screen.tap("保存")
    await screen.tap("去拍照或选图")
    await screen.tap("从相册选")
    await screen.see("照片清楚")
    await screen.tap("保存")
    await screen.at("/cases/c0001")
    assert "flags" not in facts(phone, "notice_delivery")[0]


async def test_alone_and_without_a_photo_each_have_a_reason(
    phone: Phone, open_window: Open
) -> None:
    screen = await open_window(phone, "/cases/c0001/deliver")
    await screen.tap("当面送达")
    await screen.tap("本人")
    await screen.tap("保存")
    await screen.tap("同行老师临时有事")
    await screen.tap("对方不愿拍照")
    await screen.at("/cases/c0001")
    record = facts(phone, "notice_delivery")[0]
    assert record["flags"] == ["alone", "no_photo"]
    assert record["flag_reason"] == "同行老师临时有事；对方不愿拍照"


async def test_a_message_asks_neither_who_came_along_nor_why_nobody_did(
    phone: Phone, open_window: Open
) -> None:
    await settings.put(phone, "companions.last", ["何建军"])
    screen = await open_window(phone, "/do/c0001", FakeDevice(photo=slip()))
    await screen.see("您在和谁说话？")
    screen.taps = 0
    await screen.tap("送达通知书")
    await screen.tap("短信/微信")
    await screen.see("谁确认的？")
    assert not {"哪几位去的？", "已签收", "无人在家", "记下位置"} & set(screen.words())
    await screen.tap("本人")
    await screen.tap("选聊天截图")
    await screen.tap("从相册选")
    await screen.see("照片清楚")
    await screen.tap("保存")
    await screen.at("/do/c0001")
    assert screen.taps <= 6
    assert facts(phone, "notice_delivery")[0] == {
        "method": "message",
        "outcome": "acknowledged",
        "signer_relation": "self",
        "servers": ["林秀英"],
    }


async def test_another_way_asks_anew_for_an_outcome_it_does_not_know(
    phone: Phone, open_window: Open
) -> None:
    screen = await open_window(phone, "/cases/c0001/deliver")
    await screen.tap("当面送达")
    await screen.tap("无人在家")
    await screen.see_chosen("无人在家")
    await screen.tap("短信/微信")
    await screen.gone("无人在家")
    await screen.tap("保存")
    await screen.see("还差：送到了吗？")


async def test_who_goes_along_by_default_is_said_beside_the_button(
    phone: Phone, open_window: Open
) -> None:
    await settings.put(phone, "companions.last", ["何建军"])
    screen = await open_window(phone, "/cases/c0001/deliver")
    await screen.see("会一起记下：林秀英、何建军")
    await screen.tap("短信/微信")
    await screen.see("会一起记下：林秀英")
    await screen.gone("会一起记下：林秀英、何建军")


async def test_a_co_borrower_whom_the_list_does_not_name_gets_the_folded_sheet_only(
    phone: Phone, open_window: Open
) -> None:
    for named in (True, False):
        await phone.store.cases.apply(
            [CaseState(case=case(1, co_borrower=named), version=60)], [], set()
        )
        screen = await open_window(phone, "/cases/c0001/deliver")
        await screen.tap("当面送达")
        await screen.tap("共同借款人")
        assert ("只交折好的通知书" in screen.words()) is not named


async def test_family_gets_the_folded_sheet_only(phone: Phone, open_window: Open) -> None:
    screen = await open_window(phone, "/cases/c0001/deliver")
    await screen.tap("当面送达")
    await screen.tap("其他家人")
    await screen.see("只交折好的通知书")


async def test_a_refusal_takes_a_reason_and_a_witness(phone: Phone, open_window: Open) -> None:
    await settings.put(phone, "companions.last", ["何建军"])
    screen = await open_window(phone, "/cases/c0001/deliver")
    await screen.tap("当面送达")
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
    await screen.tap("当面送达")
    await screen.tap("无人在家")
    await screen.see("通知书不留、不贴、不塞门缝，改天再来。")
