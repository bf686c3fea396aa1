"""B10: what a first visit to the web app transfers, and how long the installed app takes to a usable list.

    first visit   bytes of every file that a browser fetches and keeps, as sent /  12 MiB
    warm start    seconds from the address to Today, the PIN's digits included, in Chromium, no server
                  as the machine is, and with the page slowed six times by DevTools / the aim of each
    an empty app  the same of a Flet app that shows one line: what no change of ours can go below

`python -m tests.bench.web_app [starts]` builds the site, Brotli included, and measures both; the kinds are Flutter's
client as WebAssembly and as JavaScript. Seconds are wall time: what a person waits. Pages are slowed, the worker that
Python runs in is not.
"""

from __future__ import annotations

import json
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from mobile.packaging.flutter_client import BUILDS
from mobile.packaging.site import build_site
from tests.browser import start_up
from tests.support.sites import ROOT

STARTS = 5
MIB = 2**20
FIRST_VISIT_MIB = 12.0
AIMS_S = {
    ("WebAssembly", 1): 2.2,
    ("WebAssembly", start_up.SLOWED): 6.0,
    ("JavaScript", 1): 2.8,
    ("JavaScript", start_up.SLOWED): 10.0,
}


def first_visit(site: Path) -> dict[str, float]:
    """Return the MiB of a first visit for each build of Flutter's client, sent as small as they lie there."""
    listed = json.loads((site / "precache.json").read_text("utf-8"))
    sent = [(each["path"], each["only"].split()) for each in listed] + [("precache.json", [])]
    return {
        build: sum(as_sent(site / path) for path, only in sent if not only or build in only) / MIB
        for build in BUILDS
    }


def as_sent(file: Path) -> int:
    """Return the bytes of a file as a browser gets it over https: Brotli, else gzip, else plain."""
    beside = (file.with_name(file.name + ending) for ending in (".br", ".gz"))
    return next((each for each in beside if each.exists()), file).stat().st_size


def warm(site: Path, starts: int = STARTS) -> dict[tuple[str, int], list[float]]:
    """Return the seconds of every start to a usable list, by build and slowing."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        shutil.copytree(site, Path(folder, "site"))
        _, rows = start_up.measure(playwright, Path(folder), starts)
    return {
        kind: [(row["shown"] + row["list"]) / 1000 for row in each] for kind, each in rows.items()
    }


def ratios(starts: int = STARTS) -> dict[str, list[float]]:
    """Return each measure over its aim: one of the bytes, and of the seconds one a start."""
    site = build_site(ROOT, ROOT / "build", brotli=True).folder
    found = {f"first visit, {b}": [mib / FIRST_VISIT_MIB] for b, mib in first_visit(site).items()}
    for (build, rate), seconds in warm(site, starts).items():
        if (build, rate) not in AIMS_S:
            continue
        name = f"{build}, {'as is' if rate == 1 else f'slowed {rate} times'}"
        found[name] = [each / AIMS_S[build, rate] for each in seconds]
    return found


def main() -> None:
    """Print each measure over its aim."""
    for name, each in ratios(int(sys.argv[1]) if len(sys.argv) > 1 else STARTS).items():
        shown = f"{statistics.median(each):.2f} ({min(each):.2f} to {max(each):.2f})"
        sys.stdout.write(f"{name}: {shown} of the aim\n")


if __name__ == "__main__":
    main()
