"""A county that is not the example goes through its whole season of 2026: from an empty data folder to a verified seal.

The set-up link is read from the server's own terminal; everything else is done on the console's pages and on a
teacher's phone in Chromium. Whatever shows words is searched for the example's year, county and area code.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from shared.clock import anchored
from shared.identity import mask_name
from sync_server.sample.pictures import draw_slip
from sync_server.sample.scans import stamped
from tests.support import other_county as county
from tests.support.browser.whole_season import (
    FIRST,
    SCHOOL,
    VISITS,
    Season,
    check_the_texts_and_open,
    enrol_a_phone,
    import_file,
    import_the_lists,
    set_up,
)
from tests.support.command_line import doorstep_process, report

pytestmark = pytest.mark.extended

NARRATIVE = "家中老人住院，今年收成不好，想缓一缓。"
EXCEPTED = "本人在外地,另行走访"


@pytest.fixture
def season(browser: Browser, tmp_path: Path) -> Iterator[Season]:
    made = Season(browser, tmp_path)
    yield made
    made.close()


def test_a_county_goes_from_the_set_up_link_to_a_verified_seal_and_meets_no_other_county(
    season: Season,
) -> None:
    season.starts(FIRST)
    steps: tuple[Callable[[Season], None], ...] = (
        set_up,
        check_the_texts_and_open,
        import_the_lists,
        enrol_a_phone,
        _print_notices,
        _visit_and_explain_offline,
        _review,
        _every_page,
        _seal,
        _roll_up,
    )
    for step in steps:
        step(season)
        assert season.looked.found == [], step.__name__
    at = season.looked.at
    assert {"terminal", "phone", "paper", "notices", "list", "settings", "to print", "county"} <= {
        *at
    }
    assert [place for place in at if place.endswith("/files/summary.xlsx")]
    assert [place for place in at if place.endswith("/files/summary.pdf / summary.json")]
    assert season.looked.seen(county.DUE_DAY)


def _print_notices(season: Season) -> None:
    """One sheet a person; the case code of the one who is visited stands on it."""
    office = season.office.open(f"{SCHOOL}/notices").press("打印勾选的人").see("第 1 批")
    batch = office.page.url.removeprefix(office.url)
    notices = season.looked.pdf("notices", office.post(f"{batch}/notices.pdf"))
    assert "2026年12月20日" in notices
    assert county.CENTRE_PHONE in notices
    office.open(f"{SCHOOL}/lists")
    kinds = office.page.locator("input[name=recipient]").all()
    for recipient in dict.fromkeys(kind.input_value() for kind in kinds):
        book = office.post(f"{SCHOOL}/list.xlsx", recipient=recipient)
        assert county.VISITED.name in season.looked.xlsx("list", book)
    office.open("/cases").see(county.VISITED.name)
    row = office.page.get_by_role("row").filter(has_text=county.VISITED.name)
    season.code = "".join(re.findall(r"\b01-?\w{4}-?\w\b", row.first.inner_text())[:1])
    assert season.code, row.first.inner_text()


def _visit_and_explain_offline(season: Season) -> None:
    """In the week of visits, with no network: slip, visit, explanation; in the evening they are handed in."""
    season.server.stop()
    season.phone.clock = anchored(VISITS, datetime.now(UTC))
    slip = season.folder / "slip.jpg"
    masked = mask_name(county.VISITED.name)
    code = season.code.replace("-", "")
    slip.write_bytes(
        draw_slip(
            code,
            seed=1,
            name_masked=masked,
            school=county.SCHOOLS[0],
            notice_no=code,
            signed_on="2026-12-12",
        )
    )
    screen = season.phone_opens().open().see(county.VISITED.name)
    screen.tap(county.VISITED.name, exact=False).see("要记什么？").tap("本人").see("应还日").see(
        "12月20日"
    )
    screen.tap("送达通知书").tap("当面送达").see("谁签的？").tap("本人")
    screen.tap("拍签收单").see("从相册选")
    with screen.page.expect_file_chooser() as chooser:
        screen.tap("从相册选")
    chooser.value.set_files(str(slip))
    screen.see("照片清楚").tap("情况紧急").tap("保存").see("已送达")
    screen.tap("上门走访").see("见到了谁？").tap("本人").tap("家庭经济困难").tap("情况紧急")
    screen.tap("保存").see("待说明").tap("情况说明").see("是什么原因？").tap("家庭经济困难")
    screen.type("说明全文", NARRATIVE).tap("申请还款救助").tap("保存").see("要记什么？").back().see(
        "接下来"
    )
    screen.tap("同步").see("未上交")
    season.starts(VISITS)
    screen.tap("立即同步").see("全部已上交，可以放心")


def _review(season: Season) -> None:
    import_file(season, "repayments", county.repayments(season.folder))
    office = season.office.open(f"{SCHOOL}/review").see(NARRATIVE)
    for _ in range(3):
        office.press("通过")
    office.see("没有等您复核的记录")


def _every_page(season: Season) -> None:
    """Whatever else the centre's admin can open, in both languages."""
    office = season.office
    paths = ["/", "/cases", "/unplaced", "/imports", "/county", "/seasons", "/seasons/new"]
    paths += ["/seasons/2026", "/policy", "/policy/new", "/policy/editions/0", "/accounts"]
    paths += ["/connect", "/connect/qr", "/audit", "/password", "/check", "/enrol", "/trust"]
    paths += [f"{SCHOOL}{end}" for end in ("", "/assignment", "/phones", "/review", "/summary")]
    paths += ["/quarantine", f"{SCHOOL}/quarantine"]
    for path in paths:
        office.open(path)
    for path in office.open("/policy").links("/policy/pages/.*"):
        office.open(path)
    office.open(office.open("/cases").links("/cases/[^?]+")[0])
    office.open("/language/en?back=/")
    for path in paths:
        office.open(path)
    office.open("/language/zh?back=/")
    season.looked.text("settings", office.download("/seasons/2026/file").decode())


