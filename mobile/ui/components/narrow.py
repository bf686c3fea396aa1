"""A column of readable width."""

from __future__ import annotations

from collections.abc import Sequence

import flet as ft


def narrow(controls: Sequence[ft.Control], *, spacing: int = 14) -> ft.Control:
    """Full width on a phone, a readable column on a tablet."""
    column = ft.Column(list(controls), spacing=spacing, horizontal_alignment=ft.CrossAxisAlignment.STRETCH)
    return ft.ResponsiveRow(
        [ft.Container(column, col={"xs": 12, "md": 9, "lg": 7})], alignment=ft.MainAxisAlignment.CENTER
    )
