"""The list of cases: search by name, village or code, filters, pages added while scrolling."""

from __future__ import annotations

from collections.abc import Callable

import flet as ft

from mobile.ui.app.guard import guard
from mobile.ui.app.hooks import use_state
from mobile.ui.app.loading import Loaded, use_load
from mobile.ui.app.navigation import choice_handler, path_handler
from mobile.ui.app.state import App, use_app
from mobile.ui.components.button import secondary
from mobile.ui.components.case_row import case_row
from mobile.ui.components.choice import chip
from mobile.ui.components.field import TextBox
from mobile.ui.components.panel import banner, empty_state, loading_indicator
from mobile.ui.components.scaffold import scaffold
from mobile.ui.components.text import secondary_text
from mobile.usecases import cases, today
from mobile.usecases.views import CaseLine

PAGE = 60
"""Rows built at once, so that a long list shows as fast as a short one."""
AHEAD_PX = 1500
"""Distance from the end at which the next page is added."""
Found = tuple[tuple[CaseLine, ...], str]
"""The rows, and the key of what to say where there are none."""
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

    async def load() -> Found:
        found = await cases.list_cases(app.phone, query, only)
        over = not found and await today.season_over(app.phone)
        return found, "today.over" if over else "cases.none" if query or only else "today.no_list"

    loaded = use_load(app, load, query, only)

    def typed(words: str) -> None:
        set_query(words)
        set_pages(1)

    head = ft.Container(
        ft.Column(
            [
                TextBox(app.t("cases.search"), query, typed, icon=ft.Icons.SEARCH),
                _filters(app, only),
            ],
            spacing=10,
            horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
        ),
        padding=ft.Padding.only(left=16, right=16, top=12, bottom=4),
    )
    body = _body(app, loaded, pages, lambda: set_pages(lambda n: n + 1))
    return scaffold(app, [head, body], tab="cases", scroll=False)


def _filters(app: App, only: str) -> ft.Control:
    def choose(code: str) -> None:
        app.list_filter = code

    pick = choice_handler(app, choose)
    row: list[ft.Control] = [
        chip(app.t(f"filter.{code or 'all'}"), code == only, pick(code)) for code in FILTERS
    ]
    return ft.Row(row, scroll=ft.ScrollMode.HIDDEN, spacing=10)


def _body(app: App, loaded: Loaded[Found], pages: int, more: Callable[[], object]) -> ft.Control:
    if loaded.error:
        return ft.Container(banner(ft.Icons.ERROR_OUTLINE, loaded.error), padding=16)
    if loaded.value is None:
        return loading_indicator(app.t("common.wait"))
    found, nothing = loaded.value
    if not found:
        return empty_state(ft.Icons.SEARCH_OFF, app.t(nothing), app.t(f"{nothing}_line"))
    shown = found[: pages * PAGE]
    rows: list[ft.Control] = [
        ft.Container(
            secondary_text(app.t("cases.count", count=len(found))),
            padding=ft.Padding.only(left=20, bottom=4),
        )
    ]
    rows += [
        ft.Container(
            case_row(app, line, path_handler(app, f"/cases/{line.id}")),
            key=line.id,
            border=ft.Border.only(bottom=ft.BorderSide(1, ft.Colors.OUTLINE_VARIANT)),
            bgcolor=ft.Colors.SURFACE_CONTAINER_LOWEST,
        )
        for line in shown
    ]
    if len(shown) < len(found):
        rows.append(
            ft.Container(
                secondary(
                    app.t("cases.more", count=len(found) - len(shown)), None, guard(app, more)
                ),
                padding=16,
            )
        )

    def near_the_end(event: ft.OnScrollEvent) -> None:
        if len(shown) < len(found) and event.pixels > event.max_scroll_extent - AHEAD_PX:
            more()

    return ft.ListView(
        rows,
        expand=True,
        padding=ft.Padding.only(bottom=24),
        scroll_interval=250,
        on_scroll=guard(app, near_the_end),
    )
