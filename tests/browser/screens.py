"""`make screens`: a picture of every screen at every size, light and dark, two text sizes, into docs/screens/.

One process and one window for each phone and text size; the window is resized and its colours switched while a screen
stands, so that every screen is walked to twice, not twelve times. Names on the command line take only those anew.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from itertools import groupby
from pathlib import Path

from playwright.sync_api import Browser, Error, Page

from tests.support.browser import fake_camera
from tests.support.browser.driver import PHONE, ROOT, AppProcess, Screen, chromium, context_of
from tests.support.browser.screen_list import SCREENS, Shown, Walk
from tests.support.browser.screen_phones import PHONES, make
from tests.support.browser.sheets import MODES, SCALES, SIZES, Variant, index, sheet
from tests.support.phone.pictures import slip

OUT = ROOT / "out" / "screens"
DEST = ROOT / "docs" / "screens"
MOST_TRIES = 8
"""A picture is taken when two looks are alike, or after so many: a viewfinder and a cursor never are."""
BARE = ("new",)
"""Phones whose first start is itself a picture."""


def picture(page: Page, path: Path) -> None:
    """A picture of the page once it stands still."""
    before = b""
    for _ in range(MOST_TRIES):
        page.wait_for_timeout(180)
        now = page.screenshot()
        if now == before:
            break
        before = now
    path.write_bytes(before)


def variants(walk: Walk, shown: Shown, scale: float) -> None:
    """The six pictures of a screen that stands: three sizes in two modes."""
    page = walk.screen.page
    for size, box in SIZES.items():
        page.set_viewport_size(box)
        for mode in MODES:
            page.emulate_media(color_scheme=mode)
            page.wait_for_timeout(250)
            if shown.end:
                page.mouse.move(box["width"] / 2, box["height"] / 2)
                page.mouse.wheel(0, 6000)
                page.mouse.move(2, 2)
                page.wait_for_timeout(350)
            picture(page, shot_of(shown.name, (scale, size, mode)))
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme="light")
    page.wait_for_timeout(300)


def shot_of(name: str, variant: Variant) -> Path:
    """Where one picture lies."""
    scale, size, mode = variant
    return OUT / f"{name}-{round(scale * 100)}-{size}-{mode}.png"


def take(
    browser: Browser, kind: str, wanted: list[Shown], scale: float, folder: Path, film: Path
) -> None:
    """All wanted pictures of one phone at one text size."""
    app = AppProcess(folder, clock=PHONES[kind][1]).start()
    context = context_of(browser)
    try:
        walk = Walk(
            Screen(context.new_page(), app.url).open(bare=True).see("字够大吗？", wait_s=60),
            film,
        )
        if kind not in BARE:
            walk.screen.first_start()
        for shown in wanted:
            try:
                shown.go(walk)
            except Error:  # a screen redrawn under the finger
                shown.go(walk)
            walk.screen.page.mouse.move(2, 2)  # nothing looks pointed at
            variants(walk, shown, scale)
            sys.stdout.write(f"  {shown.name} {round(scale * 100)} %\n")
            sys.stdout.flush()
    finally:
        context.close()
        app.stop()


def main(names: list[str]) -> int:
    """Take pictures, make sheets and the index. `names`: phones or screens; none means all."""
    wanted = [s for s in SCREENS if not names or s.name in names or s.phone in names]
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="doorstep-screens-") as directory:
        film = Path(directory) / "seen.y4m"
        fake_camera.show(film, slip())
        phones = {
            (k, s): Path(directory) / f"{k}-{s}"
            for k in dict.fromkeys(s.phone for s in wanted)
            for s in SCALES
        }
        for (
            (kind, scale),
            folder,
        ) in phones.items():  # before the browser: Playwright keeps a loop of its own running
            asyncio.run(make(kind, folder, scale))
        with chromium(fake_camera.arguments(film)) as browser:
            for scale in reversed(SCALES):  # what breaks breaks in large text first
                for kind, group in groupby(wanted, key=lambda s: s.phone):
                    take(browser, kind, list(group), scale, phones[kind, scale], film)
    for shown in wanted:
        shots: dict[Variant, Path] = {
            (k, size, mode): shot_of(shown.name, (k, size, mode))
            for k in SCALES
            for size in SIZES
            for mode in MODES
        }
        sheet(shots, DEST / f"{shown.name}.webp")
    index([(s.name, s.line) for s in SCREENS], DEST)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
