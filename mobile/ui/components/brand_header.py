"""The logo with a title and a line below it: the head of every screen before the work begins."""

from __future__ import annotations

import flet as ft

from mobile.ui.app.logo import LOGO_SVG
from mobile.ui.components.text import text


def brand_header(
    title: str, line: str = "", *, small: bool = False, without_logo: bool = False
) -> ft.Control:
    """`small` leaves space for a keypad on a 640 px screen; `without_logo` more, for large text."""
    side = 56 if small else 84
    logo = ft.Image(
        src=LOGO_SVG, width=side, height=side, fit=ft.BoxFit.CONTAIN, exclude_from_semantics=True
    )
    words: list[ft.Control] = [
        ft.Semantics(heading_level=1, content=text(title, "title" if small else "headline"))
    ]
    if line:
        words.append(text(line, "text", colour=ft.Colors.ON_SURFACE_VARIANT))
    if small:
        row = ft.Row(
            [*([] if without_logo else [logo]), ft.Column(words, spacing=2, expand=True)],
            spacing=16,
            vertical_alignment=ft.CrossAxisAlignment.CENTER,
        )
        return ft.Container(row, padding=ft.Padding.only(top=10, bottom=2, left=4))
    return ft.Container(
        ft.Column([logo, *words], spacing=10), padding=ft.Padding.only(top=28, bottom=8, left=4)
    )
