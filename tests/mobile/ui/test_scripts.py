"""Policy and scripts on the phone: a list that can be scanned, large words, one tap from the forms, no network."""

from __future__ import annotations

import msgspec
import pytest

from mobile.usecases import appearance
from mobile.usecases.appearance import Appearance
from mobile.usecases.phone import Phone
from shared.policy import PolicyPage
from shared.season import Season
from tests.mobile.ui.conftest import Open
from tests.support.phone.harness import FakeDevice, phone_lock_of


async def put_policy(phone: Phone, *pages: PolicyPage) -> None:
    """As if the office had sent these with a briefing."""
    briefing = await phone.store.meta.briefing()
    assert briefing is not None
    season: Season = msgspec.structs.replace(briefing.season, policy=pages)
    await phone.store.meta.put("briefing", msgspec.structs.replace(briefing, season=season))


async def test_scripts_stand_before_the_policy_and_each_opens(
    phone: Phone, open_window: Open
) -> None:
    screen = await open_window(phone, "/more/policy")
    await screen.see("家里有人去世")
    words = screen.words()
    assert (
        words.index("上门怎么说")
        < words.index("家里有人去世")
        < words.index("政策（附件4）")
        < words.index("怎样还款")
    )
    await screen.tap("家里有人去世")
    await screen.at("/more/policy/death")
    await screen.see("请您节哀")
    await screen.see("自己记着，不说出来")
    await screen.back()
    await screen.at("/more/policy")


async def test_what_is_for_the_teacher_stands_apart_without_its_brackets(
    phone: Phone, open_window: Open
) -> None:
    page = PolicyPage(
        key="own-1",
        section="script",
        title_zh="新说法",
        title_en="New",
        zh=("您好。", "(不争。)"),
        en=("Hello.",),
    )
    await put_policy(phone, page)
    screen = await open_window(phone, "/more/policy/own-1")
    await screen.see("您好。")
    words = screen.words()
    assert words.index("您好。") < words.index("自己记着，不说出来") < words.index("不争。")


async def test_the_hotline_goes_to_the_dialler(phone: Phone, open_window: Open) -> None:
    device = FakeDevice()
    screen = await open_window(phone, "/more/policy", device)
    await screen.tap("咨询电话 95593")
    assert device.dialled == ["95593"]


@pytest.mark.parametrize(
    ("form", "chosen", "title", "key"),
    [
        ("deliver", ("当面送达", "拒签"), "不愿签字\uff0c不愿谈", "refused"),
        ("deliver", ("当面送达", "不会写字·按手印"), "不识字\uff0c不会写字", "cannot-write"),
        ("visit", ("拒绝还款",), "不愿签字\uff0c不愿谈", "refused"),
        ("visit", ("对方称已还，待核实",), "对方说已经还了", "paid"),
    ],
)
async def test_the_fitting_script_is_one_tap_from_the_form_and_back_leads_to_it(
    phone: Phone, open_window: Open, form: str, chosen: tuple[str, ...], title: str, key: str
) -> None:
    screen = await open_window(phone, f"/cases/c0001/{form}")
    for words in chosen:
        await screen.tap(words)
    await screen.tap(f"这时怎么说 · {title}")
    await screen.at(f"/cases/c0001/{form}/script/{key}")
    await screen.see("可以这样说")
    await screen.back()
    await screen.at(f"/cases/c0001/{form}")
    await screen.see_chosen(chosen[-1])


async def test_a_death_in_a_visit_offers_its_words_at_once(phone: Phone, open_window: Open) -> None:
    screen = await open_window(phone, "/do/c0001/visit")
    await screen.tap("其他家人")
    await screen.tap("更多情况")
    await screen.tap("已去世")
    await screen.tap("这时怎么说 · 家里有人去世")
    await screen.see("今天什么都不谈")


async def test_a_script_the_centre_removed_is_offered_nowhere(
    phone: Phone, open_window: Open
) -> None:
    await put_policy(phone)
    screen = await open_window(phone, "/cases/c0001/deliver")
    await screen.tap("当面送达")
    await screen.tap("拒签")
    await screen.see("不签也没关系")
    await screen.gone("这时怎么说")
    gone = await open_window(phone, "/more/policy/refused")
    await gone.see("这一页县里已经取消")
    none = await open_window(phone, "/more/policy")
    await none.see("还没有政策页")


async def test_english_shows_english_and_falls_back_to_chinese(
    phone: Phone, open_window: Open
) -> None:
    await appearance.save((await phone_lock_of(phone)).ports.files, Appearance(language="en"))
    await put_policy(
        phone,
        PolicyPage(
            key="own-1", section="policy", title_zh="只有中文", title_en="", zh=("一句。",), en=()
        ),
    )
    screen = await open_window(phone, "/more/policy")
    await screen.tap("只有中文")
    await screen.see("一句。")
