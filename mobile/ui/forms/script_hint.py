"""A button to the script that fits what is being recorded; hidden when the centre removed it."""

from __future__ import annotations

import flet as ft

from mobile.ui.app.loading import use_load
from mobile.ui.app.navigation import path_handler
from mobile.ui.app.state import App, use_app
from mobile.ui.components.text import text
from mobile.usecases import policy
from mobile.usecases.views import PolicyView

SCRIPT_OF_OUTCOME = {
    "refused": "refused",
    "refuses": "refused",
    "cannot_write": "cannot-write",
    "death": "death",
    "claimed_paid": "paid",
    "hardship": "hardship",
    "illness": "hardship",
    "disability": "hardship",
    "unemployed": "hardship",
    "disaster": "hardship",
}
"""Outcome of a delivery or a visit -> the script for it."""


def script_hint(app: App, key: str, path: str) -> ft.Control:
    """A button to the script `key`, opened above the screen at `path`: back returns to the form."""
    return ScriptHint(key, path, key=f"script:{key}")


def hint_for_outcome(app: App, outcome: str, path: str) -> list[ft.Control]:
    """The button for an outcome: none or one."""
    return (
        [script_hint(app, SCRIPT_OF_OUTCOME[outcome], path)] if outcome in SCRIPT_OF_OUTCOME else []
    )


@ft.component
def ScriptHint(name: str, path: str, key: str = "") -> ft.Control:
    """Icon, "what to say" and the script's title."""
    app = use_app()

    async def load() -> PolicyView | None:
        return await policy.page(app.phone, name)

    found = use_load(app, load, name).value
    if found is None:
        return ft.Container(visible=False)
    ink = ft.Colors.PRIMARY
    row = ft.Row(
        [
            ft.Icon(ft.Icons.RECORD_VOICE_OVER_OUTLINED, size=24, color=ink),
            text(
                app.t("script.hint", title=found.page.title(app.language)),
                "text",
                colour=ink,
                expand=True,
            ),
            ft.Icon(ft.Icons.CHEVRON_RIGHT, color=ink),
        ],
        spacing=12,
    )
    return ft.Container(
        content=row,
        bgcolor=ft.Colors.SURFACE_CONTAINER_LOWEST,
        border=ft.Border.all(1.5, ft.Colors.PRIMARY),
        border_radius=16,
        padding=ft.Padding.symmetric(horizontal=16, vertical=14),
        on_click=path_handler(app, f"{path}/script/{name}"),
        ink=True,
    )
