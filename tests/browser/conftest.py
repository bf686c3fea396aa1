"""One Chromium a module; without one they are skipped loudly, or fail where REQUIRE_BROWSER=1."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from sync_server import temporary
from sync_server.data_folder import make_folder
from tests.support.browser.driver import chromium, find_browser
from tests.support.browser.waits import WAIT_S

expect.set_options(timeout=WAIT_S * 1000)


@pytest.fixture(scope="module", autouse=True)
def usual_temporary_files() -> Iterator[None]:
    """Let a server in this process leave the temporary folder alone: Chromium's sockets there need a short path."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(temporary, "use", make_folder)
        yield


@pytest.fixture(scope="module")
def browser_arguments() -> tuple[str, ...]:
    """Further arguments of a module's Chromium; a module may have its own."""
    return ()


# no longer: Playwright keeps an event loop running that later tests would trip over
@pytest.fixture(scope="module")
def browser(browser_arguments: tuple[str, ...]) -> Iterator[Browser]:
    if find_browser() is None:
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail("REQUIRE_BROWSER=1, but no Chromium is on the path")
        pytest.skip(
            "NO CHROMIUM on the path: the app itself was not tapped through. Install the package 'chromium'."
        )
    with chromium(browser_arguments) as opened:
        yield opened
