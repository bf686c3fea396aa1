"""Panels and the banners that say something before an act."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import flet as ft

from mobile.ui.components.colour_set import colour_set
from mobile.ui.components.text import text


def panel(
    content: ft.Control,
    *,
    kind: str = "plain",
    on_click: Any = None,
    padding: int | ft.Padding = 18,
    expand: bool | int | None = None,
) -> ft.Container:
    """A rounded card in the colour set `kind`; with `on_click` the whole card is a button."""
    colours = colour_set(kind)
    return ft.Container(
        content=content,
        bgcolor=colours.background,
        border=ft.Border.all(1, colours.border),
        border_radius=20,
        padding=padding,
        on_click=on_click,
        ink=on_click is not None,
        expand=expand,
    )


def banner(
    icon: ft.IconData,
    title: str,
    lines: Sequence[str] = (),
    *,
    kind: str = "amber",
    actions: Sequence[ft.Control] = (),
    extra: ft.Control | None = None,
) -> ft.Control:
    """Icon, title, further sentences, and what can be done. Announced when it appears."""
    colours = colour_set(kind)
    words: list[ft.Control] = [text(title, "strong", colour=colours.text)]
    words += [text(line, "text", colour=colours.text) for line in lines if line]
    if extra is not None:
        words.append(extra)
    if actions:
        row_of = ft.Row(list(actions), wrap=True, spacing=10, run_spacing=8)
        words.append(ft.Container(row_of, padding=ft.Padding.only(top=6)))
    row = ft.Row(
        [ft.Icon(icon, color=colours.icon, size=26), ft.Column(words, spacing=6, expand=True)],
        vertical_alignment=ft.CrossAxisAlignment.START,
        spacing=14,
    )
    return ft.Semantics(live_region=True, content=panel(row, kind=kind, padding=16))


def note_line(icon: ft.IconData, words: str, kind: str) -> ft.Control:
    """A short sentence with its icon on a coloured background, among other lines of a card."""
    colours = colour_set(kind)
    return ft.Container(
        ft.Row(
            [
                ft.Icon(icon, size=20, color=colours.icon),
                text(words, "small", colour=colours.text, expand=True),
            ],
            spacing=10,
            vertical_alignment=ft.CrossAxisAlignment.START,
        ),
        bgcolor=colours.background,
        border_radius=12,
        padding=ft.Padding.symmetric(horizontal=12, vertical=8),
    )


def empty_state(
    icon: ft.IconData, title: str, line: str, action: ft.Control | None = None
) -> ft.Control:
    """Says that there is nothing here, and what to do next."""
    parts: list[ft.Control] = [
        ft.Container(
            content=ft.Icon(icon, size=44, color=ft.Colors.PRIMARY),
            bgcolor=ft.Colors.PRIMARY_CONTAINER,
            border_radius=44,
            width=88,
            height=88,
            alignment=ft.Alignment.CENTER,
        ),
        text(title, "subtitle", align=ft.TextAlign.CENTER),
        text(line, "text", colour=ft.Colors.ON_SURFACE_VARIANT, align=ft.TextAlign.CENTER),
    ]
    if action is not None:
        parts.append(action)
    return ft.Container(
        alignment=ft.Alignment.TOP_CENTER,  # in a column that does not stretch, too
        padding=ft.Padding.symmetric(vertical=36, horizontal=16),
        content=ft.Column(parts, horizontal_alignment=ft.CrossAxisAlignment.CENTER, spacing=14),
    )


def not_loaded(wait: str, error: str) -> ft.Control:
    """What a screen shows in place of what it loads: the error, or a spinner without one.

    Args:
        wait: The words of the spinner.
        error: Why loading failed; "" while it goes on.

    """
    return banner(ft.Icons.ERROR_OUTLINE, error) if error else loading_indicator(wait)


def loading_indicator(words: str) -> ft.Control:
    """A spinner; `words` are for screen readers."""
    return ft.Container(
        padding=48,
        alignment=ft.Alignment.CENTER,
        content=ft.ProgressRing(width=32, height=32, stroke_width=3, semantics_label=words),
    )
