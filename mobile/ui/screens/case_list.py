"""The list of cases by village: search, filters, rows added while scrolling."""

from __future__ import annotations

from collections.abc import Callable

import flet as ft

from mobile.ui.app.guard import guard
from mobile.ui.app.hooks import use_state
from mobile.ui.app.loading import Loaded, use_load
from mobile.ui.app.navigation import choice_handler, path_handler
from mobile.ui.app.state import App, use_app
from mobile.ui.components.button import icon_button, link, secondary
from mobile.ui.components.case_row import case_row
from mobile.ui.components.choice import chip
from mobile.ui.components.cover import cover_button
from mobile.ui.components.field import TextBox
from mobile.ui.components.panel import banner, empty_state, loading_indicator
from mobile.ui.components.scaffold import scaffold
from mobile.ui.components.text import secondary_text, text
from mobile.usecases import cases, today
from mobile.usecases.views import CaseLine
from mobile.usecases.villages import Village, by_village

PAGE = 16
"""Rows built at once: two screens of a small phone. A search draws what is seen and no more."""
AHEAD_PX = 1500
"""Distance from the end at which the next page is added."""
NO_VILLAGES: frozenset[tuple[str, str]] = frozenset()
Found = tuple[tuple[Village, ...], str]
"""The rows by village, and the key of what to say where there are none."""
Fold = Callable[[frozenset[tuple[str, str]]], object]
FILTERS = (
    "",
    "not_delivered",
    "to_visit",
    "promised_today",
    "statement_missing",
    "returned",
    "paid",
)


@ft.component
def CaseList() -> ft.View:
    """The list of cases."""
    app = use_app()
    only = app.list_filter
    query, set_query = use_state("")
    pages, set_pages = use_state(1)
    folded, set_folded = use_state(NO_VILLAGES)

    async def load() -> Found:
        found = await cases.list_cases(app.phone, query, only)
        over = not found and await today.season_over(app.phone)
        none = "today.over" if over else "cases.none" if query or only else "today.no_list"
        return by_village(found), none

    loaded = use_load(app, load, query, only)

    def typed(words: str) -> None:
        set_query(words)
        set_pages(1)

    def hide_query() -> None:
        if app.covered and query:  # the search may be a name
            typed("")

    ft.use_effect(hide_query, [app.covered])
    clear = [icon_button(ft.Icons.CLEAR, app.t("cases.clear"), guard(app, lambda: typed("")))]
    box = TextBox(
        app.t("cases.search"),
        query,
        typed,
        hint=app.t("cases.search_hint"),
        icon=ft.Icons.SEARCH,
    )
    head = ft.Container(
        ft.Column(
            [
                ft.Row(
                    [
                        ft.Container(box, expand=True),
                        *(clear if query else []),
                        cover_button(app),
                    ],
                    spacing=2,
                    vertical_alignment=ft.CrossAxisAlignment.END,
                ),
                _filters(app, only),
            ],
            spacing=8,
            horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
        ),
        padding=ft.Padding.only(left=16, right=8, top=10, bottom=4),
    )
    body = _body(app, loaded, pages, lambda: set_pages(lambda n: n + 1), folded, set_folded)
    return scaffold(app, [head, body], tab="cases", scroll=False)


def _filters(app: App, only: str) -> ft.Control:
    def choose(code: str) -> None:
        app.list_filter = code

    pick = choice_handler(app, choose)
    row: list[ft.Control] = [
        chip(app.t(f"filter.{code or 'all'}"), code == only, pick(code)) for code in FILTERS
    ]
    return ft.Row(row, scroll=ft.ScrollMode.HIDDEN, spacing=10)


