"""旁边有人，先遮住: one tap masks names and addresses everywhere, one tap shows them again."""

from __future__ import annotations

import flet as ft

from mobile.ui.app.guard import guard
from mobile.ui.app.state import App
from mobile.ui.components.button import icon_button, link
from mobile.ui.components.colour_set import colour_set
from mobile.ui.components.text import text


def cover_button(app: App, colour: ft.ColorValue = ft.Colors.ON_SURFACE_VARIANT) -> ft.Control:
    """The eye: it masks; while everything is masked, it shows again."""
    icon, words, then = (
        (ft.Icons.VISIBILITY_OUTLINED, "cover.show", False)
        if app.covered
        else (ft.Icons.VISIBILITY_OFF_OUTLINED, "cover.hide", True)
    )
    return icon_button(icon, app.t(words), guard(app, lambda: app.cover(then)), colour=colour)


def covered_notice(app: App) -> ft.Control:
    """A line above every screen while names and addresses are masked, with the way back.

    Always a control of its own place: one that comes and goes would make Flet build what follows
    anew, and an answer that is open would close.
    """
    if not app.covered:
        return ft.Container(visible=False)
    colours = colour_set("soft")
    state = ft.Row(
        [
            ft.Icon(ft.Icons.VISIBILITY_OFF_OUTLINED, size=20, color=colours.icon),
            text(app.t("cover.on"), "small", colour=colours.text),
        ],
        spacing=10,
        tight=True,
    )
    row = ft.Row(  # in large text the way back stands below
        [
            state,
            link(app.t("cover.show"), None, guard(app, lambda: app.cover(False)), kind="soft"),
        ],
        alignment=ft.MainAxisAlignment.SPACE_BETWEEN,
        vertical_alignment=ft.CrossAxisAlignment.CENTER,
        wrap=True,
        spacing=10,
        run_spacing=0,
    )
    notice = ft.Semantics(live_region=True, content=row)
    return ft.Container(
        ft.Row([ft.Container(notice, expand=True)]),  # over the whole width
        bgcolor=colours.background,
        padding=ft.Padding.symmetric(horizontal=16, vertical=2),
    )
