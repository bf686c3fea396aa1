"""Benches that give a pair of works, or what they found in a shape of their own, by the keys of benches.py."""

from __future__ import annotations

import importlib
from typing import Any

from tests.bench import frame
from tests.bench.registry import Values


def push() -> Values:
    """B1."""
    module = _module("push")
    if hasattr(module, "pair"):
        return {"push": frame.ratios(*module.pair())}
    return {"push": module.ratios()}


def photo() -> Values:
    """B3."""
    from tests.bench import photo

    return {"photo": frame.ratios(*photo.pair())}


def _module(name: str) -> Any:
    """A bench of tests/bench. Raises NotHereError where there is none."""
    try:
        return importlib.import_module(f"tests.bench.{name}")
    except ModuleNotFoundError as error:
        if error.name != f"tests.bench.{name}":
            raise
        raise frame.NotHereError(f"no tests/bench/{name}.py") from error


def single_facts() -> Values:
    """B0."""
    found = [_module("single_facts").measure() for _ in range(frame.ROUNDS)]
    return {
        "ms": [one.processor_ms for one in found],
        "rate": [one.facts_a_second for one in found],
        "p99": [one.p99_over_median for one in found],
    }


def wire_bytes() -> Values:
    """B4: whatever a machine, the same bytes."""
    module = _module("wire_bytes")
    if not hasattr(module, "rows"):
        return {"first": [module.ratio()], "delta": [], "empty": []}
    first, _, delta, empty = (float(row.value) for row in module.rows())
    return {"first": [first], "delta": [delta], "empty": [empty]}


def hundred_phones() -> Values:
    """B5."""
    found = [_module("hundred_phones").measure() for _ in range(frame.ROUNDS)]
    return {
        "all": [one.all_done_s for one in found],
        "slowest": [one.slowest_over_median for one in found],
    }


def memory() -> Values:
    """B8."""
    found = {row.words: [row.value] for row in _module("memory").rows()}
    return {
        "rest": found["memory at rest, private"],
        "busy": found["memory under 8 clients, private"],
        "start": found["start to first answer"],
    }


def phone_core() -> Values:
    """B9."""
    found = _module("phone_core").results(frame.ROUNDS)
    openings = {f"{name} x": each for name, each in found.items() if name.startswith("open")}
    return {name: [one.ms for one in each] for name, each in found.items()} | {
        name: [one.ms / one.bare_ms for one in each] for name, each in openings.items()
    }


def web_app() -> Values:
    """B10, in Chromium."""
    _needs_chromium()
    from mobile.packaging.site import build_site
    from tests.browser.start_up import EMPTY, SLOWED
    from tests.support.sites import ROOT

    module = _module("web_app")
    site = build_site(ROOT, ROOT / "build", brotli=True).folder
    warm = module.warm(site, frame.ROUNDS)
    return {
        "mib": [max(module.first_visit(site).values())],
        "wasm": warm["WebAssembly", 1],
        "wasm slowed": warm["WebAssembly", SLOWED],
        "js": warm["JavaScript", 1],
        "js slowed": warm["JavaScript", SLOWED],
        "empty wasm": warm[EMPTY + "WebAssembly", 1],
        "empty wasm slowed": warm[EMPTY + "WebAssembly", SLOWED],
        "empty js": warm[EMPTY + "JavaScript", 1],
        "empty js slowed": warm[EMPTY + "JavaScript", SLOWED],
    }


def week_three() -> Values:
    """B12, in Chromium."""
    _needs_chromium()
    found, save_mb = _module("week_three").ratios()
    return {**found, "mb": [save_mb]}


def page_times() -> Values:
    """G1: a page's median at each size; the exponent over all three."""
    by_page: dict[str, dict[int, float]] = {}
    for row in _module("page_times").rows(frame.SIZES):
        by_page.setdefault(row.page, {})[row.times] = row.ms
    found: dict[str, list[float]] = {}
    for name, *_ in _module("page_times").PAGES:
        times = by_page[name]
        found[f"{name} 1x"], found[f"{name} 100x"] = [times[1]], [times[100]]
        found[f"{name} grows"] = [frame.exponent([times[size] for size in frame.SIZES])]
    found["large school"] = [by_page["school of 10,000"][100]]
    return found


def case_search() -> Values:
    """G2: the dearest of all filters and searches, first and last page, at each size."""
    dearest: dict[int, float] = {}
    for row in _module("case_search").rows(frame.SIZES):
        dearest[row.times] = max(row.ms, dearest.get(row.times, 0))
    return {
        "cases 1x": [dearest[1]],
        "cases 100x": [dearest[100]],
        "cases grows": [frame.exponent([dearest[size] for size in frame.SIZES])],
    }


def _needs_chromium() -> None:
    from tests.support.browser.driver import find_browser

    if find_browser() is None:
        raise frame.NotHereError("no Chromium on the path")
