"""The frame of every screen: bar, tabs, a column of readable width, a footer with a button."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import flet as ft

from mobile.ui.app.guard import guard, show_notice
from mobile.ui.app.session_lock import take_over
from mobile.ui.app.state import OPEN, App
from mobile.ui.app.theme import BAR_SCALE, SIZES
from mobile.ui.components.button import link
from mobile.ui.components.case_row import WIDE_SCALE
from mobile.ui.components.colour_set import colour_set
from mobile.ui.components.column import readable_column
from mobile.ui.components.cover import cover_button, covered_notice
from mobile.ui.components.notice_bar import NoticeBar
from mobile.ui.components.text import text
from mobile.usecases import outbox

TABS = (
    ("today", "/", ft.Icons.WB_SUNNY_OUTLINED, ft.Icons.WB_SUNNY),
    ("cases", "/cases", ft.Icons.LIST_ALT_OUTLINED, ft.Icons.LIST_ALT),
    ("outbox", "/outbox", ft.Icons.OUTBOX_OUTLINED, ft.Icons.OUTBOX),
    ("more", "/more", ft.Icons.MENU, ft.Icons.MENU),
)

NAMED, NAMED_BELOW = ("/done", "/outbox"), ("/do/", "/cases/", "/outbox/record/", "/outbox/day/")
"""Paths of screens with a bar that show names: these, and all below those."""
COUNT_SIZE = 14
PREVIEW_SIZE = 13
"""Fixed whatever the text size: a phone does not show it, so it must not take space."""


def tabs(app: App, current: str) -> ft.NavigationBar:
    """The four tabs, without a back arrow between them; one counts what is unsent."""
    waiting = _unsent(app)

    def tab_icon(name: str, icon: ft.IconData) -> ft.IconData | ft.Icon:
        if name != "outbox" or not waiting:
            return icon
        colours, words = colour_set("amber"), app.t("outbox.count", count=waiting)
        # the icon says it in words
        figure = ft.Semantics(exclude_semantics=True, content=ft.Text(str(waiting)))
        badge = ft.Badge(
            label=figure, bgcolor=colours.background, text_color=colours.text, large_size=20
        )
        return ft.Icon(icon, badge=badge, semantics_label=words)

    def go(event: Any) -> None:
        ft.context.page.navigate(TABS[int(event.data)][1])

    return ft.NavigationBar(
        destinations=[
            ft.NavigationBarDestination(
                icon=tab_icon(name, icon),
                selected_icon=tab_icon(name, chosen),
                label=app.t(f"tab.{name}"),
            )
            for name, _, icon, chosen in TABS
        ],
        selected_index=next(i for i, tab in enumerate(TABS) if tab[0] == current),
        on_change=guard(app, go),
        height=76,
    )


def _unsent(app: App) -> int:
    """How many records are unsent; 0 before the phone is open and enrolled."""
    return outbox.unsent(app.phone) if app.stage == OPEN and app.scope is not None else 0


def _unsent_badge(app: App) -> list[ft.Control]:
    """How much is unsent, in the bar of a screen without tabs; in large text the number alone.

    The space is the title's: a name, or what is being done.
    """
    waiting = _unsent(app)
    if not waiting:
        return []
    colours, label = colour_set("amber"), app.t("outbox.count", count=waiting)
    shown = label if app.scale <= WIDE_SCALE else str(waiting)
    words = text(shown, "tiny", colour=colours.text, lines=1)
    words.semantics_label = label
    words.size = COUNT_SIZE * min(app.scale, BAR_SCALE)
    pill = ft.Container(
        words,
        bgcolor=colours.background,
        border_radius=12,
        padding=ft.Padding.symmetric(horizontal=9, vertical=3),
    )
    return [ft.Container(pill, padding=ft.Padding.only(right=10 if shown == label else 2))]


def preview_notice(app: App) -> list[ft.Control]:
    """Says above every screen that this is a preview."""
    if not app.device.preview:
        return []
    colours = colour_set("soft")
    words = text(app.t("common.preview"), "tiny", colour=colours.text, align=ft.TextAlign.CENTER)
    words.size = PREVIEW_SIZE
    return [
        ft.Container(
            bgcolor=colours.background,
            padding=ft.Padding.symmetric(horizontal=8, vertical=5),
            alignment=ft.Alignment.CENTER,
            content=words,
        )
    ]


def _read_only_notice(app: App) -> list[ft.Control]:
    """Says above every screen that another process writes here, and offers to go on once it ended.

    The one place for it: what would write is refused by its use case with the same reason.
    """
    if not app.phone_lock.read_only:
        return []

    async def go_on() -> None:
        if not await take_over(app):
            show_notice(app, app.t("busy.still"))

    colours = colour_set("amber")
    words = text(app.t("busy.read_only"), "small", colour=colours.text)
    action = link(app.t("busy.take_over"), ft.Icons.LOGIN, guard(app, go_on), kind="amber")
    return [
        ft.Container(
            ft.Semantics(live_region=True, content=readable_column([words, action])),
            bgcolor=colours.background,
            padding=ft.Padding.symmetric(horizontal=16, vertical=8),
        )
    ]


def scaffold(
    app: App,
    body: Sequence[ft.Control],
    *,
    title: str = "",
    tab: str = "",
    footer: ft.Control | None = None,
    actions: Sequence[ft.Control] = (),
    scroll: bool = True,
) -> ft.View:
    """A screen: with `title` it has a bar, with `tab` the tabs.

    The bar has a back arrow when the screen is below another. `scroll=False` gives the whole height
    to the body, for lists that scroll themselves and for the camera.
    """
    path = ft.use_view_path()
    if scroll:
        inner = ft.Column(
            [
                ft.Container(
                    readable_column(body),
                    padding=ft.Padding.only(left=16, right=16, top=8, bottom=28),
                )
            ],
            scroll=ft.ScrollMode.AUTO,
            expand=True,
        )
        app.scroll_columns.register(path, inner)
    else:
        inner = ft.Column(list(body), expand=True, spacing=0)
    parts: list[ft.Control] = [
        *preview_notice(app),
        *_read_only_notice(app),
        covered_notice(app),
        inner,
        NoticeBar(app.notices),
    ]
    if footer is not None:
        parts.append(_footer(footer))
    return ft.View(
        route=path,
        appbar=_bar(app, path, title, actions, tab) if title else None,
        navigation_bar=tabs(app, tab) if tab else None,
        controls=[
            ft.SafeArea(
                ft.Column(parts, spacing=0, expand=True),
                expand=True,
                avoid_intrusions_bottom=not tab,
            )
        ],
        padding=0,
        spacing=0,
        bgcolor=ft.Colors.SURFACE,
    )


def _bar(app: App, path: str, title: str, actions: Sequence[ft.Control], tab: str) -> ft.AppBar:
    """The bar: its title, what is unsent where no tab counts it, and the screen's own actions."""
    name = text(title, "title", lines=1)
    name.size = SIZES["title_large"] * min(app.scale, BAR_SCALE)
    unsent = [] if tab else _unsent_badge(app)
    return ft.AppBar(title=name, actions=[*unsent, *actions, *_cover(app, path)], toolbar_height=60)


def _cover(app: App, path: str) -> list[ft.Control]:
    """What masks name and address, on every screen with a bar that shows them."""
    return [cover_button(app)] if path in NAMED or path.startswith(NAMED_BELOW) else []


def _footer(content: ft.Control) -> ft.Control:
    return ft.Container(
        content=readable_column([content]),
        padding=ft.Padding.only(left=16, right=16, top=10, bottom=14),
        bgcolor=ft.Colors.SURFACE,
        border=ft.Border.only(top=ft.BorderSide(1, ft.Colors.OUTLINE_VARIANT)),
    )