def _body(
    app: App,
    loaded: Loaded[Found],
    pages: int,
    more: Callable[[], object],
    folded: frozenset[tuple[str, str]],
    fold: Fold,
) -> ft.Control:
    if loaded.error:
        return ft.Container(banner(ft.Icons.ERROR_OUTLINE, loaded.error), padding=16)
    if loaded.value is None:
        return loading_indicator(app.t("common.wait"))
    villages, nothing = loaded.value
    if not villages:
        return empty_state(ft.Icons.SEARCH_OFF, app.t(nothing), app.t(f"{nothing}_line"))
    shown, left = _shown(villages, pages * PAGE, folded)
    rows: list[ft.Control] = [_summary(app, villages, folded, fold)]
    for village, lines in shown:
        rows.append(_village(app, village, folded, fold))
        rows += [_row(app, line) for line in lines]
    if left:
        button = secondary(app.t("cases.more", count=left), None, guard(app, more))
        rows.append(ft.Container(button, padding=16))

    def near_the_end(event: ft.OnScrollEvent) -> None:
        if left and event.pixels > event.max_scroll_extent - AHEAD_PX:
            more()

    return ft.ListView(
        rows,
        expand=True,
        padding=ft.Padding.only(bottom=24),
        scroll_interval=250,
        on_scroll=guard(app, near_the_end),
    )


def _shown(
    villages: tuple[Village, ...], most: int, folded: frozenset[tuple[str, str]]
) -> tuple[list[tuple[Village, tuple[CaseLine, ...]]], int]:
    """The villages and rows to draw, at most `most` rows, and how many rows are left out."""
    shown: list[tuple[Village, tuple[CaseLine, ...]]] = []
    left = 0
    for village in villages:
        lines = () if _key(village) in folded else village.lines
        if most > 0:
            shown.append((village, lines[:most]))
            left += len(lines[most:])
            most -= max(1, len(lines))  # a folded village takes a row of its own
        else:
            left += len(lines)
    return shown, left


def _key(village: Village) -> tuple[str, str]:
    return (village.township, village.name)


def _summary(
    app: App, villages: tuple[Village, ...], folded: frozenset[tuple[str, str]], fold: Fold
) -> ft.Control:
    """How many people there are; where there are several villages, one tap folds them all."""
    words = secondary_text(app.t("cases.count", count=sum(len(v.lines) for v in villages)))
    parts: list[ft.Control] = [words]
    if len(villages) > 1:
        every = frozenset(_key(village) for village in villages)
        closed = every <= folded
        label = app.t("cases.unfold" if closed else "cases.fold")
        icon = ft.Icons.UNFOLD_MORE if closed else ft.Icons.UNFOLD_LESS
        parts.append(link(label, icon, guard(app, lambda: fold(NO_VILLAGES if closed else every))))
    return ft.Container(
        ft.Row(parts, alignment=ft.MainAxisAlignment.SPACE_BETWEEN, wrap=True),
        padding=ft.Padding.only(left=20, right=8),
    )


def _village(
    app: App, village: Village, folded: frozenset[tuple[str, str]], fold: Fold
) -> ft.Control:
    """A village's name and counts; a tap folds its people away or shows them again."""
    key = _key(village)
    closed = key in folded
    words = app.t("cases.village", count=len(village.lines), left=village.left)
    row = ft.Row(
        [
            ft.Row(
                [text(village.name, "strong"), secondary_text(words)],
                wrap=True,
                spacing=10,
                run_spacing=0,
                expand=True,
                vertical_alignment=ft.CrossAxisAlignment.CENTER,
            ),
            ft.Icon(
                ft.Icons.EXPAND_MORE if closed else ft.Icons.EXPAND_LESS,
                color=ft.Colors.ON_SURFACE_VARIANT,
            ),
        ]
    )
    change = folded - {key} if closed else folded | {key}
    return ft.Container(
        row,
        key=f"village:{village.township}:{village.name}",
        padding=ft.Padding.symmetric(horizontal=20, vertical=12),
        bgcolor=ft.Colors.SURFACE_CONTAINER_HIGH,
        on_click=guard(app, lambda: fold(change)),
        ink=True,
    )


def _row(app: App, line: CaseLine) -> ft.Control:
    return ft.Container(
        case_row(app, line, path_handler(app, f"/cases/{line.id}")),
        key=line.id,
        border=ft.Border.only(bottom=ft.BorderSide(1, ft.Colors.OUTLINE_VARIANT)),
        bgcolor=ft.Colors.SURFACE_CONTAINER_LOWEST,
    )
