"""The main measure: one visit, one slip photo, one statement, made offline, are printed on the stamped page."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pypdfium2
import pytest
from playwright.sync_api import Browser

from shared.cases import Case
from shared.readiness import NamedException
from sync_server.office import review, summaries, summary_scans
from sync_server.sample.pictures import draw_slip
from sync_server.sample.scans import stamped
from sync_server.sealing.making.compose import NotReady
from tests.support.browser.driver import Screen, context_of
from tests.support.browser.forked_app import ForkedApp
from tests.support.browser.small_county import SCHOOL, SmallCounty, set_up

NAME, MASKED = "欧阳静宜", "欧阳*"
NARRATIVE = "家中老人住院，今年收成不好，想缓一缓。"


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallCounty]:
    made = set_up(tmp_path_factory.mktemp("county"))
    yield made
    made.close()


def test_what_was_recorded_offline_in_the_app_stands_on_the_sealed_page(
    browser: Browser, county: SmallCounty, tmp_path: Path
) -> None:
    county.server.stop()
    app = ForkedApp(county.phone_folder, clock=county.clock).start()
    context = context_of(browser)
    try:
        screen = Screen(context.new_page(), app.url).open()
        _record_offline(screen, _slip(county, tmp_path))
        screen.tap("同步").see("未上交")
        county.start_server()
        screen.tap("立即同步").see("全部已上交，可以放心")
    finally:
        context.close()
        app.stop()
    words = _sealed_words(county)
    assert NARRATIVE in words
    assert "欧阳静宜" in words
    assert "家庭经济困难" in words
    assert len(_photos(county)) == 1


def _slip(county: SmallCounty, folder: Path) -> Path:
    code = next(i.code for i in _cases(county) if i.borrower.name == "欧阳静宜")
    file = folder / "slip.jpg"
    file.write_bytes(draw_slip(code, seed=1, name_masked=MASKED, school=SCHOOL, notice_no=code))
    return file


def _record_offline(screen: Screen, slip: Path) -> None:
    screen.see(NAME).page.get_by_text(NAME).first.click(force=True)
    screen.see("要记什么？").tap("送达通知书").tap("当面送达").see("谁签的？").tap("本人").tap(
        "拍签收单"
    ).see("从相册选")
    with screen.page.expect_file_chooser() as chooser:
        screen.tap("从相册选")
    chooser.value.set_files(str(slip))
    screen.see("照片清楚").tap("情况紧急").tap("保存").see("已送达")
    screen.tap("上门走访").see("见到了谁？").tap("本人").tap("家庭经济困难").tap("情况紧急").tap(
        "保存"
    ).see("待说明")
    screen.tap("情况说明").see("是什么原因？").tap("家庭经济困难").type("说明全文", NARRATIVE)
    screen.tap("申请还款救助").tap("保存")
    screen.see("要记什么？").back().see("接下来")


def _cases(county: SmallCounty) -> list[Case]:
    from sync_server.store import cases

    services = county.services
    return services.database.read(
        lambda c: [cases.case_of(r) for r in cases.rows(c, "2019", unit=county.unit)]
    )


def _photos(county: SmallCounty) -> set[str]:
    return {
        sha
        for item in review.queue(county.services, county.unit)
        for sha in item.photos
        if hashlib.sha256(county.services.files.read(sha)).hexdigest() == sha
    }


def _sealed_words(county: SmallCounty) -> str:
    """The liaison accepts, excepts the two people nobody visited, prints, has it stamped, seals."""
    services = county.services
    for item in review.queue(services, county.unit):
        review.review(services, item.fact.fact.id, "accepted", "", who="联络员")
    with pytest.raises(NotReady) as refused:
        summaries.compose(services, county.unit, who="联络员")
    named = [
        NamedException(code=i.code, ref=i.ref, reason="本人在外地,另行走访")
        for i in refused.value.items
    ]
    row = summaries.compose(services, county.unit, who="联络员", exceptions=named)
    scans = stamped(summaries.to_print(services, row.id, who="联络员"), seed=7)
    assert summary_scans.add(services, row.id, scans, who="联络员").complete
    summaries.seal(services, row.id, who="联络员")
    pdf = summaries.files(services, row.id)["summary.pdf"]
    assert summaries.check_file(services, pdf)["ok"]
    with pypdfium2.PdfDocument(pdf) as opened:
        pages = [page.get_textpage().get_text_bounded() for page in opened]
    return "".join("".join(pages).split())
