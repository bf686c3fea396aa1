"""One tap calls; on return one tap writes the outcome down; it survives a kill; the daily limit is shown before."""

from __future__ import annotations

from pathlib import Path

from mobile.usecases import drafts, records, settings
from mobile.usecases.phone import Phone
from shared.records.contact_attempt import ContactAttempt
from tests.mobile.ui.conftest import Open
from tests.support.phone.harness import FakeDevice
from tests.support.phone.records import facts
from tests.support.phone.seed import phone_with

ASK = "刚才的电话打通了吗？"
CALL = {"what": "phone", "to": "self", "purpose": "call"}


async def test_one_tap_dials_and_records_the_access(phone: Phone, open_window: Open) -> None:
    device = FakeDevice()
    screen = await open_window(phone, "/cases/c0001", device)
    await screen.tap("打给本人")
    await screen.see(ASK)
    assert device.dialled == ["13955990001"]
    assert facts(phone, "disclosure") == [CALL]


async def test_a_call_and_its_outcome_are_two_taps(phone: Phone, open_window: Open) -> None:
    screen = await open_window(phone, "/cases/c0001", FakeDevice())
    await screen.tap("电话和证件号")
    await screen.see("今天还没拨过。")
    screen.taps = 0
    await screen.tap("打给本人")
    await screen.tap("无人接听")
    await screen.gone(ASK)
    assert screen.taps <= 3
    assert facts(phone, "contact_attempt") == [{"outcome": "no_answer"}]
    await screen.see("今天拨过 1 次，打通 0 次；一天最多拨 6 次，打通 3 次。")


async def test_a_call_to_the_co_borrower_is_written_down_as_one(
    phone: Phone, open_window: Open
) -> None:
    device = FakeDevice()
    screen = await open_window(phone, "/cases/c0001", device)
    await screen.tap("电话和证件号")
    await screen.tap("打给共同借款人 王德厚")
    await screen.tap("已联系上")
    await screen.gone(ASK)
    assert device.dialled == ["13855990001"]
    assert facts(phone, "contact_attempt") == [{"to": "co_borrower", "outcome": "reached"}]


async def test_the_call_is_still_asked_for_after_a_kill(phone: Phone, open_window: Open) -> None:
    first = await open_window(phone, "/cases/c0001", FakeDevice())
    await first.tap("打给本人")
    await first.see(ASK)
    again = await open_window(phone, "/")  # nothing of the first window but what is on disk
    await again.tap("没写完 1 份")
    await again.see(ASK)
    await again.tap("去记一下")
    await again.at("/do/c0001")
    await again.tap("挂断")
    await again.gone(ASK)
    assert facts(phone, "contact_attempt") == [{"outcome": "hung_up"}]
    assert await drafts.list_drafts(phone) == ()


async def test_two_calls_in_a_row_are_both_asked_for(phone: Phone, open_window: Open) -> None:
    screen = await open_window(phone, "/cases/c0001", FakeDevice())
    await screen.tap("电话和证件号")
    await screen.tap("打给本人")
    await screen.see("打给本人")
    await screen.tap("打给共同借款人 王德厚")
    await screen.see("打给共同借款人")
    await screen.tap("已联系上")
    await screen.see("今天 10:00 打给本人")
    await screen.tap("无人接听")
    await screen.gone(ASK)
    assert facts(phone, "contact_attempt") == [
        {"to": "co_borrower", "outcome": "reached"},
        {"outcome": "no_answer"},
    ]


async def test_more_is_written_in_the_form_which_knows_whom_and_when(
    phone: Phone, open_window: Open
) -> None:
    screen = await open_window(phone, "/cases/c0001", FakeDevice())
    await screen.tap("打给本人")
    await screen.tap("写详细些")
    await screen.see("打通了吗？")
    assert {"本人", "电话", "今天 10:00"} <= set(screen.chosen())
    await screen.tap("已联系上")
    await screen.tap("保存")
    await screen.at("/cases/c0001")
    await screen.gone(ASK)


async def test_not_now_leaves_a_draft(phone: Phone, open_window: Open) -> None:
    screen = await open_window(phone, "/cases/c0001", FakeDevice())
    await screen.tap("打给本人")
    await screen.tap("以后再记")
    await screen.see("恢复未完成的记录？")
    await screen.gone(ASK)
    assert [draft.form for draft in await drafts.list_drafts(phone)] == ["attempt"]


async def test_an_outcome_tapped_by_mistake_is_undone_and_asked_for_again(
    phone: Phone, open_window: Open
) -> None:
    screen = await open_window(phone, "/cases/c0001", FakeDevice())
    await screen.tap("打给本人")
    await screen.tap("停机/空号/错号")
    await screen.gone(ASK)
    await screen.tap("撤销")
    await screen.see(ASK)
    assert facts(phone, "contact_attempt") == []


