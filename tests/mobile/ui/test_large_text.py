"""At 200 % on a small phone: what stands beside each other may stand below each other, and nothing is cut off."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import flet as ft
import pytest

from mobile.i18n import Tongue
from mobile.ui.app.theme import DARK, ICON_PADDING, LIGHT, SIZES, SWITCH_PADDING, theme
from mobile.ui.components.button import link, primary, secondary
from mobile.ui.components.keypad import SMALL_KEY_PX
from mobile.usecases import appearance
from mobile.usecases.appearance import Appearance
from mobile.usecases.phone import Phone
from mobile.usecases.records import record
from shared.records.visit import Visit
from tests.mobile.ui.conftest import Open
from tests.support.phone.harness import LEAST_PX, Screen, phone_lock_of, walk
from tests.support.phone.seed import lived_in


@pytest.fixture
async def large(phone: Phone) -> Phone:
    """The phone of somebody who reads at the largest size."""
    await appearance.save((await phone_lock_of(phone)).ports.files, Appearance(scale=2.0))
    return phone


def beside(screen: Screen, words: str) -> ft.Row:
    """The row that `words` stand in."""
    rows = [c for c in walk(screen.top()) if isinstance(c, ft.Row)]
    return next(
        row
        for row in rows
        if any(isinstance(c, ft.Text) and c.value == words for c in row.controls)
    )


async def test_the_sums_names_and_years_of_a_case_are_set_below_each_other(
    large: Phone, open_window: Open
) -> None:
    # two of its contracts and more have lines of their own
    screen = await open_window(large, "/cases/c0002")
    await screen.tap("本人")
    for words in ("今年应还", "本金", "2014-2015学年合同"):
        await screen.see(words)
        assert beside(screen, words).wrap


async def test_what_to_say_first_may_take_two_lines(large: Phone, open_window: Open) -> None:
    screen = await open_window(large, "/cases/c0001")
    await screen.tap("邻居")
    await screen.see("先别找邻居、村干部")
    head = next(
        c for c in walk(screen.top()) if isinstance(c, ft.Text) and c.value == "先别找邻居、村干部"
    )
    assert head.expand


async def test_a_long_village_does_not_squeeze_a_name(large: Phone, open_window: Open) -> None:
    screen = await open_window(large, "/cases/c0001/visit")
    await screen.see("石桥村")
    assert beside(screen, "石桥村").wrap


async def test_what_one_can_do_is_named_whole(large: Phone, open_window: Open) -> None:
    screen = await open_window(large, "/cases/c0001")
    await screen.see("新联系方式")
    name = next(c for c in walk(screen.top()) if isinstance(c, ft.Text) and c.value == "新联系方式")
    assert name.max_lines is None


async def test_a_label_stands_above_its_field_in_full_size_and_still_names_it(
    large: Phone, open_window: Open
) -> None:
    screen = await open_window(large, "/cases/c0001/update")
    await screen.see("新电话号码")
    above = [c for c in walk(screen.top()) if isinstance(c, ft.Text) and c.value == "新电话号码"]
    assert [(c.max_lines, c.theme_style) for c in above] == [(None, ft.TextThemeStyle.BODY_MEDIUM)]
    await screen.type("新电话号码", "13912345678")
    field = screen.field("新电话号码")
    assert field is not None
    assert field.value == "13912345678"


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_the_back_arrow_and_a_switch_are_large_enough_on_every_platform(
    palette: dict[str, str],
) -> None:
    buttons = theme(1.0, None, palette).icon_button_theme
    assert buttons is not None
    assert buttons.style is not None
    assert buttons.style.padding == ICON_PADDING
    assert ICON_PADDING.top + 24 + ICON_PADDING.bottom >= LEAST_PX
    assert SWITCH_PADDING.top + 40 + SWITCH_PADDING.bottom >= LEAST_PX


@pytest.mark.parametrize("make", [primary, secondary, link])
def test_a_button_is_as_high_as_its_words_and_never_too_low(make: Callable[..., Any]) -> None:
    button = make("请在手机设置里打开自动设置日期和时间")
    assert button.height is None  # two lines in large text are not cut
    margins = button.style.padding
    assert margins.top + SIZES["label_large"] * 1.4 + margins.bottom >= LEAST_PX


async def test_the_keypad_is_lower_in_large_text_but_no_key_too_low(
    large: Phone, open_window: Open
) -> None:
    screen = await open_window(large, "/more/pin")
    await screen.see("先输入现在的密码")
    keys = [c for c in walk(screen.top()) if isinstance(c, ft.Container) and c.height]
    heights = {c.height for c in keys if c.border_radius == 18}
    assert heights == {SMALL_KEY_PX}
    assert SMALL_KEY_PX >= LEAST_PX


async def test_the_name_of_a_case_stands_whole_below_the_bar_that_cuts_it(
    large: Phone, open_window: Open
) -> None:
    screen = await open_window(large, "/cases/c0003")
    await screen.see("要记什么？")
    named = [c for c in walk(screen.top()) if isinstance(c, ft.Text) and c.max_lines is None]
    assert "阿依古丽·买买提" in [c.value for c in named]


async def test_a_bar_counts_what_is_unsent_by_the_number_alone(
    large: Phone, open_window: Open
) -> None:
    await record(large, "c0001", Visit(met="self", outcome="refused"))
    screen = await open_window(large, "/cases/c0001/visit")
    await screen.see("见到了谁？")
    bar = screen.top().appbar
    (count,) = [c for c in walk(bar.actions) if isinstance(c, ft.Text)]
    assert (count.value, count.semantics_label) == ("1", Tongue("zh")("outbox.count", count=1))


async def test_people_come_first_on_today_whatever_came_back_or_waits(
    tmp_path: Path, open_window: Open
) -> None:
    phone = await lived_in(tmp_path / "used")
    files = (await phone_lock_of(phone)).ports.files
    await appearance.save(files, Appearance(scale=1.6))
    screen = await open_window(phone)
    await screen.see("接下来")
    words = screen.words()
    people = words.index("接下来")
    for line in ("被退回 1 条", "今天办了"):
        assert people < next(at for at, said in enumerate(words) if line in said), line
    phone.store.close()


async def test_the_line_that_names_are_masked_leaves_room_for_its_words(
    large: Phone, open_window: Open
) -> None:
    screen = await open_window(large, "/cases/c0001")
    await screen.tap("旁边有人，先遮住")
    await screen.see("姓名和住址已遮住")
    rows = [c for c in walk(screen.top()) if isinstance(c, ft.Row) and c.wrap]
    assert any("姓名和住址已遮住" in _texts(row) for row in rows)


def _texts(row: ft.Row) -> list[str]:
    return [c.value for c in walk(row) if isinstance(c, ft.Text)]
