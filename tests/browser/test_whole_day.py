"""A teacher's whole day by taps: from the first start of a new phone to a record the school sent back, fixed.

The camera shows a drawn slip, the position is set, there is no network until the evening, and
the app is killed twice. At the end every fact stands with the school, once.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import xlsxwriter
from playwright.sync_api import Browser, BrowserContext

from shared.cases import Case
from shared.clock import anchored
from shared.identity import mask_name
from shared.lifecycle import in_force
from shared.records.base import Fact
from sync_server.console.parts.record_view import describe
from sync_server.console.web.formatting import Words
from sync_server.office import imports, phones, review, slips
from sync_server.sample.pictures import draw_slip
from sync_server.store import cases, devices, seasons
from sync_server.store import slips as slip_store
from tests.support.browser import fake_camera
from tests.support.browser.driver import Screen, chromium, context_of, find_browser
from tests.support.browser.forked_app import ForkedApp
from tests.support.browser.small_county import SCHOOL, TEACHER, SmallCounty, set_up

pytestmark = pytest.mark.extended

EVENING = "2019-12-12T22:30+08:00"
BORROWER, NEXT_DOOR, LATE = "欧阳静宜", "李䶮", "阿依古丽·买买提"
"""Who is at home, whose neighbour opens, who asked to be seen late."""
WRONG_PIN, TRUTH, MORE, ASKED = (
    "280416",
    "老人住院，收成不好",
    "，想缓一缓。",
    "孩子在柳泉镇中心校读书。",
)
PACE_MS = 150
COMMENT = "请写明孩子在哪里读书。"
NEW_NUMBER = "19300004444"
CAMERA_ON = (
    "[...document.querySelectorAll('video')].some(v => v.readyState >= 2 && v.videoWidth > 0)"
)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the camera sees."""
    return tmp_path_factory.mktemp("camera") / "seen.y4m"


@pytest.fixture(scope="module")
def browser(film: Path) -> Iterator[Browser]:
    if find_browser() is None:
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail("REQUIRE_BROWSER=1, but no Chromium is on the path")
        pytest.skip(
            "NO CHROMIUM on the path: nobody's day was tapped through. Install the package 'chromium'."
        )
    with chromium(fake_camera.arguments(film)) as opened:
        yield opened


@pytest.fixture
def county(tmp_path: Path) -> Iterator[SmallCounty]:
    made = set_up(tmp_path / "county")
    yield made
    made.close()


class Office:
    """What the liaison and the centre do on their computers, and what they find there."""

    def __init__(self, county: SmallCounty) -> None:
        self.county, self.services = county, county.services
        self.cases: dict[str, Case] = {case.borrower.name: case for case in self._cases()}

    def confirm(self) -> None:
        for device in self.services.database.read(
            lambda c: devices.of_unit(c, "2019", self.county.unit)
        ):
            phones.confirm(self.services, device.id, who="联络员")

    def import_repayment(self, folder: Path, name: str) -> None:
        """Today's file of the bank: this person has paid everything."""
        case = self.cases[name]
        path = folder / "还款情况-2019-12-12.xlsx"
        head = (
            "序号",
            "姓名",
            "身份证号",
            "合同编号",
            "已还本金",
            "已还利息",
            "还款日期",
            "还款方式",
        )
        row = (
            "1",
            name,
            case.borrower.id_number,
            case.contracts[0].contract_no,
            "1000.00",
            "200.50",
            "2019-12-12",
            "支付宝",
        )
        with xlsxwriter.Workbook(path) as book:
            sheet = book.add_worksheet()
            for number, cells in enumerate((("截至2019年12月12日还款情况",), head, row)):
                sheet.write_row(number, 0, cells)
        assert imports.apply(self.services, "repayments", path, who="县资助中心")["applied"]

    def facts(self, name: str, kind: str) -> list[Fact]:
        """Facts of one person and kind, in ledger order."""
        found = self.services.database.read(lambda c: cases.facts_of(c, [self.cases[name].id]))
        return [kept.fact for kept in found.get(self.cases[name].id, []) if kept.fact.kind == kind]

    def now(self, name: str, kind: str) -> list[Fact]:
        """The same as they read with their corrections."""
        every = [f for k in (kind, "correction") for f in self.facts(name, k)]
        return [f for f in in_force(every) if f.kind == kind]

    def _cases(self) -> list[Case]:
        return self.services.database.read(
            lambda c: [cases.case_of(r) for r in cases.rows(c, "2019", unit=self.county.unit)]
        )


