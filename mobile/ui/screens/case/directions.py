"""怎么走: one tap lists the maps, a second opens the place in one of them."""

from __future__ import annotations

import flet as ft

from mobile.ui.app.guard import Handler, guard, show_notice
from mobile.ui.app.hooks import use_state
from mobile.ui.app.state import use_app
from mobile.ui.components.button import link, secondary
from mobile.ui.components.case_row import WIDE_SCALE
from mobile.ui.components.text import secondary_text, text
from mobile.usecases import way_there
from mobile.usecases.way_there import MapLink

CLOSED: tuple[MapLink, ...] = ()
ICONS = {"way.amap": ft.Icons.NAVIGATION_OUTLINED, "way.baidu": ft.Icons.MAP_OUTLINED}


@ft.component
def Directions(case_id: str, place: str, key: str = "") -> ft.Control:
    """The place and the way to it. The links are made at the first tap; a second tap hides them."""
    app = use_app()
    links, set_links = use_state(CLOSED)

    async def ask() -> None:
        found = () if links else await way_there.way_there(app.phone, case_id)
        if not links and not found:
            show_notice(app, app.t("way.none"))
        set_links(found)

    def opening(url: str) -> Handler:
        async def run() -> None:
            if not await app.device.open_map(url):
                show_notice(app, app.t("way.failed"))

        return guard(app, run)

    icon = ft.Icons.EXPAND_LESS if links else ft.Icons.DIRECTIONS_OUTLINED
    where = ft.Row(
        [
            ft.Icon(ft.Icons.PLACE_OUTLINED, size=22, color=ft.Colors.ON_SURFACE_VARIANT),
            text(place, "text", expand=True),
        ],
        spacing=12,
        expand=True,
    )
    there = link(app.t("way.title"), icon, guard(app, ask))
    wide = app.scale <= WIDE_SCALE
    parts: list[ft.Control] = (
        [ft.Row([where, there], spacing=4)] if wide else [ft.Row([where]), ft.Row([there])]
    )
    if links:
        parts += [
            secondary(
                app.t(to.name_key), ICONS.get(to.name_key, ft.Icons.PLACE_OUTLINED), opening(to.url)
            )
            for to in links
        ]
        parts.append(secondary_text(app.t("way.hint")))
    return ft.Column(parts, spacing=8, horizontal_alignment=ft.CrossAxisAlignment.STRETCH)
