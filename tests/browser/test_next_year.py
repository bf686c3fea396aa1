"""From 2026 to 2027 with the same phone, server and console: what was recorded last year is handed in, and the next begins.

The visit of 2026 is on the phone alone when the office opens 2027. A teacher has left meanwhile. A liaison, made from an
activation link, lets the phone go on by one tap. Afterwards each visit stands in the pages of its own year.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from shared.clock import anchored
from shared.typography import full_width
from tests.support import other_county as county
from tests.support.browser.office_window import OfficeWindow
from tests.support.browser.waits import eventually
from tests.support.browser.whole_season import (
    FIRST,
    SCHOOL,
    VISITS,
    LookedScreen,
    Season,
    check_the_texts_and_open,
    confirm_every_page,
    enrol_a_phone,
    import_file,
    import_the_lists,
    set_up,
)
from tests.support.forked import ForkedPhone

pytestmark = pytest.mark.extended

SWITCH = "2027-11-08T09:00+08:00"
LEAVES = "马援朝"
LIAISON = {"name": "shiwen", "shown": "史文"}
PASSWORD = "correct horse 2"
NOW_DUE = (county.PEOPLE[1], *county.PEOPLE[4:])
"""Who is on the list of 2027; the person who was visited in 2026 is not."""


class Years(Season):
    """A season, and what goes on from it into the next one."""

    screen: LookedScreen
    liaison: OfficeWindow
    second: ForkedPhone | None = None

    def unfolded(self, path: str) -> OfficeWindow:
        """A page with everything folded open."""
        office = self.office.open(path)
        office.page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        return office

    def close(self) -> None:
        if self.second is not None:
            self.second.stop()
        super().close()


@pytest.fixture
def years(browser: Browser, tmp_path: Path) -> Iterator[Years]:
    made = Years(browser, tmp_path)
    yield made
    made.close()


def test_a_phone_hands_in_last_years_visit_and_goes_on_into_the_next_year(years: Years) -> None:
    years.starts(FIRST)
    steps: tuple[Callable[[Years], None], ...] = (
        set_up,
        check_the_texts_and_open,
        _keep_the_data_until_the_next_autumn,
        import_the_lists,
        enrol_a_phone,
        _enrol_who_will_leave,
        _visit_offline,
        _switch_off_who_left,
        _make_2027,
        _close_2026_and_open_2027,
        _hand_in_what_was_left,
        _confirm_by_one_tap,
        _visit_in_2027,
        _each_visit_in_its_own_year,
    )
    for step in steps:
        step(years)
        assert years.looked.found == [], step.__name__


def switch_to(office: OfficeWindow, year: str) -> OfficeWindow:
    """Look at another season."""
    office.page.locator("form.season-switch select").select_option(year)
    with office.page.expect_navigation():
        office.page.locator("form.season-switch button").click()
    return office.look()


def _keep_the_data_until_the_next_autumn(years: Years) -> None:
    office = years.unfolded("/seasons/2026").fill(retain_until="2027-12-15")
    office.press("保存").see("已保存 1 处改动")


def _enrol_who_will_leave(years: Years) -> None:
    """A second phone, of the core without screens."""
    office = years.office.open(f"{SCHOOL}/phones")
    office.fill(teacher=LEAVES).press("发登记码").see("登记码")
    code = "".join(office.page.locator(".digits").inner_text().split())
    clock = years.server.environ["DOORSTEP_CLOCK"]
    years.second = ForkedPhone(years.folder / "second", LEAVES, "01", clock)
    years.second.ask("enrol", url=years.url, code=code)
    office.open(f"{SCHOOL}/phones").press(f"是 {LEAVES} 的,确认")
    assert years.second.ask("sync")["ok"]


def _visit_offline(years: Years) -> None:
    """With no network, in the week of visits; it stays on the phone."""
    years.server.stop()
    years.phone.clock = anchored(VISITS, datetime.now(UTC))
    screen = years.phone_opens().open().see(county.VISITED.name)
    _visit(screen, county.VISITED.name)
    screen.tap("同步").see("未上交")
    years.phone.stop()  # switched off: it would hand in by itself as soon as the server is back


def _visit(screen: LookedScreen, name: str) -> None:
    screen.tap(name, exact=False).see("要记什么？").tap("本人").see("应还日")
    screen.tap("上门走访").see("见到了谁？").tap("本人").tap("家庭经济困难").tap("情况紧急")
    screen.tap("保存").see("待说明").back().see("接下来")


def _switch_off_who_left(years: Years) -> None:
    """In the next autumn, before anything else: one page, one press, and the phone is stopped."""
    years.starts(SWITCH)
    office = years.office
    years.unfolded(f"{SCHOOL}/teachers")
    card = office.page.locator(f"tr:has(td:first-child b:text-is('{LEAVES}'))")
    card.locator("input[name=stop]").check()
    with office.page.expect_navigation():
        card.get_by_role("button", name="确定离开").click()
    office.look().see("已离开")


def _make_2027(years: Years) -> None:
    """From 2026: the schools come along; the texts are read again, and the bank's list is imported."""
    office = years.office.open("/seasons/new").see("2027")
    office.page.locator("[name='letterhead.document_no']").fill("白蒿教贷〔2027〕2号")
    office.page.locator("[name='letterhead.basis']").fill("省里2027年工作通知")
    office.press("新建 2027 年度").see("从 2026 年度带过来 2 所学校、2 位联络员")
    confirm_every_page(office)
    import_file(years, "due-list", county.due_list(years.folder, "2027", NOW_DUE))


