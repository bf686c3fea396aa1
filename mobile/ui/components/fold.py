"""Lines of one row: one that opens what stands below it, one that leads somewhere."""

from __future__ import annotations

from typing import Any

import flet as ft

from mobile.ui.components.colour_set import colour_set
from mobile.ui.components.panel import panel
from mobile.ui.components.text import text


def fold_row(
    icon: ft.IconData, title: str, line: str, unfolded: bool, on_click: Any, *, kind: str = "plain"
) -> ft.Control:
    """Icon, name and a short count in one line, at least 48 px high; the whole line is a button."""
    colours = colour_set(kind)
    words = ft.Row(
        [
            text(title, "strong", colour=colours.text),
            *([text(line, "small", colour=colours.text)] if line else []),
        ],
        wrap=True,
        spacing=10,
        run_spacing=0,
        vertical_alignment=ft.CrossAxisAlignment.CENTER,
        expand=True,
    )
    arrow = ft.Icons.EXPAND_LESS if unfolded else ft.Icons.EXPAND_MORE
    row = ft.Row(
        [
            ft.Icon(icon, size=24, color=colours.icon),
            words,
            ft.Icon(arrow, size=24, color=colours.text),
        ],
        spacing=12,
    )
    return ft.Container(
        row,
        padding=ft.Padding.symmetric(horizontal=8, vertical=12),
        border_radius=14,
        on_click=on_click,
        ink=True,
    )


def line_button(
    icon: ft.IconData, title: str, line: str, on_click: Any, *, kind: str = "plain"
) -> ft.Control:
    """Icon, name and what belongs to it in one line; the whole line leads somewhere."""
    colours = colour_set(kind)
    words = ft.Row(
        [
            text(title, "strong", colour=colours.text),
            *([text(line, "small", colour=colours.text)] if line else []),
        ],
        wrap=True,
        spacing=10,
        run_spacing=0,
        vertical_alignment=ft.CrossAxisAlignment.CENTER,
        expand=True,
    )
    row = ft.Row(
        [
            ft.Icon(icon, color=colours.icon, size=24),
            words,
            ft.Icon(ft.Icons.CHEVRON_RIGHT, color=colours.text),
        ],
        spacing=12,
    )
    padding = ft.Padding.symmetric(horizontal=16, vertical=12)
    return panel(row, kind=kind, on_click=on_click, padding=padding)
