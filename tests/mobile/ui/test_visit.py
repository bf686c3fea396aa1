"""One visit: eight taps, companions, promises, rules that speak first and never refuse."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from mobile.usecases import appearance, drafts, records, settings
from mobile.usecases.appearance import Appearance
from mobile.usecases.phone import Phone
from shared.records.base import Position
from shared.records.visit import Visit
from shared.season import Limits
from tests.mobile.ui.conftest import Open
from tests.support.phone.harness import FakeDevice, Screen, phone_lock_of
from tests.support.phone.records import facts
from tests.support.phone.seed import Seed, phone_with


async def test_a_promise_takes_at_most_eight_taps_and_no_typing(
    phone: Phone, open_window: Open
) -> None:
    await settings.put(phone, "companions.last", ["何建军"])
    screen = await open_window(phone, "/do/c0001")
    await screen.see("您在和谁说话？")
    screen.taps = 0
    await screen.tap("上门走访")
    await screen.see("见到了谁？")
    await screen.tap("本人")
    await screen.tap("承诺还款")
    await screen.tap("12月20日（应还日）")
    await screen.tap("已讲解还款办法")
    await screen.tap("保存")
    await screen.at("/do/c0001")
    assert screen.taps <= 8
    assert facts(phone, "visit") == [
        {
            "met": "self",
            "outcome": "promised",
            "visitors": ["林秀英", "何建军"],
            "promise_date": "2019-12-20",
            "note": "已讲解还款办法。",
        }
    ]


async def test_a_companion_whose_name_was_corrected_is_chosen_under_the_right_one(
    phone: Phone, open_window: Open
) -> None:
    await settings.put(phone, "companions.last", ["何健军", "林秀瑛"])
    briefing = await phone.store.meta.briefing()
    assert briefing is not None
    renamed = {"何健军": "何建军", "林秀瑛": "林秀英"}
    await phone.store.meta.put("briefing", msgspec.structs.replace(briefing, renamed=renamed))
    screen = await open_window(phone, "/cases/c0001/visit")
    await screen.tap("无人")
    await screen.tap("保存")
    await screen.at("/cases/c0001")
    (visit,) = facts(phone, "visit")
    assert visit["visitors"] == ["林秀英", "何建军"]


async def test_the_next_visit_has_the_same_companion_chosen_already(
    phone: Phone, open_window: Open
) -> None:
    screen = await open_window(phone, "/cases/c0001/visit")
    await screen.tap("何建军")
    await screen.tap("无人")
    await screen.tap("保存")
    await screen.at("/cases/c0001")
    other = await open_window(phone, "/cases/c0002/visit")
    await other.see("见到了谁？")
    assert {"林秀英（我）", "何建军"} <= set(other.chosen())


async def test_a_companion_the_school_does_not_know_is_typed(
    phone: Phone, open_window: Open
) -> None:
    screen = await open_window(phone, "/cases/c0001/visit")
    await screen.tap("其他人")
    await screen.type("姓名", "赵村长")
    await screen.tap("好")
    await screen.tap("无人")
    await screen.tap("保存")
    await screen.at("/cases/c0001")
    assert facts(phone, "visit")[0]["visitors"] == ["林秀英", "赵村长"]


async def test_a_phrase_that_would_pass_the_limit_of_the_note_is_not_added(
    phone: Phone, open_window: Open
) -> None:
    fields = {"met": "self", "outcome": "hardship", "note": "长" * 3995}
    await drafts.save_draft(phone, "c0001", "visit", fields)
    screen = await open_window(phone, "/cases/c0001/visit")
    await screen.tap("已讲解还款办法")
    await screen.see("“备注”不合要求：最多 4000 个字")
    assert "已讲解还款办法" not in screen.chosen()


async def test_more_companions_than_a_record_takes_are_not_added(
    phone: Phone, open_window: Open
) -> None:
    went = ["林秀英", *(f"同事{n}" for n in range(29))]
    await settings.put(phone, "companions.last", went[1:])
    screen = await open_window(phone, "/cases/c0001/visit")
    await screen.tap("其他人")
    await screen.type("姓名", "赵村长")
    await screen.tap("好")
    await screen.see("“走访人”不合要求：最多 30 个")
    await screen.tap("无人")
    await screen.tap("保存")
    await screen.at("/cases/c0001")
    assert facts(phone, "visit")[0]["visitors"] == went


async def test_nobody_home_needs_no_second_answer(phone: Phone, open_window: Open) -> None:
    screen = await open_window(phone, "/cases/c0001/visit")
    await screen.tap("无人")
    assert "无人在家" in screen.chosen()


async def test_a_promise_needs_its_day(phone: Phone, open_window: Open) -> None:
    screen = await open_window(phone, "/cases/c0001/visit")
    await screen.tap("本人")
    await screen.tap("承诺还款")
    await screen.tap("保存")
    await screen.see("还差：说好哪天还？")


async def test_late_in_the_evening_the_app_warns_and_records_the_reason(
    tmp_path: Path, open_window: Open
) -> None:
    late = await phone_with(tmp_path / "late", clock="2019-12-12T22:40+08:00")
    await settings.put(late, "companions.last", ["何建军"])
    screen = await open_window(late, "/cases/c0001/visit")
    await screen.see("现在不在 8:00–22:00 之间，建议换个时间去。")
    await screen.tap("对方约的时间")
    await screen.tap("本人")
    await screen.tap("家庭经济困难")
    await screen.tap("保存")
    await screen.at("/cases/c0001")
    record = facts(late, "visit")[0]
    assert record["flags"] == ["outside_hours"]
    assert record["flag_reason"] == "对方约的时间"
    late.store.close()


async def alone_at_a_neighbours(phone: Phone, open_window: Open) -> Screen:
    """A visit that two rules ask a reason for, each in its own panel."""
    screen = await open_window(phone, "/cases/c0001/visit")
    await screen.tap("邻居")
    await screen.see("还没有到找邻居或村干部的时候")
    return await screen.see("最好 2 个人一起去")


async def test_one_reason_that_two_rules_accept_is_given_once(
    phone: Phone, open_window: Open
) -> None:
    screen = await alone_at_a_neighbours(phone, open_window)
    assert "路上偶遇" not in screen.chosen()
    await screen.tap("路上偶遇")
    assert screen.chosen().count("路上偶遇") == 2
    await screen.tap("家庭经济困难")
    await screen.tap("保存")
    await screen.at("/cases/c0001")
    record = facts(phone, "visit")[0]
    assert set(record["flags"]) == {"alone", "third_party_early"}
    assert record["flag_reason"] == "路上偶遇"


async def test_a_reason_of_one_rule_alone_does_not_answer_the_other(
    phone: Phone, open_window: Open
) -> None:
    screen = await alone_at_a_neighbours(phone, open_window)
    await screen.tap("没有安排同行老师")
    await screen.tap("路上偶遇")
    assert screen.chosen().count("路上偶遇") == 1
    assert "没有安排同行老师" in screen.chosen()


async def test_a_reason_taken_over_goes_when_the_answer_changes(
    phone: Phone, open_window: Open
) -> None:
    screen = await alone_at_a_neighbours(phone, open_window)
    await screen.tap("路上偶遇")
    await screen.tap("对方主动联系")
    assert "路上偶遇" not in screen.chosen()
    for words in ("家庭经济困难", "保存"):
        await screen.tap(words)
    await screen.see("回去再改改")  # the other rule asks for its own
    assert "没有安排同行老师" in screen.words()


async def test_at_night_after_a_death_both_warnings_are_shown_and_a_promise_is_no_usual_answer(
    tmp_path: Path, open_window: Open
) -> None:
    late = await phone_with(
        tmp_path / "late", Seed(states={1: {"deceased": True}}), "2019-12-12T22:40+08:00"
    )
    await settings.put(late, "companions.last", ["何建军"])
    screen = await open_window(late, "/cases/c0001/visit")
    await screen.see("这位同学已经去世")
    await screen.see("不再走访，不再打电话。如遇家属，请先致以慰问。")
    await screen.see("现在不在 8:00–22:00 之间，建议换个时间去。")
    assert "承诺还款" not in screen.words()
    for words in ("其他家人", "已去世", "保存", "对方约的时间"):
        await screen.tap(words)
    await screen.at("/cases/c0001")
    record = facts(late, "visit")[0]
    assert (record["flags"], record["flag_reason"]) == (
        ["deceased", "outside_hours"],
        "对方约的时间",
    )
    late.store.close()


async def test_all_answers_of_the_season_are_behind_one_tap(
    phone: Phone, open_window: Open
) -> None:
    screen = await open_window(phone, "/cases/c0001/visit")
    await screen.see("结果怎样？")
    assert "服兵役" not in screen.words()
    await screen.tap("更多情况")
    await screen.see("服兵役")


async def test_a_phrase_tapped_twice_is_removed_again(phone: Phone, open_window: Open) -> None:
    screen = await open_window(phone, "/cases/c0001/visit")
    await screen.tap("家人愿意转告")
    field = screen.field("在这里改或接着写")
    assert field is not None
    assert field.value == "家人愿意转告。"
    await screen.tap("家人愿意转告")
    field = screen.field("在这里改或接着写")
    assert field is not None
    assert field.value == ""


async def test_a_position_is_kept_only_when_asked_for(phone: Phone, open_window: Open) -> None:
    device = FakeDevice(here=Position(latitude_deg=35.123, longitude_deg=109.568, accuracy_m=30.0))
    screen = await open_window(phone, "/cases/c0001/visit", device)
    await screen.tap("何建军")
    await screen.tap("记下大概位置（可不记）")
    await screen.see("已记大概位置（约一百米）")
    await screen.tap("无人")
    await screen.tap("保存")
    await screen.at("/cases/c0001")
    position = facts(phone, "visit")[0]["position"]
    assert position == {
        "latitude_deg": 35.123,
        "longitude_deg": 109.568,
        "accuracy_m": 30.0,
        "crs": "WGS84",
    }


async def test_a_record_can_be_saved_without_a_position(phone: Phone, open_window: Open) -> None:
    screen = await open_window(phone, "/cases/c0001/visit")
    await screen.tap("记下大概位置（可不记）")
    await screen.see("没有定到位，不影响保存")


async def test_a_time_to_come_and_a_promise_before_the_visit_are_pointed_out(
    phone: Phone, open_window: Open
) -> None:
    now = phone.now()
    ahead = {
        "met": "self",
        "outcome": "promised",
        "promise_date": now.date().isoformat(),
        "when": "",
    }
    await drafts.save_draft(
        phone, "c0001", "visit", ahead | {"when": (now + timedelta(hours=5)).isoformat()}
    )
    screen = await open_window(phone, "/cases/c0001/visit")
    await screen.see("这个时间还没到")
    assert not any("承诺的日子在走访之前" in line for line in screen.words())
    await drafts.save_draft(
        phone, "c0002", "visit", ahead | {"when": (now + timedelta(days=1)).isoformat()}
    )
    screen = await open_window(phone, "/cases/c0002/visit")
    await screen.see("承诺的日子在走访之前")


@pytest.mark.parametrize(
    ("language", "people", "words"),
    [
        (
            "zh",
            ("见到了谁？", "邻居", "电话和证件号"),
            (
                "现在不在 9:00–20:00 之间，建议换个时间去。",
                "最好 3 个人一起去。",
                "和另一次走访相隔不到 72 小时。",
                "现在不在 9:00–20:00，最好别打电话。",
                "现在不在 9:00–20:00 之间，建议换个时间联系。",
                "先联系本人或共同借款人：号码无效，或 2 次没有联系上，才请他人转告。",
            ),
        ),
        (
            "en",
            ("Whom did you meet?", "neighbour", "Phones and ID number"),
            (
                "It is outside 9:00–20:00; another time would be better.",
                "Better to go with 3 people.",
                "Less than 72 hours from another visit.",
                "It is outside 9:00–20:00; better not to call now.",
                "It is outside 9:00–20:00. Another time would be better.",
                "Try the borrower or co-borrower first: an invalid number or 2 failed tries open this.",
            ),
        ),
    ],
)
async def test_the_rules_are_shown_with_the_numbers_the_county_set(
    tmp_path: Path,
    open_window: Open,
    language: str,
    people: tuple[str, ...],
    words: tuple[str, ...],
) -> None:
    phone = await phone_with(tmp_path / "own", clock="2019-12-12T20:30+08:00")
    await own_limits(phone)
    await records.record(
        phone, "c0001", Visit(met="family", outcome="hardship", visitors=("林秀英",))
    )
    await appearance.save((await phone_lock_of(phone)).ports.files, Appearance(language=language))
    ask, neighbour, numbers = people
    hours, pair, apart, no_call, no_try, first = words
    screen = await open_window(phone, "/cases/c0001/visit")
    await screen.see(ask)
    for line in (hours, pair, apart):
        await screen.see(line)
    screen = await open_window(phone, "/cases/c0001")
    await screen.tap(numbers)
    await screen.see(no_call)
    await screen.tap(neighbour)
    await screen.see(first)
    screen = await open_window(phone, "/cases/c0001/attempt")
    await screen.see(no_try)
    phone.store.close()


async def own_limits(phone: Phone) -> None:
    """A county with limits of its own."""
    briefing = await phone.store.meta.briefing()
    assert briefing is not None
    limits = Limits(
        visit_from_hour=9,
        visit_until_hour=20,
        visitors=3,
        failures_before_third_party=2,
        days_between_visits=3,
    )
    season = msgspec.structs.replace(briefing.season, limits=limits)
    await phone.store.meta.put("briefing", msgspec.structs.replace(briefing, season=season))


async def test_the_question_at_saving_has_the_county_s_numbers_too(
    phone: Phone, open_window: Open
) -> None:
    await own_limits(phone)
    screen = await open_window(phone, "/cases/c0001/visit")
    for words in ("本人", "家庭经济困难", "保存"):
        await screen.tap(words)
    await screen.see("回去再改改")
    await screen.see("最好 3 个人一起去。")
