"""Chips: large, with a tick and a colour when chosen; one of many, or several."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

import flet as ft

from mobile.ui.app.scroll import key_of
from mobile.ui.components.panel import note_line
from mobile.ui.components.text import heading, secondary_text, text

Option = tuple[str, str]
"""(code, words)"""
MARK_PX, GAP_PX = 20, 6
"""The tick and the gap behind it: margins while a chip is not chosen, so that a tap moves no other.
"""
LEFT_PX, RIGHT_PX, TOP_PX = 12, 14, 13


def chip(
    words: str, chosen: bool, on_click: Any, *, icon: ft.IconData | None = None, wraps: bool = False
) -> ft.Control:
    """One choice, at least 48 px high. `wraps`: long words take two lines; needs a known width."""
    ink = ft.Colors.ON_PRIMARY if chosen else ft.Colors.ON_SURFACE
    mark = ft.Icons.CHECK if chosen else icon
    parts: list[ft.Control] = [ft.Icon(mark, size=MARK_PX, color=ink)] if mark is not None else []
    spare = 0 if parts else (MARK_PX + GAP_PX) / 2
    label = text(words, "text", colour=ink, expand=wraps or None)
    label.expand_loose = wraps
    parts.append(label)
    return ft.Semantics(
        selected=chosen,
        button=True,
        container=True,
        content=ft.Container(
            content=ft.Row(parts, spacing=GAP_PX, tight=True),
            bgcolor=ft.Colors.PRIMARY if chosen else ft.Colors.SURFACE_CONTAINER_LOWEST,
            border=ft.Border.all(1.5, ft.Colors.PRIMARY if chosen else ft.Colors.OUTLINE_VARIANT),
            border_radius=16,
            padding=ft.Padding(LEFT_PX + spare, TOP_PX, RIGHT_PX + spare, TOP_PX),
            on_click=on_click,
            ink=True,
        ),
    )


def choices(
    options: Sequence[Option],
    chosen: str | Collection[str],
    pick: Callable[[str], Any],
    *,
    icons: dict[str, ft.IconData] | None = None,
) -> ft.Control:
    """Chips in rows; `pick(code)` returns the guarded handler of a chip."""
    have = {chosen} if isinstance(chosen, str) else set(chosen)
    return ft.Row(
        [
            chip(words, code in have, pick(code), icon=(icons or {}).get(code), wraps=True)
            for code, words in options
        ],
        wrap=True,
        spacing=10,
        run_spacing=10,
    )


def question(words: str, content: ft.Control, hint: str = "", missing: str = "") -> ft.Control:
    """A question with its answers below; `missing`: what marks it while its answer is missing."""
    parts = [heading(words), *missing_mark(words, missing)]
    if hint:
        parts.append(ft.Container(padding=ft.Padding.only(left=4), content=secondary_text(hint)))
    return ft.Column([*parts, content], spacing=8, key=f"q:{words}")


def missing_mark(words: str, sentence: str) -> list[ft.Control]:
    """The mark at the question `words`; none without a sentence.

    It alone carries a key to scroll to: while a screen slides in there are two screens, and one key
    must not be on both.
    """
    line = note_line(ft.Icons.ERROR_OUTLINE, sentence, "attention")
    return [ft.Container(line, key=key_of(mark_key(words)))] if sentence else []


def mark_key(words: str) -> str:
    """What the mark at a question is scrolled to by."""
    return f"missing:{words}"
