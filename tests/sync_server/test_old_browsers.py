"""The console's styles may only use what Chromium 80 knows, or what merely adds where it is not known."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from sync_server.console.web.console_state import STATIC

SHEETS = sorted(STATIC.glob("*.css"))
CONSOLE = STATIC / "console.css"
BEFORE_84 = "@supports not (appearance: none)"
"""The block of margins for flex boxes, where `gap` is not known (84 is the first with both)."""
TOO_YOUNG = {
    r":is\(|:where\(": "88: takes the whole rule with it",
    r"\baspect-ratio\s*:": "88",
    r"(?<![\w-])inset(?:-\w+)*\s*:": "87: say top, right, bottom and left",
    r"color-mix\(|oklch\(|lab\(": "111",
    r"@layer|@container|@property|@scope": "85 and later",
    r"&": "120: no nesting",
    r"\b\d+(?:\.\d+)?[sdl]v[hw]\b": "108: say vh, vw",
    r":user-valid|:user-invalid|:modal|:popover-open": "119 and earlier",
    r"overflow(?:-[xy])?\s*:\s*clip": "90",
    r"(?<![\w-])(?:margin|padding|border)-(?:inline|block)\b(?!-)": "87: the short form",
    r"\bcontent-visibility\s*:|\bcontain-intrinsic": "85",
    r"(?<![\w-])(?:translate|rotate|scale)\s*:": "104: say transform",
    r"grid-template-(?:rows|columns)\s*:[^;]*subgrid": "117",
    r"text-wrap\s*:": "114",
}
"""What a rule outside `@media print` may not use, and the version that has it."""
Rule = tuple[str, str, str]
"""What stands around a rule (@media …), its selector, its declarations."""


def rules(css: str, around: str = "") -> Iterator[Rule]:
    """The rules of a sheet, those of @media and @supports among them."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    at = 0
    while (start := css.find("{", at)) >= 0:
        head, depth, end = css[at:start].split(";")[-1].strip(), 1, start + 1
        while depth:
            depth += {"{": 1, "}": -1}.get(css[end], 0)
            end += 1
        inside = css[start + 1 : end - 1]
        if head.startswith(("@media", "@supports")):
            yield from rules(inside, f"{around} {head}".strip())
        else:
            yield around, head, inside
        at = end


def of(sheet: Path) -> list[Rule]:
    return list(rules(sheet.read_text("utf-8")))


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_nothing_is_used_that_chromium_80_does_not_know(sheet: Path) -> None:
    found = [
        f"{head} {{{body.strip()[:60]}…}}: since {since}"
        for around, head, body in of(sheet)
        if "print" not in around and not head.startswith("@page")
        for pattern, since in TOO_YOUNG.items()
        if re.search(pattern, f"{head} {{ {body} }}")
    ]
    assert not found, "\n".join(found)


YOUNG_SELECTORS = (":has(", ":focus-visible", "::file-selector-button")
"""Selectors that may stand in rules of their own: a browser without them leaves the whole rule out."""


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_what_an_old_browser_drops_takes_nothing_else_with_it(sheet: Path) -> None:
    for around, head, _ in of(sheet):
        selectors = re.split(r",(?![^(]*\))", head)
        young = [s for s in selectors if any(y in s for y in YOUNG_SELECTORS)]
        assert not young or len(young) == len(selectors), f"part this rule in two: {head}"
        assert ":has(" not in head or "print" in around, f"not on screen: {head}"


def test_every_gap_of_a_flex_box_has_margins_for_browsers_without_it() -> None:
    found = of(CONSOLE)
    grids = {s for _, head, body in found if "grid" in body for s in _selectors(head)}
    margins = {
        re.sub(r"\s*>\s*(?:\*|:not\(:last-child\))$", "", selector)
        for around, head, body in found
        if around == BEFORE_84 and "margin" in body
        for selector in _selectors(head)
    }
    gaps = {
        selector
        for around, head, body in found
        if re.search(r"(?<![\w-])(?:column-|row-)?gap\s*:(?!\s*0\s*;)", body)
        for selector in _selectors(head)
    }
    missing = sorted(gaps - grids - margins)
    assert not missing, (
        f"Chromium before 84 knows no gap of flex: add to `{BEFORE_84}` in console.css "
        f"margins for the children (`{missing[0]} > *`), or make it a grid: {missing}"
    )


def _selectors(head: str) -> list[str]:
    return [" ".join(one.split()) for one in head.split(",")]


def test_a_rule_is_found_where_it_stands() -> None:
    css = "a { b: c } @media print { d { e: f } } @supports not (x: y) { g > * { margin: 0 } }"
    assert [(around, head) for around, head, _ in rules(css)] == [
        ("", "a"),
        ("@media print", "d"),
        ("@supports not (x: y)", "g > *"),
    ]
