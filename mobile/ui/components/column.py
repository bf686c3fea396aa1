"""Columns of readable width."""

from __future__ import annotations

from collections.abc import Sequence

import flet as ft


def readable_column(controls: Sequence[ft.Control], *, spacing: int = 14) -> ft.Control:
    """Full width on a phone, a readable width on a tablet."""
    return _centred(controls, spacing, {"xs": 12, "md": 9, "lg": 7})


def narrow_column(controls: Sequence[ft.Control], *, spacing: int = 12) -> ft.Control:
    """Inside a readable column: narrow enough for a keypad under one thumb."""
    return _centred(controls, spacing, {"xs": 12, "sm": 8})


def _centred(controls: Sequence[ft.Control], spacing: int, col: ft.ResponsiveNumber) -> ft.Control:
    column = ft.Column(
        list(controls), spacing=spacing, horizontal_alignment=ft.CrossAxisAlignment.STRETCH
    )
    return ft.ResponsiveRow([ft.Container(column, col=col)], alignment=ft.MainAxisAlignment.CENTER)
