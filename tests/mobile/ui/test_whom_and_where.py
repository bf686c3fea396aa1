"""Whom and where: full name and address for the teacher, hidden by one tap and by talking to somebody else."""

from __future__ import annotations

from pathlib import Path

from mobile.usecases import drafts, records, take_photo
from mobile.usecases.phone import Phone
from shared.ids import case_code, show_case_code
from shared.records.contact_update import ContactUpdate
from shared.records.visit import Visit
from shared.wire import CaseState
from tests.mobile.ui.conftest import Open
from tests.support.phone.harness import Screen
from tests.support.phone.pictures import slip
from tests.support.phone.records import facts
from tests.support.phone.seed import Seed, case, phone_with

HIDE, SHOW, HIDDEN = "旁边有人，先遮住", "显示姓名和住址", "姓名和住址已遮住"
SEARCH = "找人：姓名、拼音首字母、村或编号"
DOOR = "石桥村三组1号"


def text(screen: Screen) -> str:
    return "\n".join(screen.words())


async def test_one_tap_hides_names_and_addresses_on_every_screen_and_one_shows_them(
    phone: Phone, open_window: Open
) -> None:
    await drafts.save_draft(phone, "c0001", "visit", {"met": "self"})
    screen = await open_window(phone, "/")
    await screen.see("李㛃")
    await screen.tap(HIDE)
    await screen.see(HIDDEN)
    for route in ("/", "/cases", "/cases/c0001", "/cases/c0001/visit", "/outbox", "/done"):
        await screen.address(route)
        await screen.see(HIDDEN)
        assert not any(words in text(screen) for words in ("王晓梅", "李㛃", DOOR))
    await screen.tap(SHOW)
    await screen.gone(HIDDEN)
    await screen.address("/cases/c0001")
    await screen.see("王晓梅")
    await screen.see(DOOR)


async def test_talking_to_anybody_else_hides_name_and_address_and_keeps_the_answer(
    phone: Phone, open_window: Open
) -> None:
    screen = await open_window(phone, "/cases/c0001")
    await screen.see("王晓梅")
    await screen.tap("其他家人")
    await screen.see(HIDDEN)
    await screen.see("可以这样说")
    assert not any(words in screen.everywhere() for words in ("王晓梅", "王德厚"))
    assert DOOR not in text(screen)


async def test_talking_to_borrower_or_co_borrower_hides_nothing(
    phone: Phone, open_window: Open
) -> None:
    screen = await open_window(phone, "/cases/c0001")
    for who in ("本人", "共同借款人"):
        await screen.tap(who)
        await screen.see("3,576.29 元")
        assert HIDDEN not in screen.words()


async def test_hiding_closes_the_sum_and_the_number_that_are_shown(
    phone: Phone, open_window: Open
) -> None:
    screen = await open_window(phone, "/cases/c0001")
    await screen.tap("电话和证件号")
    await screen.hold("按住显示本人的完整号码")
    await screen.see("139 5599 0001")
    await screen.tap("本人")
    await screen.see("3,576.29 元")
    await screen.tap(HIDE)
    await screen.gone("3,576.29 元")
    await screen.gone("139 5599 0001")
    assert len(facts(phone, "disclosure")) == 2


async def test_hiding_clears_a_name_that_was_searched_for(phone: Phone, open_window: Open) -> None:
    screen = await open_window(phone, "/cases")
    await screen.type(SEARCH, "王晓梅")
    await screen.see("共 1 人")
    await screen.tap(HIDE)
    await screen.see("共 12 人")
    field = screen.field(SEARCH)
    assert field is not None
    assert field.value == ""


async def test_the_search_is_cleared_by_one_tap(phone: Phone, open_window: Open) -> None:
    screen = await open_window(phone, "/cases")
    await screen.type(SEARCH, "QH07-0001")
    await screen.see("共 1 人")
    await screen.tap("清空搜索")
    await screen.see("共 12 人")
    assert "清空搜索" not in screen.words()


async def test_two_people_of_one_name_in_one_village_are_told_apart(
    tmp_path: Path, open_window: Open
) -> None:
    phone = await phone_with(tmp_path / "two", Seed(count=5))
    await phone.store.cases.apply(
        [CaseState(case=case(5, name="王晓梅"), version=60)], [], set()
    )  # 1 and 5 are of 石桥村
    screen = await open_window(phone, "/cases")
    await screen.type(SEARCH, "王晓梅")
    await screen.see("共 2 人")
    words = screen.words()
    assert words.count("王晓梅") == 3, "the two rows and the field"
    codes = {show_case_code(case_code("QH07", number)) for number in (1, 5)}
    assert {"石桥村三组1号", "石桥村三组5号"} | codes <= set(words)
    phone.store.close()


