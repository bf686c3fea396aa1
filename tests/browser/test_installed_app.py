"""The web app as a teacher has it: installed once from the sync server, then used for days without a network.

The whole real app in Chromium, the real server, a county of three people. Its demonstration clock came with the first
visit and is kept, so every later start is the plain address.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Playwright, sync_playwright

from shared.cases import Case
from shared.identity import mask_name
from shared.records.base import Fact
from sync_server.office import slips
from sync_server.sample.pictures import draw_slip
from sync_server.store import accounts, cases
from sync_server.store import slips as slip_store
from tests.support.browser import fake_camera
from tests.support.browser.driver import FOCUSED_VALUE, Screen, find_browser
from tests.support.browser.installed import (
    BAR,
    SHORT,
    TALL,
    AppScreen,
    Installed,
    another_version,
    browser_of,
    enrol,
    timed,
)
from tests.support.browser.small_county import SCHOOL, SmallCounty, set_up
from tests.support.browser.waits import WAIT_S, eventually
from tests.support.sites import real_site

pytestmark = pytest.mark.extended

BORROWER, NEXT_DOOR = "欧阳静宜", "李䶮"
NARRATIVE = "老人住院,收成不好,想缓一缓。"
HALF, REST, MORE = "老人住院", ",想缓一缓。", "还在医院。"
PASSWORD = "correct horse 1"
CAMERA_ON = (
    "[...document.querySelectorAll('video')].some(v => v.readyState >= 2 && v.videoWidth > 0)"
)
WATCH = """window.seen = []; new MutationObserver(() => {
  const at = id => document.getElementById(id);
  if (at("track")) seen.push([at("track").getAttribute("aria-valuenow"), at("message").textContent]);
}).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });"""
ELSEWHERE = "上门已在另一个标签页打开"


@dataclass
class Town:
    """The county, its server with the built app, a phone that was enrolled and is off, and what starting took."""

    county: SmallCounty
    playwright: Playwright
    site: Path
    enrolled: Path
    film: Path
    took: dict[str, float]
    reached: list[str]

    @property
    def case(self) -> Case:
        rows = self.county.services.database.read(
            lambda c: cases.rows(c, "2019", unit=self.county.unit)
        )
        return next(case for case in map(cases.case_of, rows) if case.borrower.name == BORROWER)

    def facts(self) -> list[Fact]:
        found = self.county.services.database.read(lambda c: cases.facts_of(c, [self.case.id]))
        return [kept.fact for kept in found.get(self.case.id, [])]

    def deploy(self, site: Path) -> None:
        """What the server gives from now on."""
        served = Path(self.county.server.environ["DOORSTEP_APP_DIR"])
        shutil.rmtree(served, ignore_errors=True)
        shutil.copytree(site, served)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    if find_browser() is None:
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail("REQUIRE_BROWSER=1, but no Chromium is on the path")
        pytest.skip(
            "NO CHROMIUM on the path: the installed app was not opened. Install the package 'chromium'."
        )
    folder = tmp_path_factory.mktemp("town")
    site, film = folder / "site", folder / "seen.y4m"
    real_site(site)
    county = set_up(folder / "county")
    try:
        with sync_playwright() as playwright:
            made = Town(county, playwright, site, folder / "enrolled", film, {}, [])
            county.server.stop()
            county.server.environ["DOORSTEP_APP_DIR"] = str(folder / "served")
            made.deploy(site)
            county.start_server()
            _show_slip(made)
            with browser_of(playwright, made.enrolled, county.url, film) as phone:
                made.took |= enrol(phone, county)
                made.reached += [*phone.answered]
            yield made
    finally:
        county.close()
        sys.stdout.write(
            "\n" + "\n".join(f"{what}: {seconds:.1f} s" for what, seconds in made.took.items())
        )


@pytest.fixture
def phone(town: Town, tmp_path: Path) -> Iterator[Installed]:
    """The enrolled phone, a copy of its own."""
    shutil.copytree(town.enrolled, tmp_path / "profile", symlinks=True)
    with browser_of(town.playwright, tmp_path / "profile", town.county.url, town.film) as made:
        yield made


def _show_slip(town: Town) -> None:
    code = town.case.code
    slip = draw_slip(code, seed=2, name_masked=mask_name(BORROWER), school=SCHOOL, notice_no=code)
    fake_camera.show(town.film, slip)


def _case(screen: AppScreen, name: str) -> AppScreen:
    screen.see("接下来").tap(name, exact=False).see("要记什么？")
    return screen


def test_days_offline_a_full_phone_flat_batteries_two_tabs_and_an_update_lose_nothing(
    town: Town, phone: Installed, tmp_path: Path
) -> None:
    """One phone: every start of the app takes seconds, so one phone goes through all that needs one."""
    county = town.county
    county.server.stop(signal.SIGKILL)
    screen = phone.on(TALL, offline=True)
    _a_full_phone_reports_it_and_keeps_the_photo_once_there_is_room(town, phone, screen)
    _records_are_made_offline(town, screen)
    _begin_a_draft(screen)
    phone.kill()

    screen = phone.on(SHORT, offline=True)
    _a_slow_start_shows_its_true_progress(phone, screen)
    screen.unlock().see("接下来").see("3 条记录").see("1 张照片")
    _a_half_typed_draft_survived(screen)
    second = _a_second_tab_takes_over_with_the_draft_of_the_first(phone, screen)

    county.start_server()
    phone.context.set_offline(False)
    _records_made_offline_arrive_once(town, second)
    second.tap("今日").tap("没写完 1 份").see("恢复未完成的记录？").tap("接着写").see(
        "上次没写完的，已放回来"
    )
    _a_new_version_installed_over_an_open_draft_keeps_the_draft(town, second, tmp_path)
    town.reached += phone.answered


def _a_full_phone_reports_it_and_keeps_the_photo_once_there_is_room(
    town: Town, phone: Installed, screen: AppScreen
) -> None:
    screen.page.goto("about:blank")  # Chromium believes in its first answer for half a minute
    with phone.room(screen.page, 60_000):
        town.took["warm start to the lock"] = timed(
            lambda: screen.open(bare=True).see("上门已锁定")
        )
        town.took["PIN to the list"] = timed(lambda: screen.unlock().see("接下来"))
        _case(screen, BORROWER).tap("送达通知书").tap("当面送达").see("谁签的？").tap("本人")
        _photograph(screen).see("存储空间已满").tap("返回")
        screen.see("谁签的？").tap("同行老师临时有事").tap("保存")
        screen.tap("手机拍不了").see("存储空间已满")
    _photograph(screen).see("照片清楚")
    town.took["save with a photo"] = timed(lambda: screen.tap("保存").see("已送达"))


def _photograph(screen: AppScreen) -> Screen:
    screen.tap("拍签收单").see("把纸放进白框")
    return screen.until(CAMERA_ON).tap("拍照")


def _records_are_made_offline(town: Town, screen: AppScreen) -> None:
    """Two more, behind the delivery."""
    screen.tap("上门走访").see("见到了谁？").tap("本人").tap("家庭经济困难").tap("同行老师临时有事")
    town.took["save a visit"] = timed(lambda: screen.tap("保存").see("走访过 1 次"))
    screen.tap("情况说明").see("是什么原因？").tap("家庭经济困难").type("说明全文", NARRATIVE)
    screen.tap("申请还款救助").tap("保存").see("要记什么？").see("申请还款救助").see(
        "未上交"
    ).back()


def _begin_a_draft(screen: AppScreen) -> None:
    _case(screen, NEXT_DOOR).tap("情况说明").see("说明全文")
    screen.write("说明全文", HALF)


def _a_slow_start_shows_its_true_progress(phone: Installed, screen: AppScreen) -> None:
    screen.page.add_init_script(WATCH)
    session = phone.context.new_cdp_session(screen.page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": 6})
    screen.open(bare=True).see("上门已锁定")
    session.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    painted = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
    assert screen.page.evaluate(
        f"{painted} < performance.getEntriesByName('doorstep-step-app')[0].startTime"
    )
    seen = screen.page.evaluate("window.seen")  # of a start that has ended: nothing is added
    shares = [int(share) for share, _ in seen if share]
    assert shares == sorted(shares)
    assert len(set(shares)) >= 3
    assert shares[-1] < 100
    assert len({words for _, words in seen}) >= 3


def _a_half_typed_draft_survived(screen: AppScreen) -> None:
    screen.tap("没写完 1 份").see("恢复未完成的记录？").tap("接着写").see("上次没写完的，已放回来")
    _goes_on(screen, HALF, REST)


def _goes_on(screen: AppScreen, before: str, more: str) -> None:
    """What was typed before stands there, and the next words follow it."""
    screen.type("说明全文", more)
    eventually(screen.page, lambda: screen.page.evaluate(FOCUSED_VALUE), before + more)


def _a_second_tab_takes_over_with_the_draft_of_the_first(
    phone: Installed, first: AppScreen
) -> AppScreen:
    second = phone.window()
    second.page.goto(f"{phone.url}/app/")
    second.page.get_by_text(ELSEWHERE).wait_for(timeout=WAIT_S * 1000)
    second.page.get_by_role("button", name="在这里打开").click()
    second.shown().past_the_start_page()
    second.tap("没写完 1 份").see("恢复未完成的记录？").see("情况说明")
    first.page.get_by_text(ELSEWHERE).wait_for(timeout=WAIT_S * 1000)
    second.see("3 条记录").see("1 张照片").tap("名单").see(BORROWER).see("3 条未上交")
    return second


def _a_new_version_installed_over_an_open_draft_keeps_the_draft(
    town: Town, screen: AppScreen, tmp_path: Path
) -> None:
    town.deploy(another_version(town.site, tmp_path / "next"))
    screen.write("说明全文", MORE)
    screen.page.evaluate("navigator.serviceWorker.ready.then(r => r.update()).then(() => true)")
    screen.page.locator(BAR).get_by_role("button", name="现在更新").click(timeout=WAIT_S * 1000)
    screen.until("window.news === undefined")  # a page anew
    screen.shown().past_the_start_page().see("上次没写完的，已放回来")
    _goes_on(screen, HALF + REST + MORE, MORE)
    eventually(
        screen.page, lambda: screen.page.evaluate("caches.keys().then(all => all.length)"), 1
    )


def _records_made_offline_arrive_once(town: Town, screen: AppScreen) -> None:
    screen.tap("同步").tap("立即同步")
    town.took["sync"] = timed(lambda: screen.see("全部已上交，可以放心"))

    facts = town.facts()
    assert sorted(fact.kind for fact in facts) == ["notice_delivery", "statement", "visit"]
    (delivery,) = (fact for fact in facts if fact.kind == "notice_delivery")
    (statement,) = (fact for fact in facts if fact.kind == "statement")
    assert statement.body["narrative"] == NARRATIVE
    (photo,) = delivery.photos
    held = town.county.services.files.read(photo)
    assert hashlib.sha256(held).hexdigest() == photo
    assert slips.read_slips(town.county.services, town.county.unit) in (
        0,
        1,
    )  # the server may have read it by itself
    assert town.county.services.database.read(lambda c: slip_store.known_codes(c, [photo])) == {
        photo: town.case.code
    }
    _on_the_console(town, facts, photo)


def _on_the_console(town: Town, facts: list[Fact], photo: str) -> None:
    county = town.county
    county.services.database.write(
        lambda c: accounts.put(c, "史某", PASSWORD, "liaison", county.unit, "史某")
    )
    with httpx.Client(base_url=county.url, trust_env=False, timeout=60) as http:
        page = http.get("/sign-in").text
        (token,) = re.findall(r'name="_csrf_token" value="(\w+)"', page)
        form = {"name": "史某", "password": PASSWORD, "_csrf_token": token}
        assert http.post("/sign-in", data=form).status_code == 303
        review = "".join(
            http.get(f"/schools/{county.unit}/review?show={show}").text
            for show in ("waiting", "received")
        )
        assert all(f'id="f-{fact.id}"' in review for fact in facts)
        assert NARRATIVE in review
        (address,) = {found for found in re.findall(r'src="([^"]+)"', review) if photo in found}
        shown = http.get(address)
    assert shown.status_code == 200
    assert shown.headers["content-type"] == "image/jpeg"


def test_only_the_phones_own_server_ever_answered(town: Town) -> None:
    own = [url for url in town.reached if url.startswith(town.county.url)]
    assert any(url.endswith("/app/app.zip") for url in own)
    assert any("/v1/" in url for url in own)
    assert [
        url for url in town.reached if not url.startswith((town.county.url, "blob:", "data:"))
    ] == []
