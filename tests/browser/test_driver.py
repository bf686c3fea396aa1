"""The driver proves itself on the real app in the system's Chromium: it opens, taps, types, kills and finds again."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import pytest
from playwright.sync_api import Browser

from tests.support.browser.driver import AppProcess, Screen, context_of
from tests.support.phone.seed import lived_in

pytestmark = pytest.mark.extended

T = TypeVar("T")


def in_thread(work: Coroutine[Any, Any, T]) -> T:
    """Run it in a thread of its own: Playwright's sync API keeps a loop running in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


async def prepare(folder: Path) -> None:
    phone = await lived_in(folder)
    phone.store.close()


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppProcess]:
    """The preview over a phone with some days of work on it."""
    folder = tmp_path_factory.mktemp("app") / "phone"
    in_thread(prepare(folder))
    process = AppProcess(folder).start()
    yield process
    process.stop()


def test_it_opens_the_app_in_chinese_and_nothing_leaves_this_computer(
    browser: Browser, app: AppProcess
) -> None:
    context = context_of(browser)
    answered: list[str] = []
    context.on("response", lambda response: answered.append(response.url))
    screen = Screen(context.new_page(), app.url).open()
    screen.see("上门走访").see("这是预览：界面在浏览器里，程序在这台电脑上运行")
    assert any(url.endswith("NotoSansSC-subset.otf") for url in answered)
    assert [url for url in answered if not url.startswith((app.url, "blob:", "data:"))] == []
    context.close()


def test_it_taps_types_and_goes_back(browser: Browser, app: AppProcess) -> None:
    context = context_of(browser)
    screen = Screen(context.new_page(), app.url).open()
    screen.tap("名单").see("共 12 人").type("找人：姓名、拼音首字母、村或编号", "欧阳").see(
        "共 1 人"
    )
    screen.page.keyboard.press("Control+a")
    screen.page.keyboard.type("石桥")
    screen.see("共 3 人")
    screen.open("/cases/c0001").see("您在和谁说话？").back().see("共 3 人")
    context.close()
