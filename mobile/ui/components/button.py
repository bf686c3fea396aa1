"""Buttons for cold fingers: 56 px for what one came to do, 48 px at least for the rest."""

from __future__ import annotations

from typing import Any

import flet as ft

ROUND = ft.RoundedRectangleBorder(radius=16)


def primary(
    words: str, icon: ft.IconData | None = None, on_click: Any = None, *, busy: bool = False, off: bool = False
) -> ft.Control:
    """The one thing to do here, full width."""
    return ft.FilledButton(
        words,
        icon=ft.Icons.HOURGLASS_TOP if busy else icon,
        on_click=on_click,
        disabled=off or busy,
        height=56,
        style=ft.ButtonStyle(shape=ROUND, icon_size=24),
    )


def secondary(words: str, icon: ft.IconData | None = None, on_click: Any = None, *, off: bool = False) -> ft.Control:
    """Another good thing to do."""
    return ft.FilledTonalButton(
        words,
        icon=icon,
        on_click=on_click,
        disabled=off,
        height=52,
        style=ft.ButtonStyle(
            shape=ROUND,
            icon_size=22,
            bgcolor=ft.Colors.SECONDARY_CONTAINER,
            color=ft.Colors.ON_SECONDARY_CONTAINER,
            padding=ft.Padding.symmetric(horizontal=18),
        ),
    )


def link(words: str, icon: ft.IconData | None = None, on_click: Any = None, *, kind: str = "plain") -> ft.Control:
    """A quiet action among text."""
    colour = {"plain": ft.Colors.PRIMARY, "attention": ft.Colors.ON_ERROR_CONTAINER}.get(kind, ft.Colors.ON_SURFACE)
    return ft.TextButton(
        words,
        icon=icon,
        on_click=on_click,
        height=48,
        style=ft.ButtonStyle(shape=ROUND, color=colour, icon_color=colour, padding=ft.Padding.symmetric(horizontal=12)),
    )


def icon_button(icon: ft.IconData, words: str, on_click: Any = None) -> ft.Control:
    """An icon that is named: tooltip for the eye, label for a screen reader."""
    return ft.Semantics(
        label=words,
        button=True,
        container=True,
        content=ft.IconButton(icon=icon, tooltip=words, on_click=on_click, width=52, height=52, icon_size=26),
    )