async def test_the_daily_limit_is_shown_before_the_call_and_the_reason_recorded(
    phone: Phone, open_window: Open
) -> None:
    device = FakeDevice()
    screen = await open_window(phone, "/cases/c0001", device)
    for _ in range(6):
        await screen.tap("打给本人")
        await screen.tap("无人接听")
        await screen.gone(ASK)
    await screen.tap("电话和证件号")
    await screen.see("今天够了，明天再打，免得打扰人家。")
    await screen.tap("打给本人")
    await screen.tap("无人接听")
    await screen.see("今天打的次数已经够多了，明天再联系。")
    await screen.tap("保存")
    await screen.tap("情况紧急")
    await screen.at("/cases/c0001")
    assert len(device.dialled) == 7
    last = facts(phone, "contact_attempt")[-1]
    assert (last["flags"], last["flag_reason"]) == (["too_many_calls"], "情况紧急")
    assert all("flags" not in attempt for attempt in facts(phone, "contact_attempt")[:-1])


async def test_after_a_death_a_call_is_asked_about_first_and_its_reason_recorded(
    used_phone: Phone, open_window: Open
) -> None:
    device = FakeDevice()
    screen = await open_window(used_phone, "/cases/c0008", device)
    await screen.tap("电话和证件号")
    await screen.tap("打给本人")
    await screen.see("确实有事要打，请先选一个原因：")
    await screen.tap("不打了")
    await screen.gone("确实有事要打，请先选一个原因：")
    await screen.tap("打给共同借款人 王德厚")
    assert device.dialled == []
    await screen.tap("对方约的时间")
    await screen.tap("已联系上")
    await screen.gone(ASK)
    assert device.dialled == ["13855990001"]
    last = facts(used_phone, "contact_attempt")[-1]
    assert (last["flags"], last["flag_reason"]) == (["deceased"], "对方约的时间")


async def test_two_calls_after_a_death_keep_their_reasons_apart(
    used_phone: Phone, open_window: Open
) -> None:
    screen = await open_window(used_phone, "/cases/c0008", FakeDevice())
    await screen.tap("电话和证件号")
    for whom, why in (("打给本人", "情况紧急"), ("打给共同借款人 王德厚", "对方主动联系")):
        await screen.tap(whom)
        await screen.tap(why)
        await screen.gone("不打了")
    await screen.tap("已联系上")
    await screen.see("今天 10:00 打给本人")
    await screen.tap("停机/空号/错号")
    await screen.gone(ASK)
    assert [record["flag_reason"] for record in facts(used_phone, "contact_attempt")] == [
        "对方主动联系",
        "情况紧急",
    ]


async def test_a_message_after_the_last_call_of_the_day_is_not_flagged(
    phone: Phone, open_window: Open
) -> None:
    for _ in range(6):
        await records.record(phone, "c0001", ContactAttempt(outcome="no_answer"))
    screen = await open_window(phone, "/cases/c0001/attempt")
    await screen.see("今天打的次数已经够多了，明天再联系。")
    await screen.tap("微信")
    await screen.gone("今天打的次数已经够多了，明天再联系。")
    await screen.tap("已联系上")
    await screen.tap("保存")
    await screen.at("/cases/c0001")
    assert facts(phone, "contact_attempt")[-1] == {"channel": "wechat", "outcome": "reached"}


async def test_late_in_the_evening_a_call_is_advised_against(
    tmp_path: Path, open_window: Open
) -> None:
    late = await phone_with(tmp_path / "late", clock="2019-12-12T22:40+08:00")
    screen = await open_window(late, "/cases/c0001", FakeDevice())
    await screen.tap("电话和证件号")
    await screen.see("现在不在 8:00–22:00，最好别打电话。")
    late.store.close()


async def test_a_notice_left_with_a_neighbour_too_early_is_flagged_and_its_reason_kept_apart(
    phone: Phone, open_window: Open
) -> None:
    await settings.put(phone, "companions.last", ["何建军"])
    screen = await open_window(phone, "/cases/c0001/deliver")
    await screen.tap("转交")
    await screen.tap("邻居")
    await screen.see("还没有到找邻居或村干部的时候。")
    await screen.tap("保存")
    await screen.tap("对方主动联系")
    await screen.tap("回校后补拍")
    await screen.at("/cases/c0001")
    record = facts(phone, "notice_delivery")[0]
    assert record["flags"] == ["third_party_early", "no_photo"]
    assert record["flag_reason"] == "对方主动联系；回校后补拍"
    assert "note" not in record


async def test_a_visit_to_a_neighbour_too_early_is_flagged_and_recorded_with_its_reason(
    phone: Phone, open_window: Open
) -> None:
    await settings.put(phone, "companions.last", ["何建军"])
    screen = await open_window(phone, "/cases/c0001/visit")
    await screen.tap("邻居")
    await screen.see("还没有到找邻居或村干部的时候。")
    await screen.tap("对方主动联系")
    await screen.tap("不知还款/忘记账户密码")
    await screen.tap("保存")
    await screen.at("/cases/c0001")
    record = facts(phone, "visit")[0]
    assert (record["flags"], record["flag_reason"]) == (["third_party_early"], "对方主动联系")


async def test_the_first_answer_of_the_next_form_hides_the_undo_bar(
    phone: Phone, open_window: Open
) -> None:
    screen = await open_window(phone, "/cases/c0001/attempt")
    await screen.tap("无人接听")
    await screen.tap("保存")
    await screen.see("撤销")
    await screen.tap("新联系方式")
    await screen.see("王晓梅：已记在手机里")
    await screen.type("新电话号码", "1")
    await screen.gone("王晓梅：已记在手机里")
    await screen.back()
    await screen.see("刚记下")
    assert any(word.startswith("撤销") for word in screen.words())
