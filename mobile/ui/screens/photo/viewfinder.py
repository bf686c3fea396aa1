"""The live picture with a frame for the slip, a large shutter, the gallery beside it."""

from __future__ import annotations

from typing import Any

import flet as ft

from mobile.ui.app.state import App
from mobile.ui.app.theme import SIZES
from mobile.ui.components.button import icon_button
from mobile.ui.components.text import text

INK = ft.Colors.WHITE
VEIL = ft.Colors.with_opacity(0.55, ft.Colors.BLACK)

VEIL_SCALE = 1.3
"""How far the text over the picture grows: the frame for the slip needs the space."""


def viewfinder(app: App, camera: ft.Control, shoot: Any, pick: Any, busy: bool) -> ft.Control:
    """Fill the screen with the camera; text has a dark background, readable on any picture."""
    t = app.t
    camera.expand = True
    guide = ft.Container(
        border=ft.Border.all(3, ft.Colors.with_opacity(0.9, INK)),
        border_radius=18,
        expand=True,
        margin=ft.Margin.symmetric(horizontal=8),
    )
    top = _veiled(app, ft.Icons.BADGE_OUTLINED, t("photo.rule"))
    hint = _veiled(app, ft.Icons.CROP_FREE, t("photo.frame"))
    shutter = ft.Semantics(
        label=t("photo.shoot"),
        button=True,
        container=True,
        content=ft.Container(
            ft.ProgressRing(width=28, height=28, color=ft.Colors.BLACK) if busy else None,
            width=80,
            height=80,
            border_radius=40,
            bgcolor=INK,
            border=ft.Border.all(6, ft.Colors.with_opacity(0.5, ft.Colors.BLACK)),
            alignment=ft.Alignment.CENTER,
            on_click=None if busy else shoot,
            ink=True,
        ),
    )
    gallery = ft.Container(
        icon_button(ft.Icons.PHOTO_LIBRARY_OUTLINED, t("photo.pick"), pick),
        bgcolor=ft.Colors.SURFACE_CONTAINER_LOWEST,
        border_radius=26,
    )
    footer = ft.Row(
        [gallery, shutter, ft.Container(width=52)],
        alignment=ft.MainAxisAlignment.SPACE_AROUND,
        vertical_alignment=ft.CrossAxisAlignment.CENTER,
    )
    over = ft.Container(ft.Column([top, guide, hint, footer], spacing=14), padding=16, expand=True)
    return ft.Stack(
        [ft.Container(bgcolor=ft.Colors.BLACK, expand=True), camera, over],
        expand=True,
        fit=ft.StackFit.EXPAND,
    )


def _veiled(app: App, icon: ft.IconData, words: str) -> ft.Control:
    label = text(words, "text", colour=INK, expand=True)
    label.size = SIZES["body_medium"] * min(app.scale, VEIL_SCALE)
    return ft.Container(
        ft.Row([ft.Icon(icon, color=INK, size=22), label], spacing=10),
        bgcolor=VEIL,
        border_radius=14,
        padding=ft.Padding.symmetric(horizontal=14, vertical=10),
    )