class Day:
    """One new phone: its process, its window, and what stands on its screen."""

    def __init__(self, browser: Browser, office: Office, folder: Path, film: Path) -> None:
        self.office, self.folder, self._film = office, folder, film
        self.app = ForkedApp(folder / "new-phone", clock=office.county.clock).start()
        self.context: BrowserContext = context_of(browser)
        self.screen = Screen(self.context.new_page(), self.app.url, pace_ms=PACE_MS)

    def close(self) -> None:
        self.context.close()
        self.app.stop()

    def killed_and_back(self, clock: str = "") -> Screen:
        """The battery pulled and put back; what one sees then is the lock."""
        self.app.kill()
        self.screen.page.close()  # or this window would find the new process first and hold the phone
        self.app.clock = clock or self.app.clock
        self.app.start()
        self.screen = Screen(self.context.new_page(), self.app.url, pace_ms=PACE_MS)
        return self.screen.open(bare=True).see("上门已锁定")

    def case(self, name: str) -> Screen:
        """From Today to one person."""
        self.screen.see("接下来").tap(name, exact=False)
        return self.screen.see("要记什么？")

    def home(self) -> Screen:
        return self.screen.back().see("接下来")

    def photograph(self, name: str) -> Screen:
        """Hold the camera over this person's slip."""
        code = self.office.cases[name].code
        slip = draw_slip(code, seed=2, name_masked=mask_name(name), school=SCHOOL, notice_no=code)
        fake_camera.show(self._film, slip)
        return self.screen

    def shoot(self) -> Screen:
        self.screen.see("把纸放进白框").page.wait_for_function(CAMERA_ON, timeout=90_000)
        return self.screen.tap("拍照")

    def nothing_private(self) -> None:
        """No amount and no full number is anywhere in what a screen says."""
        words = self.screen.text().replace(" ", "")
        case = self.office.cases[NEXT_DOOR]
        yuan = [
            f"{fen / 100:,.2f}" for fen in (case.total_fen, case.principal_fen, case.interest_fen)
        ]
        for private in (
            *yuan,
            *(y.replace(",", "") for y in yuan),
            *case.borrower.phones,
            case.borrower.id_number,
        ):
            assert private not in words

    def wait_until_the_draft_rests(self, before_ms: int) -> None:
        """Until the form's draft was written after `before_ms` and is not written again for three seconds.

        Every keystroke is in it then: on a busy machine they reach the form one by one, long after they were typed.
        """
        until, seen, still = time.monotonic() + 60, before_ms, 0
        while still < 20:
            assert time.monotonic() < until, "the draft was not saved"
            self.screen.page.wait_for_timeout(150)
            now = self.app.draft_saved_ms()
            still = still + 1 if now == seen and now > before_ms else 0
            seen = now

    def hand_in(self, words: str = "全部已上交，可以放心") -> Screen:
        return self.screen.tap("同步").tap("立即同步").see(words)


def test_a_whole_day_ends_with_every_fact_at_school_once(
    browser: Browser, county: SmallCounty, tmp_path: Path, film: Path
) -> None:
    office = Office(county)
    day = Day(browser, office, tmp_path, film)
    try:
        _new_phone(day)
        county.server.stop()  # from here on there is no network
        _deliver(day)
        _neighbour(day)
        _borrower(day)
        _late_evening(day)
        _killed_in_the_middle(day)
        _correct(day)
        _evening_sync(day)
        _paid_and_returned(day)
    finally:
        day.close()
    _everything_is_there(office)


def _new_phone(day: Day) -> None:
    office, county = day.office, day.office.county
    code = phones.issue(office.services, county.unit, TEACHER, who="联络员").code
    screen = day.screen.open(bare=True).first_start()
    screen.see("老师，您好").type("服务器地址", county.url).type("登记码（8 位数字）", code).tap(
        "登记这部手机"
    )
    screen.see("请联络员确认一下")
    office.confirm()
    screen.tap("获取名单").see("接下来").see("欧阳")


def _deliver(day: Day) -> None:
    screen = day.case(BORROWER).tap("送达通知书").tap("当面送达").see("谁签的？").tap("本人")
    day.photograph(NEXT_DOOR).tap("拍签收单")
    day.shoot().see("这张签收单是 ").see("这张没有留下")
    day.photograph(BORROWER).tap("重拍")
    day.shoot().see("照片清楚")
    screen.tap("同行老师临时有事").tap("保存").see("已送达")
    day.home()


def _neighbour(day: Day) -> None:
    screen = day.case(NEXT_DOOR).tap("邻居").see("先别找邻居、村干部").see("姓名和住址已遮住")
    day.nothing_private()
    screen.tap("上门走访").see("见到了谁？").tap("邻居").see("还没有到找邻居或村干部的时候")
    screen.tap("外出务工联系不上").tap("路上偶遇")
    day.nothing_private()
    screen.tap("保存").see("走访过 1 次")
    screen.tap("新联系方式").type("新电话号码", NEW_NUMBER).tap("邻居").tap_twice("保存").see(
        "要记什么？"
    )
    day.nothing_private()
    day.home().tap("显示姓名和住址").gone("姓名和住址已遮住")


def _borrower(day: Day) -> None:
    screen = day.case(BORROWER)
    screen.gone("1,200.50")
    screen.tap("本人").see("1,200.50 元")
    screen.tap("上门走访").see("见到了谁？").tap("本人").tap("家庭经济困难").tap(
        "记下大概位置（可不记）"
    ).see("已记大概位置")
    screen.tap("同行老师临时有事").tap("保存").see("待说明")


