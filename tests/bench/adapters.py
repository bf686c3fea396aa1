"""Benches that give a pair of works, or their ratios by another name, in the shape of the registry."""

from __future__ import annotations

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


def wire_bytes() -> Values:
    """B4."""
    from tests.bench import wire_bytes

    return {"first": [wire_bytes.ratio()]}


def week_three() -> Values:
    """B12, in Chromium."""
    from tests.support.browser.driver import find_browser

    if find_browser() is None:
        raise frame.NotHereError("no Chromium on the path")
    from tests.bench import week_three

    found, save_mb = week_three.ratios()
    return {**found, "mb": [save_mb]}
