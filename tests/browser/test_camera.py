"""The camera in the real app: what is blurred can be taken again, as often as it takes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.support.browser.driver import Screen, context_of
from tests.support.browser.forked_app import ForkedApp
from tests.support.browser.small_county import SmallCounty, set_up

CAMERA_ON = (
    "[...document.querySelectorAll('video')].some(v => v.readyState >= 2 && v.videoWidth > 0)"
)


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallCounty]:
    made = set_up(tmp_path_factory.mktemp("county"))
    yield made
    made.close()


@pytest.mark.extended
def test_a_blurred_photo_is_taken_again_and_the_camera_is_there(
    browser: Browser, county: SmallCounty
) -> None:
    app = ForkedApp(county.phone_folder, clock=county.clock).start()
    context = context_of(browser)
    try:
        screen = Screen(context.new_page(), app.url).open()
        screen.see("欧阳静宜").page.get_by_text("欧阳静宜").first.click(force=True)
        screen.see("要记什么？").tap("送达通知书").tap("当面送达").see("谁签的？").tap("本人").tap(
            "拍签收单"
        ).see("把纸放进白框")
        # Chromium's fake camera shows a pattern without edges: always a little blurred
        for _ in range(2):
            screen.page.wait_for_function(CAMERA_ON, timeout=90_000)
            screen.tap("拍照").see("照片有点糊").tap("重拍").see("把纸放进白框")
        assert "程序出错" not in screen.text()
    finally:
        context.close()
        app.stop()
