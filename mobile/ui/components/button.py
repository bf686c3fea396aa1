"""Buttons that are easy to hit: 56 px for the main action, at least 48 px for the rest.

Their height comes from the margins: in large text a label may take two lines, and none is cut.
"""

from __future__ import annotations

from typing import Any

import flet as ft

from mobile.ui.components.colour_set import colour_set

ROUND = ft.RoundedRectangleBorder(radius=16)


def primary(
    words: str,
    icon: ft.IconData | None = None,
    on_click: Any = None,
    *,
    busy: bool = False,
    off: bool = False,
) -> ft.Control:
    """The main action of a screen, full width."""
    return ft.FilledButton(
        words,
        icon=ft.Icons.HOURGLASS_TOP if busy else icon,
        on_click=on_click,
        disabled=off or busy,
        style=ft.ButtonStyle(
            shape=ROUND, icon_size=24, padding=ft.Padding.symmetric(horizontal=24, vertical=16)
        ),
    )


def secondary(
    words: str, icon: ft.IconData | None = None, on_click: Any = None, *, off: bool = False
) -> ft.Control:
    """Another action."""
    return ft.FilledTonalButton(
        words,
        icon=icon,
        on_click=on_click,
        disabled=off,
        style=ft.ButtonStyle(
            shape=ROUND,
            icon_size=22,
            bgcolor=ft.Colors.SECONDARY_CONTAINER,
            color=ft.Colors.ON_SECONDARY_CONTAINER,
            padding=ft.Padding.symmetric(horizontal=18, vertical=14),
        ),
    )


def link(
    words: str, icon: ft.IconData | None = None, on_click: Any = None, *, kind: str = ""
) -> ft.Control:
    """A text button; in a banner (`kind` is the banner's) on a light background."""
    colour = colour_set(kind).text if kind else ft.Colors.PRIMARY
    return ft.TextButton(
        words,
        icon=icon,
        on_click=on_click,
        style=ft.ButtonStyle(
            shape=ROUND,
            color=colour,
            icon_color=colour,
            bgcolor=ft.Colors.SURFACE_CONTAINER_LOWEST if kind else None,
            padding=ft.Padding.symmetric(horizontal=16 if kind else 12, vertical=13),
        ),
    )


def icon_button(
    icon: ft.IconData,
    words: str,
    on_click: Any = None,
    *,
    colour: ft.ColorValue = ft.Colors.ON_SURFACE_VARIANT,
) -> ft.Control:
    """An icon with a name for screen readers.

    One node, unlike an IconButton with a tooltip.

    Source: docs/sources.md#flet-semantics.
    """
    return ft.Container(
        ft.Icon(icon, size=26, color=colour, semantics_label=words),
        width=52,
        height=52,
        border_radius=26,
        alignment=ft.Alignment.CENTER,
        on_click=on_click,
        ink=True,
    )
