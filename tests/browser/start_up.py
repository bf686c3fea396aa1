"""How long the installed web app takes to open: `python -m tests.browser.start_up [starts]` prints the table of docs/benchmarks.md.

One phone, enrolled by hand, three people on its list; then starts of the browser with the processor as it is and with
the page slowed six times (DevTools; it slows the page's thread, not the worker in which Python runs), interleaved, so
that whatever else the machine does strikes both alike. No server answers during them: what is kept is what starts.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Playwright, sync_playwright

from sync_server.sample.pictures import draw_slip
from tests.browser import fake_camera
from tests.browser.installed import TALL, Installed, browser_of, enrol
from tests.browser.small_county import SCHOOL, SmallCounty, set_up
from tests.packaging.sites import real_site

SLOWED = 6
MARKS = (
    "Object.fromEntries(performance.getEntriesByType('mark').map(m => [m.name.replace('doorstep-', ''), m.startTime]))"
)
PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0"
ORDER = (
    "splash",
    "kept",
    "step-runtime",
    "step-app",
    "step-open",
    "flutter",
    "message-1",
    "message-2",
    "shown",
    "list",
)


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
        screen.keys("280415")
        began = time.monotonic()
        screen.see("接下来去")
        return took | {"list": (time.monotonic() - began) * 1000}
    finally:
        phone.off()


def table(rows: dict[int, list[dict[str, float]]]) -> str:
    """Medians, seconds, a line a moment."""
    lines = ["| moment | as is | slowed |", "|---|---|---|"]
    for name in ORDER:
        cells = [statistics.median(row.get(name, 0) for row in rows[rate]) / 1000 for rate in (1, SLOWED)]
        lines.append(f"| {name} | {cells[0]:.2f} s | {cells[1]:.2f} s |")
    return "\n".join(lines)


def measure(playwright: Playwright, folder: Path, starts: int) -> str:
    """Build, install, start."""
    county = set_up(folder / "county")
    try:
        county.server.stop()
        county.server.environ["DOORSTEP_APP_DIR"] = str(folder / "site")
        county.start_server()
        film = folder / "seen.y4m"
        fake_camera.show(film, draw_slip("QH0700001", seed=2, name_masked="王*", school=SCHOOL, notice_no="1"))
        with browser_of(playwright, folder / "profile", county.url, film) as phone:
            return _starts(county, phone, starts)
    finally:
        county.close()


def _starts(county: SmallCounty, phone: Installed, starts: int) -> str:
    first = enrol(phone, county)
    county.server.stop()
    rows: dict[int, list[dict[str, float]]] = {1: [], SLOWED: []}
    for _ in range(starts):
        for rate in rows:
            rows[rate].append(start(phone, rate))
    return "\n".join((f"first visit to the first question: {first['cold start, first visit']:.1f} s", table(rows)))


def main() -> None:
    """Print the table."""
    starts = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        real_site(Path(folder) / "site")
        sys.stdout.write(measure(playwright, Path(folder), starts) + "\n")


if __name__ == "__main__":
    main()