async def test_an_address_just_saved_stands_in_row_and_case_with_its_source_before_the_lists(
    phone: Phone, open_window: Open
) -> None:
    body = ContactUpdate(
        field="address", value="东李洼村3组12号,村卫生室后面第二家", source="family"
    )
    await records.record(phone, "c0001", body)
    screen = await open_window(phone, "/cases")
    await screen.type(SEARCH, "卫生室")
    await screen.see("东李洼村3组12号,村卫生室后面第二家")
    await screen.see("12月12日记下·其他家人提供·待学校核对 · 名单上：石桥村三组1号")
    await screen.tap("王晓梅")
    await screen.see("您在和谁说话？")
    words = text(screen)
    listed = words.index("名单上：陕西省青槐县槐荫镇石桥村三组1号")
    assert words.index("村卫生室后面第二家") < words.index("待学校核对") < listed


async def test_the_list_is_in_villages_with_counts_that_fold(
    phone: Phone, open_window: Open
) -> None:
    screen = await open_window(phone, "/cases")
    await screen.see("3 人，还要去 3 家")
    await screen.see("王晓梅")
    await screen.tap("石桥村")
    await screen.gone("王晓梅")
    await screen.tap("收起各村")
    await screen.gone("李㛃")
    await screen.tap("展开各村")
    await screen.see("王晓梅")


async def test_one_tap_leads_from_saving_to_the_next_door(phone: Phone, open_window: Open) -> None:
    screen = await open_window(phone, "/do/c0001/attempt")
    await screen.tap("无人接听")
    await screen.tap("保存")
    await screen.at("/do/c0001")
    await screen.see("同村下一家（石桥村还剩 2 家）")
    await screen.tap("石桥村三组5号")
    await screen.at("/do/c0005")
    assert "同村下一家" not in text(screen)


async def test_what_was_done_today_is_counted_and_listed(phone: Phone, open_window: Open) -> None:
    screen = await open_window(phone, "/do/c0001/attempt")
    await screen.tap("无人接听")
    await screen.tap("保存")
    await screen.at("/do/c0001")
    await screen.address("/")
    await screen.see("还剩 12 家")
    await screen.tap("今天办了 1 家")
    await screen.at("/done")
    await screen.see("王晓梅")
    await screen.see(DOOR)
    await screen.see("无人接听")


async def test_the_promises_of_the_day_are_a_line_in_the_morning(
    used_phone: Phone, open_window: Open
) -> None:
    screen = await open_window(used_phone)
    await screen.tap("今天有 1 人承诺还款")
    await screen.at("/cases")
    await screen.see("共 1 人")
    await screen.see("阿依古丽·买买提")


async def test_the_case_has_its_actions_first_and_its_numbers_folded(
    phone: Phone, open_window: Open
) -> None:
    screen = await open_window(phone, "/cases/c0001")
    await screen.see("您在和谁说话？")
    words = screen.words()
    assert words.index("要记什么？") < words.index("您在和谁说话？") < words.index("电话和证件号")
    assert "139****0001" not in words


async def test_the_help_of_the_app_is_one_page(phone: Phone, open_window: Open) -> None:
    screen = await open_window(phone, "/more")
    await screen.tap("使用帮助")
    await screen.at("/more/help")
    await screen.see("忘记密码、换手机")


async def test_hiding_masks_the_name_in_the_notice_and_undo_stays(
    phone: Phone, open_window: Open
) -> None:
    screen = await open_window(phone, "/do/c0001/attempt")
    await screen.tap("无人接听")
    await screen.tap("保存")
    await screen.see("王晓梅：已记在手机里")
    await screen.tap(HIDE)
    await screen.see("王*：已记在手机里")
    assert "王晓梅" not in text(screen)
    await screen.tap("撤销")
    assert not facts(phone, "contact_attempt")


async def test_every_screen_that_names_somebody_can_be_covered(
    phone: Phone, open_window: Open
) -> None:
    line = await records.record(phone, "c0001", Visit(met="self", outcome="refused"))
    screen = await open_window(phone, "/")
    for route in ("/", "/cases", "/cases/c0001", "/done", "/outbox", f"/outbox/record/{line.fact}"):
        await screen.address(route)
        await screen.see("王晓梅")
        await screen.tap(HIDE)
        await screen.gone("王晓梅")
        await screen.tap(SHOW)
        await screen.see("王晓梅")


async def test_what_was_written_and_photographed_is_covered_on_the_page_of_a_record(
    phone: Phone, open_window: Open
) -> None:
    taken = await take_photo.take_photo(phone, slip(), case_id="c0001")
    body = Visit(met="family", outcome="refused", note="王晓梅的父亲王德厚在家")
    line = await records.record(phone, "c0001", body, (taken.sha256,))
    screen = await open_window(phone, f"/cases/c0001/record/{line.fact}")
    await screen.see("王德厚")
    await screen.see("看大图")
    await screen.tap(HIDE)
    await screen.gone("王德厚")
    await screen.gone("看大图")
    await screen.see("照片也先不显示")
    await screen.see("其他家人")
