"""Every page of the office as Ctrl+P prints it: numbered, no menu, no card over two pages, nothing beside the paper."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Page

from sync_server.app import create_app
from sync_server.settings import Settings
from sync_server.store import cases
from tests.support.console_browser import PASSWORD, people
from tests.support.county import SEASON, fill
from tests.support.every_page import console_routes, filled
from tests.support.paper_boxes import Sheet, sheets_of
from tests.support.serve import on_socket

pytestmark = pytest.mark.extended

MENU = ("总览今日清单名单名单下发待归校", "年度设置政策与上门用语", "改密码English")
"""How the words of the menu follow each other there, and on no page."""
# A card taller than 900 pixels has to break: the paper holds about 1,000 of them.
MARK_CARDS = """() => {
  let n = 0
  for (const card of document.querySelectorAll(".card, .figure")) {
    const divided = card.matches(".flush") || card.querySelector("table, .history, .card")
    if (divided || card.getBoundingClientRect().height > 900) continue
    const mark = words => { const s = document.createElement("span"); s.textContent = words; return s }
    card.prepend(mark(`QA${n}Q`))
    card.append(mark(`QZ${n}Q`))
    n += 1
  }
}"""


@contextmanager
def served(settings: Settings) -> Iterator[tuple[str, dict[str, str], list[str]]]:
    """The office with two schools: its address, what stands in addresses, and every page."""
    app = create_app(settings)
    services = app.state["services"]
    services.database.write(lambda c: fill(c, (60, 6)))
    people(services)
    row = services.database.read(lambda c: cases.rows(c, SEASON, unit="01"))[0]
    values = {"unit": "01", "case_id": row["id"], "season_id": SEASON, "key": "difficulty"}
    pages = [filled(path, values) for method, path in console_routes(app) if method == "GET"]
    try:
        with on_socket(app) as url:
            yield url, values, pages
    finally:
        services.close()


def signed_in(page: Page, url: str) -> None:
    page.goto(f"{url}/sign-in")
    page.fill("input[name=name]", "admin")
    page.fill("input[name=password]", PASSWORD)
    with page.expect_navigation():
        page.click("button")


def printed(page: Page) -> list[Sheet]:
    return sheets_of(page.pdf(prefer_css_page_size=True))


def wrong(sheets: list[Sheet]) -> list[str]:
    """What is wrong with a page as it was printed."""
    whole = "".join(sheet.text for sheet in sheets)
    found = [f"menu: {word}" for word in MENU if word in whole]
    for number, sheet in enumerate(sheets, 1):
        if f"第{number}页共{len(sheets)}页" not in sheet.text:
            found.append(f"no number on {number}")
        if beside := [g.text for g in sheet.glyphs if g.right > sheet.width or g.left < 0]:
            found.append(f"beside the paper on {number}: {''.join(beside)[:40]}")
    where = {
        mark: number
        for number, sheet in enumerate(sheets, 1)
        for mark in re.findall(r"Q[AZ]\d+Q", sheet.text)
    }
    found += [
        f"a card from {where[mark]} to {end}"
        for mark in where
        if mark[1] == "A" and (end := where.get(mark.replace("A", "Z"), where[mark])) != where[mark]
    ]
    return found


@pytest.mark.parametrize("demo", [False, True])
def test_every_page_prints(app_settings: Settings, browser: Browser, demo: bool) -> None:
    given = app_settings if demo else replace(app_settings, clock_spec="")
    with served(given) as (url, values, paths):
        page = browser.new_page()
        signed_in(page, url)
        seen, faults = 0, dict[str, list[str]]()
        for path in (*paths, "/cases?unit=01"):
            answer = page.request.get(url + path, max_redirects=0)
            if answer.status != 200 or "html" not in answer.headers.get("content-type", ""):
                continue
            if "enrol" in path or path.startswith(("/trust", "/connect/test")):
                continue  # pages for phones
            page.goto(url + path)
            page.evaluate(MARK_CARDS)
            sheets = printed(page)
            seen += 1
            if found := wrong(sheets):
                faults[path] = found
            if not all(("演示" in sheet.text) == demo for sheet in sheets):
                faults.setdefault(path, []).append("the mark of a demonstration")
        assert faults == {}
        assert seen > 20
        page.goto(f"{url}/cases?unit={values['unit']}")
        sheets = printed(page)
        assert len(sheets) > 1
        assert all("编号" in sheet.text for sheet in sheets)
        page.close()
