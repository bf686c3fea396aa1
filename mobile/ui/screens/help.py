"""使用帮助: the main steps of a day on one page; part of the app, so it needs no network."""

from __future__ import annotations

import flet as ft

from mobile.ui.app.state import App, use_app
from mobile.ui.components.panel import panel
from mobile.ui.components.scaffold import scaffold
from mobile.ui.components.text import text

STEPS = (
    (ft.Icons.SYNC, "help.list"),
    (ft.Icons.SEARCH, "help.find"),
    (ft.Icons.MARKUNREAD_OUTLINED, "help.deliver"),
    (ft.Icons.DIRECTIONS_WALK, "help.visit"),
    (ft.Icons.VISIBILITY_OFF_OUTLINED, "help.cover"),
    (ft.Icons.EDIT_NOTE, "help.correct"),
    (ft.Icons.OUTBOX_OUTLINED, "help.hand_in"),
    (ft.Icons.LOCK_OUTLINE, "help.locked"),
)
"""Icon and key of each step; `<key>_line` says how."""


@ft.component
def Help() -> ft.View:
    """Every step as a card: what for, and how."""
    app = use_app()
    return scaffold(app, [_step(app, icon, key) for icon, key in STEPS], title=app.t("help.title"))


def _step(app: App, icon: ft.IconData, key: str) -> ft.Control:
    words = ft.Column(
        [text(app.t(key), "strong"), text(app.t(f"{key}_line"))], spacing=3, expand=True
    )
    row = ft.Row(
        [ft.Icon(icon, size=26, color=ft.Colors.PRIMARY), words],
        spacing=14,
        vertical_alignment=ft.CrossAxisAlignment.START,
    )
    return panel(row, padding=14)