def _seal(season: Season) -> None:
    office = season.office.open(f"{SCHOOL}/summary").press("检查并生成").see("项没有完成")
    for box in office.page.locator("input[name=except]").all():
        box.check()
    for reason in office.page.locator("input[name^=reason-]").all():
        reason.fill(EXCEPTED)
    office.press("带着勾选的例外再检查一次").see("打印、签字、盖章")
    (printing,) = office.actions("/print")
    season.looked.pdf("to print", office.post(printing))
    (printed,) = season.data.glob("summaries/*/*/printed.pdf")
    scans = []
    for name, picture in stamped(printed, seed=7):
        scans.append(season.folder / name)
        scans[-1].write_bytes(picture)
    office.open(f"{SCHOOL}/summary").choose(scans).press("上传并识别").see("签字盖章都在,可以封存")
    office.press("封存").see("已封存").press("上报").see("已上报")
    for path in office.links(".*/files/.*"):
        data = office.download(path)
        if path.endswith(".xlsx"):
            season.looked.xlsx(path, data)
        elif path.endswith(".pdf"):
            (season.folder / "sealed.pdf").write_bytes(data)
            words = season.looked.pdf(path, data)
            assert NARRATIVE in words
            assert county.VISITED.name in words
            assert county.CENTRE in words
    root = report(doorstep_process("certs", "init", "--json", data=season.data))["root"]
    verdict = doorstep_process("verify", season.folder / "sealed.pdf", "--trust", root, "--json")
    assert verdict.returncode == 0, verdict.stdout
    assert report(verdict)["ok"]
    office.open("/check").choose(season.folder / "sealed.pdf").press("核验").see("文件完好")


def _roll_up(season: Season) -> None:
    """The county adds up the one school that has sealed, and names the other."""
    office = season.office.open("/county").see(county.SCHOOLS[1])
    office.press("部分汇总（缺报单位会列明）").see("请打印")
    (printing,) = office.actions("/print")
    words = season.looked.pdf("county", office.post(printing))
    assert county.CENTRE in words
    assert county.SCHOOLS[1] in words
    office.open("/audit")
