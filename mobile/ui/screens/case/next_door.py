"""同村下一家: on top of a case after a record was saved, one tap from there to the next door."""

from __future__ import annotations

import flet as ft

from mobile.ui.app.loading import use_load
from mobile.ui.app.navigation import parent_path, path_handler
from mobile.ui.app.state import use_app
from mobile.ui.components.case_row import case_row
from mobile.ui.components.panel import panel
from mobile.ui.components.text import text
from mobile.usecases import villages
from mobile.usecases.villages import NextDoor


@ft.component
def NextDoorCard(case_id: str, path: str, key: str = "") -> ft.Control:
    """The next person of the village, or that everybody there is done. `path`: the case's path."""
    app = use_app()
    t = app.t

    async def load() -> NextDoor | None:
        return await villages.next_door(app.phone, case_id)

    loaded = use_load(app, load, case_id)
    found = loaded.value
    if found is None:
        return ft.Container(visible=False)
    if found.line is None:
        words = text(t("next.none", village=found.village), "text", expand=True)
        return panel(ft.Row([ft.Icon(ft.Icons.TASK_ALT, color=ft.Colors.PRIMARY), words]))
    head = ft.Container(
        text(t("next.title", village=found.village, count=found.left), "strong"),
        padding=ft.Padding.only(left=16, right=16, top=12),
    )
    go = path_handler(app, f"{parent_path(path)}/{found.line.id}")
    column = ft.Column(
        [head, case_row(app, found.line, go)],
        spacing=0,
        horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
    )
    return panel(column, padding=0)
