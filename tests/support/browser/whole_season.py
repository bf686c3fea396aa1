"""A county through its season in Chromium: the server's process, the office's window, a phone, and their first steps.

The set-up link is read from the server's own terminal; everything else is done on pages. Whatever shows words is
searched for the example's year, county and area code.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, expect

from shared.clock import anchored
from shared.typography import full_width
from sync_server.sample.processes import wait_until_up
from tests.support import other_county as county
from tests.support.browser.driver import Screen, context_of, free_port
from tests.support.browser.forked_app import ForkedApp
from tests.support.browser.office_window import OfficeWindow
from tests.support.forked import ForkedCommand
from tests.support.leftovers import Looked

FIRST, NOTICES, VISITS = (
    f"2026-{day}+08:00" for day in ("11-10T09:00", "11-26T10:00", "12-12T10:00")
)
ACCOUNT = {"name": "王芳", "password": "correct horse 1"}
SCHOOL = "/schools/01"


class LookedScreen(Screen):
    """A phone's screen; every text read from it is looked at once."""

    def __init__(self, page: Page, url: str, looked: Looked) -> None:
        super().__init__(page, url, pace_ms=150)
        self._looked, self._before = looked, ""

    def text(self) -> str:
        words = super().text()
        if words != self._before:
            self._looked.text("phone", words)
            self._before = words
        return words


class Season:
    """The server's process over one data folder, the office's window and the phone, by one clock."""

    def __init__(self, browser: Browser, folder: Path) -> None:
        self.folder, self.data, self.looked = folder, folder / "server", Looked()
        self.url = f"http://127.0.0.1:{(port := free_port())}"
        self.server = ForkedCommand("serve", "--port", str(port), "--data", str(self.data))
        self.server.log = folder / "terminal.txt"
        self.phone = ForkedApp(folder / "phone")
        self._browser, self._contexts = browser, [browser.new_context(locale="zh-CN")]
        self.office = OfficeWindow(self._contexts[0], self.url, self.looked)
        self._others: list[BrowserContext] = []
        self.code = ""

    def starts(self, moment: str) -> None:
        """The server begins, or begins again, at this moment."""
        self.server.stop()
        clock = anchored(moment, datetime.now(UTC))
        self.server.environ["DOORSTEP_CLOCK"] = self.phone.clock = clock
        self.server.start()
        wait_until_up(self.url, 180)

    def set_up_link(self) -> str:
        """What the server's terminal says a first start is to open."""
        assert self.server.log is not None
        (link,) = re.findall(rf"{self.url}/setup/\S+", self.server.log.read_text())
        self.looked.text("terminal", self.server.log.read_text())
        return str(link)

    def phone_opens(self) -> LookedScreen:
        """The phone's app, started by the season's clock, in a window of its own."""
        self.phone.stop()
        while len(self._contexts) > 1:  # an earlier window would find the new process and hold it
            self._contexts.pop().close()
        self.phone.start()
        context: BrowserContext = context_of(self._browser)
        self._contexts.append(context)
        return LookedScreen(context.new_page(), self.phone.url, self.looked)

    def window(self) -> OfficeWindow:
        """Another person's window of the console."""
        context = self._browser.new_context(locale="zh-CN")
        self._others.append(context)
        return OfficeWindow(context, self.url, self.looked)

    def close(self) -> None:
        for context in self._others:
            context.close()
        for context in self._contexts:
            context.close()
        self.phone.stop()
        self.server.stop()


def set_up(season: Season) -> None:
    """Three pages: account and county, season, how phones connect."""
    office = season.office.open(season.set_up_link())
    office.fill(**ACCOUNT, again=ACCOUNT["password"], **county.LETTERHEAD)
    office.press("下一页:年度").see("新建年度")
    expect(office.page.locator("#due")).to_have_value(county.DUE_DAY)
    office.press("新建 2026 年度").see("手机怎么连上").see("先用纸")
    office.press("先用纸").see("记下了:先用纸")
    paper = season.looked.text("paper", office.open("/enrol/paper").words())
    assert county.COUNTY in paper


def check_the_texts_and_open(season: Season) -> None:
    """Every page of policy is read and confirmed; before that the season does not open."""
    office = season.office.open("/seasons")
    office.press("开始 2026 年度").see("待核对")
    confirm_every_page(office)
    office.open("/seasons").press("开始 2026 年度").see("2026 年度开始了")
    office.see(county.COUNTY)


def confirm_every_page(office: OfficeWindow) -> None:
    """Press beside every page of policy that it is read and still so."""
    office.open("/policy").see("待核对")
    unread = office.page.get_by_role("button", name=full_width("看过,今年仍是这样"))
    expect(unread).to_have_count(0)  # they are named by their page
    while (left := office.page.get_by_role("button", name=re.compile("^确认 "))).count():
        with office.page.expect_navigation():
            left.first.click()
    office.look()


def import_the_lists(season: Season) -> None:
    files = (
        ("contacts", county.contacts),
        ("areas", county.areas),
        ("due-list", county.due_list),
    )
    for kind, write in files:
        import_file(season, kind, write(season.folder))
    season.office.open("/").see(county.SCHOOLS[0])


def import_file(season: Season, kind: str, path: Path) -> None:
    office = season.office.open("/imports")
    office.page.locator(f"input[name=kind][value={kind}]").check(force=True)
    office.choose(path).press("预览").see("每一行都没有问题").press("写入").see("写入完成")


def enrol_a_phone(season: Season) -> None:
    season.starts(NOTICES)
    office = season.office.open(f"{SCHOOL}/phones")
    office.fill(teacher=county.TEACHER).press("发登记码").see("登记码")
    code = "".join(office.page.locator(".digits").inner_text().split())
    screen = season.phone_opens().open(bare=True).first_start()
    screen.see("老师，您好").type("服务器地址", season.url).type("登记码（8 位数字）", code)
    screen.tap("登记这部手机").see("请联络员确认一下")
    office.open(f"{SCHOOL}/phones").press(f"是 {county.TEACHER} 的,确认")
    office.open(SCHOOL)
    office.press("把未分配的 4 人平均分给各位老师").see("还没有分配").press("就这样分")
    screen.tap("获取名单").see("接下来").see(county.VISITED.name)
    screen.tap("更多").tap("政策与上门用语", exact=False).see(f"由{county.CENTRE}提供")
    screen.see(county.CENTRE_PHONE)
    screen.gone("往年的文字")
