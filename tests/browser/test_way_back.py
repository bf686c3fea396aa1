"""The browser's way back: what was finished, or left upwards, is neither behind nor ahead of the teacher.

The rules are tried on an empty page, with the steps Flutter makes; then in the app, screen by screen.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from shared.assets import WEB
from tests.support.browser.driver import PIN, Screen, context_of
from tests.support.browser.forked_app import ForkedApp
from tests.support.browser.ready import ready_phone
from tests.support.browser.waits import eventually
from tests.support.phone.pictures import slip

SITE = "http://phone.test"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that keeps an eye on the events Flutter would act on."""
    context = browser.new_context()
    opened = context.new_page()
    opened.route(
        f"{SITE}/**",
        lambda route: route.fulfill(
            content_type="text/html", body="<!doctype html><title>x</title>"
        ),
    )
    opened.add_init_script(
        (WEB / "history.js").read_text("utf-8")
        + "; window.heard = []; addEventListener('popstate', () => heard.push(location.pathname));"
    )
    yield opened
    context.close()


def walk(page: Page, start: str, *paths: str) -> list[str]:
    """Open `start`, go through `paths` as the app would; then press back until nothing is left."""
    page.goto(SITE + start)
    for number, path in enumerate(paths, 1):
        page.evaluate(
            "([n, path]) => history.pushState({serialCount: n, state: null}, 'flutter', path)",
            [number, path],
        )
        page.wait_for_function("path => location.pathname === path", arg=path)
        page.wait_for_function(
            "path => history.state.trail.at(-1) + '' === path.replace(/[/]$/, '')", arg=path
        )
    # whatever was done to get there, Flutter was not asked back
    assert page.evaluate("heard") == []
    seen = [page.evaluate("location.pathname")]
    for _ in range(page.evaluate("history.state ? history.state.trail.length : 1") - 1):
        before = len(page.evaluate("heard"))
        page.evaluate("history.back()")
        page.wait_for_function("n => heard.length > n", arg=before)
        seen.append(page.evaluate("location.pathname"))
    return seen


def test_back_goes_through_the_screens_as_they_were_opened(page: Page) -> None:
    assert walk(page, "/", "/cases", "/cases/7", "/cases/7/visit") == [
        "/cases/7/visit",
        "/cases/7",
        "/cases",
        "/",
    ]


def test_a_form_that_was_saved_is_not_behind_the_case(page: Page) -> None:
    assert walk(page, "/", "/do/7", "/do/7/visit", "/do/7") == ["/do/7", "/"]


def test_a_camera_that_was_left_is_not_behind_the_form(page: Page) -> None:
    steps = ("/do/7", "/do/7/deliver", "/do/7/deliver/photo", "/do/7/deliver")
    assert walk(page, "/", *steps) == ["/do/7/deliver", "/do/7", "/"]


def test_a_correction_that_was_saved_leaves_neither_form_nor_question(page: Page) -> None:
    steps = ("/do/7", "/do/7/correct/f", "/do/7/correct/f/visit", "/do/7")
    assert walk(page, "/", *steps) == ["/do/7", "/"]


def test_a_form_opened_from_elsewhere_is_replaced_by_its_case(page: Page) -> None:
    steps = ("/outbox", "/do/7/correct/f", "/do/7/correct/f/visit", "/do/7")
    assert walk(page, "/", *steps) == ["/do/7", "/outbox", "/"]


def test_a_form_the_app_began_with_is_replaced_by_its_case(page: Page) -> None:
    assert walk(page, "/do/7/visit", "/do/7") == ["/do/7"]


def test_tabs_do_not_pile_up(page: Page) -> None:
    assert walk(page, "/", "/cases", "/outbox", "/cases", "/more", "/") == ["/"]


def test_what_was_finished_is_not_ahead_either(page: Page) -> None:
    walk(page, "/", "/do/7", "/do/7/visit", "/do/7")  # ends at "/" with the case ahead
    page.evaluate("history.forward()")
    page.wait_for_function("location.pathname === '/do/7'")
    # one step further there is nothing: no event of it can be awaited, so it gets some time
    page.evaluate("history.forward()")
    page.wait_for_timeout(1000)
    assert page.evaluate("location.pathname") == "/do/7"


