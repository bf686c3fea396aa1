"""Every screen on the smallest phone in large text: nothing reaches over the edge of the screen or of its own box.

Measured in the semantics tree: what is cut off has a box that ends beyond the one that holds it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.support.browser import fake_camera
from tests.support.browser.driver import SMALL, Screen, context_of
from tests.support.browser.forked_app import ForkedApp
from tests.support.browser.ready import in_thread
from tests.support.browser.screen_list import SCREENS, Shown, Walk
from tests.support.browser.screen_phones import PHONES, make
from tests.support.browser.waits import eventually
from tests.support.phone.pictures import slip

LARGE = 1.6
OVER = """() => [...document.querySelectorAll('flt-semantics-host flt-semantics')]
  .filter(node => {
    for (let above = node.parentElement; above.matches('flt-semantics-host *'); above = above.parentElement)
      if (['scroll', 'hidden'].includes(getComputedStyle(above).overflowX)) return false;
    return true;
  })
  .map(node => [node, node.getBoundingClientRect()])
  .filter(([node, box]) => box.width > 1 && (box.left < -1 || box.right > innerWidth + 1))
  .map(([node, box]) => (node.getAttribute('aria-label') || node.textContent).trim().slice(0, 40)
    + ` ${Math.round(box.left)}..${Math.round(box.right)}`)
  .filter(words => !/^[-.\\d\\s]*$/.test(words))"""
"""What of the tree lies beyond the left or right edge of the screen, in its words.

What scrolls sideways on purpose (the filters of the list) is reached by a swipe.
"""


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("film") / "seen.y4m"
    fake_camera.show(made, slip())
    return made


@pytest.fixture(scope="module")
def browser_arguments(film: Path) -> tuple[str, ...]:
    return fake_camera.arguments(film)


@pytest.fixture
def phone(
    request: pytest.FixtureRequest, browser: Browser, film: Path, tmp_path: Path
) -> Iterator[Walk]:
    """A phone of one kind in large text."""
    folder = tmp_path / request.param
    in_thread(make(request.param, folder, LARGE))
    app = ForkedApp(folder, clock=PHONES[request.param][1]).start()
    context = context_of(browser, SMALL)
    walk = Walk(Screen(context.new_page(), app.url).open(bare=True).see("字够大吗？"), film)
    if request.param != "new":
        walk.screen.first_start()
    yield walk
    context.close()
    app.stop()


KINDS: dict[str, list[Shown]] = {
    kind: list(shown) for kind, shown in groupby(SCREENS, key=lambda shown: shown.phone)
}


@pytest.mark.extended
@pytest.mark.parametrize("phone", list(KINDS), indirect=True)
def test_no_screen_reaches_over_its_edge_in_large_text(
    phone: Walk, request: pytest.FixtureRequest
) -> None:
    over = {}
    for shown in KINDS[request.node.callspec.params["phone"]]:
        shown.go(phone)
        phone.screen.page.wait_for_timeout(300)
        try:  # what slides in stands over the edge until it has come to rest
            eventually(phone.screen.page, lambda: phone.screen.page.evaluate(OVER), [], wait_s=10)
        except AssertionError as error:
            over[shown.name] = str(error)
    assert over == {}
