"""Chips: large, with a tick and a colour when chosen; one of many, or several."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

import flet as ft

from mobile.ui.components.text import heading, secondary_text, text

Option = tuple[str, str]
"""(code, words)"""


def chip(
    words: str, chosen: bool, on_click: Any, *, icon: ft.IconData | None = None, wraps: bool = False
) -> ft.Control:
    """One choice, at least 48 px high. `wraps`: long words take two lines; needs a known width."""
    ink = ft.Colors.ON_PRIMARY if chosen else ft.Colors.ON_SURFACE
    mark = ft.Icons.CHECK if chosen else icon
    parts: list[ft.Control] = [ft.Icon(mark, size=20, color=ink)] if mark is not None else []
    label = text(words, "text", colour=ink, expand=wraps or None)
    label.expand_loose = wraps
    parts.append(label)
    return ft.Semantics(
        selected=chosen,
        button=True,
        container=True,
        content=ft.Container(
            content=ft.Row(parts, spacing=8, tight=True),
            bgcolor=ft.Colors.PRIMARY if chosen else ft.Colors.SURFACE_CONTAINER_LOWEST,
            border=ft.Border.all(1.5, ft.Colors.PRIMARY if chosen else ft.Colors.OUTLINE_VARIANT),
            border_radius=16,
            padding=ft.Padding.symmetric(horizontal=16, vertical=13),
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


def question(words: str, content: ft.Control, hint: str = "") -> ft.Control:
    """A question with its answers below."""
    parts = [heading(words)]
    if hint:
        parts.append(ft.Container(padding=ft.Padding.only(left=4), content=secondary_text(hint)))
    return ft.Column([*parts, content], spacing=8, key=f"q:{words}")