def test_a_reload_keeps_the_way_back(page: Page) -> None:
    page.goto(f"{SITE}/")
    for number, path in enumerate(("/do/7", "/do/7/visit"), 1):
        page.evaluate(
            "([n, path]) => history.pushState({serialCount: n}, '', path)", [number, path]
        )
    page.reload()
    page.evaluate("history.pushState({serialCount: 3}, '', '/do/7')")
    page.wait_for_function("location.pathname === '/do/7'")
    state = {"serialCount": 3, "trail": ["", "/do/7"]}
    eventually(page, lambda: page.evaluate("history.state"), state)


def test_two_steps_at_once_both_count(page: Page) -> None:
    page.goto(f"{SITE}/")
    page.evaluate("history.pushState({serialCount: 1}, '', '/do/7')")
    page.evaluate("history.pushState({serialCount: 2}, '', '/do/7/visit')")
    page.evaluate(
        "history.pushState({serialCount: 3}, '', '/do/7');"
        "history.pushState({serialCount: 4}, '', '/do/7/statement')"
    )
    page.wait_for_function("location.pathname === '/do/7/statement'")
    trail = ["", "/do/7", "/do/7/statement"]
    eventually(page, lambda: page.evaluate("history.state.trail"), trail)


# the app

FORMS = {
    "送达通知书": "怎样送的？",
    "上门走访": "见到了谁？",
    "电话联系": "打通了吗？",
    "新联系方式": "哪一项变了？",
    "情况说明": "是什么原因？",
}
"""What opens each form, and what it asks first."""
CASE, TODAY = "要记什么？", "接下来"


@pytest.fixture(scope="module")
def screen(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Screen]:
    """A phone with a list, on Today."""
    app = ForkedApp(ready_phone(tmp_path_factory.mktemp("back") / "phone", 5)).start()
    context = context_of(browser)
    opened = Screen(context.new_page(), app.url, wait_s=60)
    opened.open(bare=True).see("上门已锁定").tapped_keys(PIN).see(TODAY)
    yield opened
    context.close()
    app.stop()


def back(screen: Screen, words: str) -> None:
    """The browser's own button, which is also a phone's."""
    screen.page.evaluate("history.back()")
    screen.see(words)


def entries(screen: Screen, count: int) -> None:
    """Wait until the browser holds `count` entries: it follows the app, whose screen is there first."""
    screen.page.wait_for_function("count => history.state.trail.length === count", arg=count)


def opened_case(screen: Screen) -> None:
    screen.tap("王晓梅", exact=False).see(CASE)


@pytest.mark.extended
def test_back_leaves_every_screen_for_the_one_above_it(screen: Screen) -> None:
    opened_case(screen)
    for form, asks in FORMS.items():
        screen.tap(form).see(asks)
        back(screen, CASE)
        screen.tap(form).see(asks).back().see(CASE)  # 返回 of the bar leaves nothing behind
        entries(screen, 2)
    back(screen, TODAY)
    for tab, words in (("名单", "共 5 人"), ("更多", "现在就锁上"), ("今日", TODAY)):
        screen.tap(tab).see(words)
    entries(screen, 1)


@pytest.mark.extended
def test_back_after_saving_leads_to_today_and_never_to_an_empty_form(
    screen: Screen, tmp_path: Path
) -> None:
    paper = tmp_path / "slip.jpg"
    paper.write_bytes(slip())
    opened_case(screen)
    screen.tap("送达通知书").tap("当面送达").tap("本人").tap("拍签收单").see("从相册选")
    with screen.page.expect_file_chooser() as chooser:
        screen.tap("从相册选")
    chooser.value.set_files(str(paper))
    screen.see("照片清楚").tap("情况紧急").tap("保存").see(CASE)
    entries(screen, 2)
    back(screen, TODAY)
    screen.gone("怎样送的？")


@pytest.mark.extended
def test_back_after_the_camera_leads_to_the_case_and_never_to_the_camera(
    screen: Screen, tmp_path: Path
) -> None:
    paper = tmp_path / "slip.jpg"
    paper.write_bytes(slip())
    opened_case(screen)
    screen.tap("上门走访").see("见到了谁？").tap("拍相关纸面材料").see("从相册选")
    with screen.page.expect_file_chooser() as chooser:
        screen.tap("从相册选")
    chooser.value.set_files(str(paper))
    screen.see("照片清楚")
    entries(screen, 3)
    back(screen, CASE)
    back(screen, TODAY)