def _late_evening(day: Day) -> None:
    locked = day.killed_and_back(anchored(EVENING, datetime.now(UTC)))
    locked.gone(BORROWER)
    locked.keys(WRONG_PIN).see("不对。请再输一次").unlock()
    screen = day.case(LATE).tap("上门走访").see("现在不在 8:00–22:00 之间")
    screen.tap("本人").tap("承诺还款").tap("明天").tap("对方约的时间").tap("没有安排同行老师").tap(
        "保存"
    ).see("走访过 1 次")
    day.home()


def _killed_in_the_middle(day: Day) -> None:
    screen = day.case(BORROWER).tap("情况说明").see("说明全文")
    before = day.app.draft_saved_ms()
    screen.type("说明全文", TRUTH)
    day.wait_until_the_draft_rests(before)
    screen = day.killed_and_back().unlock()
    screen.tap("没写完 1 份").see("恢复未完成的记录？").tap("接着写").see("上次没写完的，已放回来")
    screen.type("说明全文", MORE).tap("申请还款救助").tap_twice("保存").see("要记什么？")
    day.home()


def _correct(day: Day) -> None:
    screen = (
        day.case(LATE)
        .tap("改正")
        .see("为什么要改？")
        .tap("结果选错了")
        .tap("修改内容")
        .see("正在改正一条记录")
    )
    screen.tap("不知还款/忘记账户密码").tap("对方约的时间").tap("没有安排同行老师").tap("保存").see(
        "要记什么？"
    )
    day.home()


def _evening_sync(day: Day) -> None:
    county = day.office.county
    county.server.environ["DOORSTEP_CLOCK"] = day.app.clock
    county.start_server()
    day.hand_in()


def _paid_and_returned(day: Day) -> None:
    office, screen = day.office, day.screen
    office.import_repayment(day.folder, NEXT_DOOR)
    (statement,) = office.facts(BORROWER, "statement")
    review.review(office.services, statement.id, "returned", COMMENT, who="联络员")
    day.hand_in("都已上交，学校退回 1 条").tap("今日").tap("被退回 1 条").see(
        f"{BORROWER} 的记录被退回"
    ).see(COMMENT)
    screen.gone(NEXT_DOOR)
    screen.tap("名单").see("不必再去").tap(NEXT_DOOR, exact=False).see("已还·不必再去").back().tap(
        "今日"
    )
    screen.tap("被退回 1 条").tap("去改正").see("学校退回了您的一条记录").see("为什么要改？").tap(
        "修改内容"
    )
    screen.see("正在改正一条记录").type("说明全文", ASKED).tap("保存").see("要记什么？").back()
    day.hand_in().tap("今日").see("接下来").gone("被退回")


def _everything_is_there(office: Office) -> None:
    services, unit = office.services, office.county.unit
    (delivery,) = office.facts(BORROWER, "notice_delivery")
    (visit,) = office.facts(BORROWER, "visit")
    assert visit.body["position"]["latitude_deg"] == 35.123
    (photo,) = delivery.photos
    assert hashlib.sha256(services.files.read(photo)).hexdigest() == photo
    assert slips.read_slips(services, unit) in (0, 1)  # the server may have read it by itself
    assert services.database.read(lambda c: slip_store.known_codes(c, [photo])) == {
        photo: office.cases[BORROWER].code
    }
    assert slips.flags(services, unit) == {}

    (asked,) = office.facts(NEXT_DOOR, "visit")
    assert set(asked.body["flags"]) == {"alone", "third_party_early"}
    (update,) = office.facts(NEXT_DOOR, "contact_update")
    assert (update.body["value"], update.body["source"]) == (NEW_NUMBER, "neighbour")

    (late,) = office.facts(LATE, "visit")
    assert datetime.fromisoformat(late.happened_at).strftime("%H") == "22"
    assert set(late.body["flags"]) == {"alone", "outside_hours"}
    season = services.database.read(lambda c: seasons.get(c, "2019"))
    described = {
        i.fact.fact.id: describe(i.fact.fact, season, Words("zh"), masked=False)
        for i in review.queue(services, unit)
    }
    assert "不在规定时间内" in described[late.id].flags
    assert any("对方约的时间" in value for _, value in described[late.id].fields)
    (mended,) = office.now(LATE, "visit")
    assert (mended.body["outcome"], set(mended.body["flags"])) == (
        "not_aware",
        {"alone", "outside_hours"},
    )

    assert [f.body["narrative"] for f in office.facts(BORROWER, "statement")] == [TRUTH + MORE]
    assert [f.body["narrative"] for f in office.now(BORROWER, "statement")] == [
        TRUTH + MORE + ASKED
    ]
    assert {n: len(office.facts(n, "correction")) for n in office.cases} == {
        BORROWER: 1,
        LATE: 1,
        NEXT_DOOR: 0,
    }
