"""The photos of a form, caption strip included; a tap shows one enlarged, to zoom into."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flet as ft

from mobile.ui.app.guard import guard
from mobile.ui.app.hooks import use_state
from mobile.ui.app.state import App, use_app
from mobile.ui.components.button import icon_button
from mobile.ui.components.enlarged import enlarged
from mobile.ui.components.panel import panel
from mobile.ui.components.text import secondary_text

HEIGHT = 216
Photo = tuple[str, bytes]
"""(sha256, JPEG); b"" for a photo that only the office has."""
NONE = b""


@ft.component
def PhotoList(shots: tuple[Photo, ...], drop: Callable[[str], Any], key: str = "") -> ft.Control:
    """One below the other; `drop(sha256)` is the handler that removes a photo from the form."""
    app = use_app()
    large, set_large = use_state(NONE)

    def show(data: bytes) -> Any:
        return guard(app, lambda: set_large(data))

    ft.use_dialog(enlarged(app, large, guard(app, lambda: set_large(NONE))) if large else None)
    return ft.Column(
        [_photo(app, data, show(data), drop(sha)) for sha, data in shots],
        spacing=10,
        horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
    )


def _photo(app: App, data: bytes, on_click: Any, on_drop: Any) -> ft.Control:
    if not data:
        drop = icon_button(ft.Icons.CLOSE, app.t("photo.drop"), on_drop)
        away = [
            ft.Icon(ft.Icons.CLOUD_DONE_OUTLINED),
            secondary_text(app.t("photo.at_school"), expand=True),
            drop,
        ]
        return panel(ft.Row(list[ft.Control](away), spacing=12), kind="soft", padding=8)
    image = ft.Image(
        src=data,
        height=HEIGHT,
        fit=ft.BoxFit.CONTAIN,
        semantics_label=app.t("photo.taken"),
        cache_height=900,
    )
    picture = ft.Container(
        image,
        bgcolor=ft.Colors.SURFACE_CONTAINER_HIGH,
        border=ft.Border.all(1, ft.Colors.OUTLINE_VARIANT),
        border_radius=14,
        padding=6,
        alignment=ft.Alignment.CENTER,
        on_click=on_click,
    )
    named = ft.Semantics(label=app.t("photo.large"), button=True, container=True, content=picture)
    drop = ft.Container(
        icon_button(ft.Icons.CLOSE, app.t("photo.drop"), on_drop),
        bgcolor=ft.Colors.with_opacity(0.9, ft.Colors.SURFACE_CONTAINER_LOWEST),
        border_radius=26,
        right=10,
        top=10,
    )
    return ft.Stack([ft.Container(named, left=0, right=0), drop], height=HEIGHT + 14)
