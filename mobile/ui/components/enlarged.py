"""A photo as large as the screen, to zoom into with two fingers."""

from __future__ import annotations

from typing import Any

import flet as ft

from mobile.ui.app.state import App


def enlarged(app: App, data: bytes, shut: Any) -> ft.AlertDialog:
    """The dialog over the screen; `shut` closes it."""
    return ft.AlertDialog(
        content=ft.InteractiveViewer(
            ft.Image(src=data, fit=ft.BoxFit.CONTAIN, semantics_label=app.t("photo.taken")),
            max_scale=6,
            width=1200,
        ),
        actions=[ft.TextButton(app.t("common.ok"), on_click=shut, height=48)],
        content_padding=8,
        inset_padding=12,
        on_dismiss=shut,
    )