def _close_2026_and_open_2027(years: Years) -> None:
    office = years.unfolded("/seasons")
    with office.page.expect_navigation():
        office.page.locator("form[action='/seasons/2026/close'] button").click()
    office.look().see("年度已结束")
    office.open("/seasons").press("开始 2027 年度").see("1 位老师、1 部手机转过来")
    assert years.second is not None
    assert years.second.ask("sync")["problem_code"] == "device.revoked"


def _hand_in_what_was_left(years: Years) -> None:
    """The phone is started again a year later: its visit goes in, the old list goes, and it says what it waits for."""
    years.phone.clock = anchored(SWITCH, datetime.now(UTC))
    years.screen = screen = years.phone_opens().open()
    screen.tap("同步").tap("立即同步").see("上次没有取到新名单").see("联络员确认")
    screen.tap("今日").gone(county.VISITED.name).see("联络员确认")
    office = years.office.open("/seasons").see("结束以后手机又交来")
    office.press("看是哪些记录").see(county.VISITED.name).see("上门走访").see(county.TEACHER)
    switch_to(office, "2027")


def _confirm_by_one_tap(years: Years) -> None:
    """By the school's liaison, whose account was made by a link."""
    office = years.office.open("/accounts")
    for field, words in LIAISON.items():
        office.page.locator(f"#{field}").fill(words)
    office.page.locator("#role").select_option("liaison")
    office.page.locator("#unit").select_option("01")
    office.press("保存").press("人就在旁边：显示链接")
    (link,) = office.links("/activate/.*")
    window = years.window()
    window.open(link).fill(password=PASSWORD, again=PASSWORD).press("设好密码并登录")
    years.liaison = window.open(f"{SCHOOL}/phones").see("去年确认过")
    window.press(f"是 {county.TEACHER} 的,确认").see("已确认")
    window.open(SCHOOL).press("把未分配的 1 人平均分给各位老师").press("就这样分")


def _visit_in_2027(years: Years) -> None:
    screen = years.screen
    screen.tap("同步").tap("立即同步").see("全部已上交，可以放心")
    screen.tap("今日").see(NOW_DUE[0].name).gone(county.VISITED.name)
    _visit(screen, NOW_DUE[0].name)
    screen.tap("同步").see("未上交").tap("立即同步").see("全部已上交，可以放心")


def _each_visit_in_its_own_year(years: Years) -> None:
    """The liaison of 2027 sees this year's; the centre looks back at the other."""
    years.liaison.open(f"{SCHOOL}/review").see(NOW_DUE[0].name)
    eventually(
        years.liaison.page, lambda: county.VISITED.name in years.liaison.words(), wanted=False
    )
    office = years.office.open("/cases").see(NOW_DUE[0].name)
    switch_to(office, "2026").see(county.VISITED.name)
    row = office.page.get_by_role("row").filter(has_text=county.VISITED.name).first
    with office.page.expect_navigation():
        row.get_by_role("link").first.click()
    office.look().see("上门走访").see(county.TEACHER)
    expect(office.page.get_by_text(full_width("结束以后收到")).first).to_be_visible()
