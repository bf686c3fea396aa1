"""Today: what is to do, what came back, whether one may stop thinking about sync."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobile.store.meta import SyncState
from mobile.usecases.drafts import save_draft
from mobile.usecases.phone import Phone
from mobile.usecases.records import record
from mobile.usecases.retention import delete_expired
from shared.records.visit import Visit
from tests.mobile.ui.conftest import Open
from tests.support.phone.seed import phone_with


async def test_today_names_the_phase_the_deadline_and_the_days_left(
    phone: Phone, open_window: Open
) -> None:
    screen = await open_window(phone)
    await screen.see("上门走访")
    await screen.see("请在 12月18日 前办完")
    assert "6" in screen.words()


async def test_a_demonstration_clock_is_shown(phone: Phone, open_window: Open) -> None:
    screen = await open_window(phone)
    await screen.see("演示时间")


async def test_a_clock_that_is_days_off_is_said_kindly_and_once(
    tmp_path: Path, open_window: Open
) -> None:
    phone = await phone_with(tmp_path / "phone", clock="")
    state = SyncState(
        refreshed_at="2019-12-05T10:00:00+08:00", office_at="2020-01-02T10:00:00+08:00"
    )
    await phone.store.meta.put("sync", state)
    screen = await open_window(phone)
    await screen.see("手机上是 2019年12月5日，学校的服务器是 2020年1月2日")
    await screen.tap("知道了")
    await screen.gone("手机的日期可能不对")
    phone.store.close()


async def test_with_nothing_unsent_today_shows_that_all_is_sent(
    phone: Phone, open_window: Open
) -> None:
    screen = await open_window(phone)
    await screen.see("全部已上交，可以放心")


async def test_a_returned_record_stands_above_everything_with_its_comment(
    used_phone: Phone, open_window: Open
) -> None:
    screen = await open_window(used_phone)
    await screen.tap("被退回 1 条")
    await screen.see("回执照片里签名看不清,请补拍一张。")
    words = screen.words()
    assert words.index("欧阳明远 的记录被退回") < words.index("接下来")


async def test_unsent_work_is_counted_in_records(used_phone: Phone, open_window: Open) -> None:
    screen = await open_window(used_phone)
    await screen.see("未上交：4 条记录")


async def test_all_sent_is_not_said_while_a_record_is_returned(
    used_phone: Phone, open_window: Open
) -> None:
    for kept in used_phone.store.facts.unsent():
        used_phone.store.facts.mark_sent(kept.id, 1)
    screen = await open_window(used_phone)
    await screen.see("被退回 1 条")
    assert "全部已上交，可以放心" not in screen.words()


async def test_unsent_work_that_the_browser_may_clear_is_warned_of_on_today(
    used_phone: Phone, open_window: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(used_phone.disk, "promised", lambda: False)
    screen = await open_window(used_phone)
    await screen.tap("手机空间紧张时，浏览器可能清掉没上交的，请尽快同步")
    await screen.at("/more/storage")


async def test_no_amount_and_no_number_is_on_today(used_phone: Phone, open_window: Open) -> None:
    screen = await open_window(used_phone)
    await screen.see("接下来")
    text = "\n".join(screen.words())
    assert "元" not in text
    assert "13955990002" not in text


async def test_a_tile_opens_the_list_with_its_filter(phone: Phone, open_window: Open) -> None:
    screen = await open_window(phone)
    await screen.tap("待送达")
    await screen.see("共 12 人")
    assert "待送达" in screen.chosen()


async def test_a_row_opens_the_case_and_back_leads_home(phone: Phone, open_window: Open) -> None:
    screen = await open_window(phone)
    await screen.tap("李㛃")
    await screen.see("您在和谁说话？")
    await screen.back()
    await screen.at("/")
    await screen.see("接下来")


async def test_an_unknown_address_leads_home(phone: Phone, open_window: Open) -> None:
    screen = await open_window(phone, "/nowhere/at/all")
    await screen.at("/")
    await screen.see("接下来")


AFTER = "2020-02-03T09:00+08:00"


async def test_after_the_season_today_thanks_and_asks_for_nothing(
    tmp_path: Path, open_window: Open
) -> None:
    phone = await phone_with(tmp_path / "after", clock=AFTER)
    await delete_expired(phone)
    screen = await open_window(phone)
    await screen.see("今年的走访结束了")
    await screen.see("已从这部手机里清除")
    words = "\n".join(screen.words())
    assert not any(sentence in words for sentence in ("还没有名单", "截止日", "接下来", "立即同步"))
    await screen.tab(1)
    await screen.see("今年的走访结束了")
    phone.store.close()


async def test_after_the_season_what_was_never_handed_in_is_the_one_thing_left(
    tmp_path: Path, open_window: Open
) -> None:
    phone = await phone_with(tmp_path / "after", clock=AFTER)
    line = await record(
        phone, "c0001", Visit(met="self", outcome="promised", promise_date="2020-02-04")
    )
    await phone.store.facts.join(line.fact)
    await delete_expired(phone)
    screen = await open_window(phone)
    await screen.see("未上交：1 条记录")
    await screen.see("只差还没上交的")
    await screen.tap("去同步")
    await screen.at("/outbox")
    phone.store.close()


async def test_after_the_season_a_form_not_finished_is_still_offered(
    tmp_path: Path, open_window: Open
) -> None:
    phone = await phone_with(tmp_path / "after", clock=AFTER)
    await save_draft(phone, "c0001", "statement", {"reason": "hardship", "narrative": "老人住院"})
    await delete_expired(phone)
    screen = await open_window(phone)
    await screen.see("没写完的还给您留着")
    await screen.tap("接着写")
    await screen.at("/do/c0001/statement")
    await screen.see("老人住院")
    phone.store.close()
