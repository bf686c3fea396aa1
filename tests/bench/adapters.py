"""Benches that give a pair of works, or what they found in a shape of their own, by the keys of benches.py."""

from __future__ import annotations

import importlib
from typing import Any

from tests.bench import frame
from tests.bench.registry import Values


def push() -> Values:
    """B1."""
    from tests.bench import push

    return {"push": frame.ratios(*push.pair())}


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
    if not hasattr(module, "values"):
        return {"first": [module.ratio()], "delta": [], "empty": []}
    found: Values = module.values()
    return found


def hundred_phones() -> Values:
    """B5."""
    found: Values = _module("hundred_phones").values()
    return found


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
    found: Values = _module("web_app").values()
    return found


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
    for name in ("home", "county", "my schools", "school"):
        times = by_page[name]
        found[f"{name} 1x"], found[f"{name} 100x"] = [times[1]], [times[100]]
        found[f"{name} grows"] = [frame.exponent([times[size] for size in frame.SIZES])]
    return found


def case_search() -> Values:
    """G2."""
    found: Values = _module("case_search").values()
    return found


def _needs_chromium() -> None:
    from tests.support.browser.driver import find_browser

    if find_browser() is None:
        raise frame.NotHereError("no Chromium on the path")
