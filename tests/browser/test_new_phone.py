"""A teacher's phone is lost: on a new one, everything of hers is there, reads as hers and can be corrected."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from sync_server.office import phones, review
from sync_server.sample.pictures import draw_slip
from sync_server.store import cases, devices
from tests.support.bodies import DELIVERY, STATEMENT
from tests.support.browser.driver import Screen, context_of
from tests.support.browser.forked_app import ForkedApp
from tests.support.browser.small_county import SCHOOL, TEACHER, SmallCounty, set_up
from tests.support.forked import ForkedPhone

pytestmark = pytest.mark.extended

NARRATIVE = "老人住院，收成不好，想缓一缓。"
COMMENT = "请写明住在哪家医院。"


@pytest.fixture
def county(tmp_path: Path) -> Iterator[SmallCounty]:
    made = set_up(tmp_path / "county")
    yield made
    made.close()


def _worked(county: SmallCounty, folder: Path) -> str:
    """What she did on the phone before: a slip with its photo, and a statement the school returned; the case."""
    before = ForkedPhone(county.phone_folder, TEACHER, county.unit, county.clock)
    case = next(line for line in before.ask("cases") if line["name"].startswith("欧阳"))
    slip = folder / "slip.jpg"
    slip.write_bytes(
        draw_slip(case["code"], seed=1, name_masked="欧阳*", school=SCHOOL, notice_no=case["code"])
    )
    photo = before.ask("take_photo", case=case["id"], file=str(slip))["sha256"]
    delivery = {**DELIVERY, "note": "大门口交给本人"}
    before.ask("record", kind="notice_delivery", case=case["id"], body=delivery, photos=[photo])
    body = {**STATEMENT, "narrative": NARRATIVE}
    told = before.ask("record", kind="statement", case=case["id"], body=body)["fact"]
    assert before.ask("sync")["ok"]
    before.stop()
    review.review(county.services, told, "returned", COMMENT, who="何主任")
    return str(case["id"])


def test_on_a_new_phone_everything_of_hers_is_there(
    browser: Browser, county: SmallCounty, tmp_path: Path
) -> None:
    case = _worked(county, tmp_path)
    app = ForkedApp(tmp_path / "new", clock=county.clock).start()
    context = context_of(browser)
    try:
        screen = Screen(context.new_page(), app.url).open(bare=True).first_start()
        code = phones.issue(county.services, county.unit, TEACHER, who="联络员").code
        screen.see("老师，您好").type("服务器地址", county.url).type("登记码（8 位数字）", code)
        screen.tap("登记这部手机").see("请联络员确认一下")
        for device in county.services.database.read(
            lambda c: devices.of_unit(c, "2019", county.unit)
        ):
            phones.confirm(county.services, device.id, who="联络员")
        screen.tap("获取名单").see("被退回 1 条").tap("被退回 1 条")
        screen.see(" 的记录被退回").see(COMMENT)
        _reads_the_slip(screen, case)
        _corrects_the_statement(screen)
    finally:
        context.close()
        app.stop()
    found = county.services.database.read(lambda c: cases.facts_of(c, [case]))[case]
    assert [kept.fact.kind for kept in found] == ["notice_delivery", "statement", "correction"]
    assert len({kept.device for kept in found}) == 2
    narrative = found[-1].fact.body["body"]["narrative"]
    assert NARRATIVE in narrative, "the correction began with what the phone before had recorded"
    assert "住在青槐县医院。" in narrative


def _reads_the_slip(screen: Screen, case: str) -> None:
    """The record of the phone before, its note and its photo, which only the office has."""
    screen.open(f"/cases/{case}").see("要记什么？")
    screen.tap("看全文", nth=1).see("大门口交给本人").see("这条是您在以前的手机上记的。")
    screen.tap("看大图").tap("好")
    screen.back().see("要记什么？")


def _corrects_the_statement(screen: Screen) -> None:
    screen.open("/").tap("被退回 1 条").see(" 的记录被退回").tap("去改正").see(COMMENT).tap(
        "修改内容"
    )
    screen.see("说明全文").type("说明全文", "住在青槐县医院。").tap("保存").see("要记什么？")
    screen.back().see("接下来").tap("同步").tap("立即同步")
    screen.see("全部已上交，可以放心")
