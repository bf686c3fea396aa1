"""A menu as phones have it: rows in a card, each with icon, name and a line of explanation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import flet as ft

from mobile.ui.components.panel import panel
from mobile.ui.components.text import secondary_text, text

INDENT = 62


def menu_row(
    icon: ft.IconData,
    title: str,
    line: str = "",
    on_click: Any = None,
    *,
    end: ft.Control | None = None,
) -> ft.Control:
    """One row, at least 60 px high; a button, unless it ends in a control of its own."""
    words: list[ft.Control] = [text(title, "strong")]
    if line:
        words.append(secondary_text(line))
    mark = end or (
        ft.Icon(ft.Icons.CHEVRON_RIGHT, color=ft.Colors.ON_SURFACE_VARIANT) if on_click else None
    )
    row = ft.Row(
        [
            ft.Icon(icon, size=26, color=ft.Colors.PRIMARY),
            ft.Column(words, spacing=2, expand=True),
            *([mark] if mark is not None else []),
        ],
        spacing=16,
        vertical_alignment=ft.CrossAxisAlignment.CENTER,
    )
    return ft.Container(
        row,
        padding=ft.Padding.symmetric(horizontal=18, vertical=13),
        on_click=on_click,
        ink=on_click is not None,
    )


def menu(rows: Sequence[ft.Control]) -> ft.Control:
    """Rows in one card, with a thin line between them."""
    parts: list[ft.Control] = []
    for row in rows:
        if parts:
            parts.append(
                ft.Divider(height=1, color=ft.Colors.OUTLINE_VARIANT, leading_indent=INDENT)
            )
        parts.append(row)
    card = panel(ft.Column(parts, spacing=0), padding=0)
    card.clip_behavior = ft.ClipBehavior.ANTI_ALIAS
    return card


def value_row(words: str, value: str, *, strong: bool = False) -> ft.Control:
    """A name and its value at the other end of the line, or below it where the text is large."""
    return ft.Row(
        [secondary_text(words, "text"), text(value, "strong" if strong else "text")],
        alignment=ft.MainAxisAlignment.SPACE_BETWEEN,
        wrap=True,
        run_spacing=0,
    )
