"""How long the installed web app takes to open: `python -m tests.browser.start_up [starts]` prints the table of docs/benchmarks.md.

One phone, enrolled by hand, three people on its list; then starts of the browser with the processor as it is and with
the page slowed six times (DevTools; it slows the page's thread, not the worker in which Python runs), interleaved, so
that whatever else the machine does strikes both alike. No server answers during them: what is kept is what starts.
Between them starts an empty Flet app, built and kept the same way: what a start takes when everything of ours is taken away.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Playwright, sync_playwright

from shared.ids import case_code
from sync_server.sample.pictures import draw_slip
from tests.support.browser import fake_camera
from tests.support.browser.driver import PIN
from tests.support.browser.installed import OLDER, TALL, Installed, enrol
from tests.support.browser.small_county import SCHOOL, set_up
from tests.support.sites import real_site, tiny_site
from tests.support.static_site import served

SLOWED = 6
EMPTY = "an empty Flet app, "
WORDS = "空的"
MARKS = "Object.fromEntries(performance.getEntriesByType('mark').map(m => [m.name.replace('doorstep-', ''), m.startTime]))"
PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0"
MOMENTS = {
    "splash": "the start page",
    "kept": "every file is there",
    "step-app": "Python runs",
    "step-open": "our program is loaded",
    "flutter": "Flutter's first frame",
    "message-2": "the first screen is sent",
    "shown": "it is shown: the lock",
    "list": "PIN to the list",
}


def start(phone: Installed, slowed: int) -> dict[str, float]:
    """One start to the lock, then the PIN to the list; moments in ms from the address, `list` from the last digit."""
    screen = phone.on(TALL, offline=True)
    try:
        page = screen.page
        page.goto("about:blank")
        session = phone.context.new_cdp_session(page)
        session.send("Emulation.setCPUThrottlingRate", {"rate": slowed})
        screen.open(bare=True).see("上门已锁定")
        took: dict[str, float] = page.evaluate(MARKS) | {"splash": page.evaluate(PAINTED)}
        screen.keys(PIN)
        began = time.monotonic()
        screen.see("接下来")
        return took | {"list": (time.monotonic() - began) * 1000}
    finally:
        phone.off()


def empty_start(phone: Installed, slowed: int) -> dict[str, float]:
    """One start of the empty app to its only screen; it has no list, and needs no digits."""
    screen = phone.on(TALL, offline=True)
    try:
        screen.page.goto("about:blank")
        session = phone.context.new_cdp_session(screen.page)
        session.send("Emulation.setCPUThrottlingRate", {"rate": slowed})
        screen.open(bare=True).see(WORDS)
        took: dict[str, float] = screen.page.evaluate(MARKS)
        return took | {"splash": screen.page.evaluate(PAINTED), "list": 0}
    finally:
        phone.off()


def cold(phone: Installed, slowed: int) -> float:
    """A first visit with nothing kept: seconds from the address to the first question."""
    screen = phone.on(TALL)
    try:
        screen.page.goto("about:blank")
        phone.context.new_cdp_session(screen.page).send(
            "Emulation.setCPUThrottlingRate", {"rate": slowed}
        )
        began = time.monotonic()
        screen.open(bare=True).see("字够大吗？")
        return time.monotonic() - began
    finally:
        phone.off()


def table(rows: dict[tuple[str, int], list[dict[str, float]]]) -> str:
    """Medians, seconds, a line a moment."""
    heads = [f"{build}, {'as is' if rate == 1 else 'slowed'}" for build, rate in rows]
    lines = [" | ".join(("| moment", *heads)) + " |", "|---" * (len(heads) + 1) + "|"]
    for name, words in MOMENTS.items():
        cells = [
            f"{statistics.median(row.get(name, 0) for row in each) / 1000:.2f} s"
            for each in rows.values()
        ]
        lines.append(" | ".join((f"| {words}", *cells)) + " |")
    return "\n".join(lines)


def measure(
    playwright: Playwright, folder: Path, starts: int
) -> tuple[dict[tuple[str, int], float], dict[tuple[str, int], list[dict[str, float]]]]:
    """Install on two phones, one of which says it is older, then start them in turns.

    Returns the seconds of a first visit and the moments of every start, by build and slowing; those of an empty Flet
    app by EMPTY and the build.
    """
    county, film = set_up(folder / "county"), folder / "seen.y4m"
    fake_camera.show(
        film,
        draw_slip(case_code("QH07", 1), seed=2, name_masked="王*", school=SCHOOL, notice_no="1"),
    )
    county.server.environ["DOORSTEP_APP_DIR"] = str(folder / "site")
    first: dict[tuple[str, int], float] = {}
    phones: dict[str, Installed] = {}
    try:
        county.server.stop()
        county.start_server()
        for build, script in (("JavaScript", OLDER), ("WebAssembly", "")):
            phones[build] = Installed(playwright, folder / build, county.url, film, script)
            enrol(phones[build], county)
            for rate in (1, SLOWED):
                fresh = Installed(playwright, folder / f"{build}-{rate}", county.url, film, script)
                first[build, rate] = cold(fresh, rate)
    finally:
        county.close()
    tiny_site(folder / "web" / "app", WORDS)
    empties: dict[str, Installed] = {}
    with served(folder / "web") as address:
        for build, phone in phones.items():
            profile = folder / f"empty-{build}"
            empties[EMPTY + build] = Installed(playwright, profile, address, film, phone.script)
            empties[EMPTY + build].on(TALL).open(bare=True).see(WORDS)
            empties[EMPTY + build].off()
    rows: dict[tuple[str, int], list[dict[str, float]]] = {
        (b, rate): [] for rate in (1, SLOWED) for b in (*phones, *empties)
    }
    for _ in range(starts):
        for build, rate in rows:
            taken = (
                empty_start(empties[build], rate)
                if build in empties
                else start(phones[build], rate)
            )
            rows[build, rate].append(taken)
    return first, rows


def main() -> None:
    """Print the table."""
    starts = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        real_site(Path(folder) / "site")
        first, rows = measure(playwright, Path(folder), starts)
    for (build, rate), seconds in first.items():
        sys.stdout.write(f"{build}, {rate} times slower: a first visit {seconds:.1f} s\n")
    sys.stdout.write(table(rows) + "\n")


if __name__ == "__main__":
    main()
