"""Today: what is to do now, what was returned, what is unsent, and how old the list is."""

from __future__ import annotations

from datetime import datetime

import flet as ft

from mobile.ui.app.guard import Handler, guard
from mobile.ui.app.loading import use_load
from mobile.ui.app.navigation import navigate, path_handler
from mobile.ui.app.state import App, use_app
from mobile.ui.app.theme import SIZES
from mobile.ui.app.wording import in_words, moment_words
from mobile.ui.components.button import link, primary
from mobile.ui.components.case_row import WIDE_SCALE, case_row
from mobile.ui.components.clock_banner import ClockBanner
from mobile.ui.components.fold import line_button
from mobile.ui.components.handed_in_line import handed_in_line
from mobile.ui.components.moved import MovedCases
from mobile.ui.components.panel import banner, empty_state, not_loaded, panel
from mobile.ui.components.scaffold import scaffold
from mobile.ui.components.stuck_banners import REFUSED, stuck_banners
from mobile.ui.components.text import heading, secondary_text, text
from mobile.ui.screens.outbox.new_key import why_new_key
from mobile.ui.screens.outbox.waits_long import WaitsLong
from mobile.ui.screens.today.header import today_header
from mobile.ui.screens.today.no_list import NoList
from mobile.ui.screens.today.unfinished import Unfinished
from mobile.usecases import drafts, handed_in, outbox, season, today
from mobile.usecases.handin_views import OutboxView
from mobile.usecases.views import Draft, TodayView

ROW_SCALE, TILE_SCALE = 1.6, 1.3
"""Up to this text size the counts stand in one row, and to this one their names grow."""
SHOWN, SHOWN_LARGE = 6, 3
"""Rows on Today, and in large text; the list has the rest."""

View = tuple[TodayView, OutboxView, tuple[Draft, ...], datetime]


@ft.component
def Today() -> ft.View:
    """The first screen."""
    app = use_app()

    async def load() -> View:
        phone = app.phone
        return (
            await today.today(phone),
            await outbox.outbox(phone),
            await drafts.list_drafts(phone),
            await season.now(phone),
        )

    loaded = use_load(app, load)
    if loaded.value is None:
        waiting = not_loaded(app.t("common.wait"), loaded.error)
        return scaffold(app, [waiting], tab="today")
    view, box, begun, now = loaded.value
    top = [today_header(app, view, all_sent=box.handed_in == handed_in.DONE), *_rewound(app, box)]
    lines = [
        *_new_season(app, box, people=view.cases > 0),
        *_unfinished(app, view, begun, now),
        ClockBanner(key="clock"),
        *stuck_banners(app, box, in_outbox=False),
        *_unsent(app, box, now, at_risk=view.at_risk),
        *([WaitsLong(box, key="waits-long")] if box.waits_long else []),
        *([MovedCases(box.moved, key="moved")] if box.moved else []),
    ]
    if view.over:
        body = [top[0], _over(app, box, begun), *top[1:], *lines]
    elif not view.cases:
        body = [*top, *lines, NoList(box, key="no-list")]
    elif app.scale <= WIDE_SCALE:
        body = [*top, *lines, *_of_the_day(app, view), _counts(app, view), *_next(app, view)]
    else:  # in large text the people come first, or none of them would be seen
        body = [*top, *_next(app, view), *lines, *_of_the_day(app, view), _counts(app, view)]
    return scaffold(app, body, tab="today")


def _over(app: App, box: OutboxView, draft_banners: tuple[Draft, ...]) -> ft.Control:
    """The season is over: thanks, and what is still unfinished or unsent."""
    t = app.t
    line = (
        "over_unfinished_line"
        if draft_banners
        else "over_line"
        if box.all_sent
        else "over_unsent_line"
    )
    hand_in = (
        None
        if box.all_sent
        else primary(t("storage.hand_in"), ft.Icons.ARROW_FORWARD, path_handler(app, "/outbox"))
    )
    return empty_state(
        ft.Icons.VOLUNTEER_ACTIVISM_OUTLINED, t("today.over"), t(f"today.{line}"), hand_in
    )


def _rewound(app: App, box: OutboxView) -> list[ft.Control]:
    """That nothing can be sent until this phone has a new key, and where it gets one."""
    if not box.rewound:
        return []
    go = link(
        app.t("new_key.go"), ft.Icons.ARROW_FORWARD, path_handler(app, "/outbox"), kind="amber"
    )
    return [banner(ft.Icons.CONTENT_COPY, *why_new_key(app, box.missing), actions=[go])]


def _new_season(app: App, box: OutboxView, *, people: bool) -> list[ft.Control]:
    """What this phone waits for; without people `NoList` says it."""
    if not (box.new_season and people):
        return []
    t = app.t
    words = (t("today.new_season"), t("today.new_season_line"))
    return [banner(ft.Icons.EVENT_REPEAT, *words, actions=[])]


def _unfinished(
    app: App, view: TodayView, begun: tuple[Draft, ...], now: datetime
) -> list[ft.Control]:
    """What was returned and what is not finished, folded into one line."""
    if not view.returned and not begun:
        return []
    return [Unfinished(view.returned, begun, now, view.over, key="unfinished")]


def _unsent(app: App, box: OutboxView, now: datetime, *, at_risk: bool) -> list[ft.Control]:
    """One line that counts what is not handed in; the strip shows that everything is.

    Below it a warning where the browser may delete it.
    """
    t = app.t
    if box.handed_in in (handed_in.DONE, handed_in.RETURNED):
        return []
    icon, kind, words = handed_in_line(t, box)
    when = moment_words(t, box.last_sync_at, now) if box.last_sync_at else t("outbox.never")
    below = t("outbox.last", when=when)
    if refused := next((line for line in box.stuck if line.code == REFUSED), None):
        below = in_words(t, refused.todo)
    lines = [line_button(icon, words, below, path_handler(app, "/outbox"), kind=kind)]
    if at_risk:
        storage = path_handler(app, "/more/storage")
        lines.append(
            line_button(ft.Icons.WARNING_AMBER, t("today.at_risk"), "", storage, kind="amber")
        )
    return lines


def _of_the_day(app: App, view: TodayView) -> list[ft.Control]:
    """In the morning who promised to pay today; what was done since, with what is left."""
    t, lines = app.t, list[ft.Control]()
    if view.morning and view.promised_today:
        words = t("today.promised", count=view.promised_today)
        lines.append(
            line_button(
                ft.Icons.EVENT_AVAILABLE, words, "", _listing(app, "promised_today"), kind="amber"
            )
        )
    if view.done:
        words = t("today.done_count", count=len(view.done))
        left = t("today.left", count=len(view.todo))
        lines.append(
            line_button(ft.Icons.CHECK_CIRCLE_OUTLINE, words, left, path_handler(app, "/done"))
        )
    return lines


def _counts(app: App, view: TodayView) -> ft.Control:
    """Four counts in a row, in two rows only where the text is largest."""
    tiles = (
        ("not_delivered", "filter.not_delivered", view.to_deliver),
        ("to_visit", "filter.to_visit", view.to_visit),
        ("statement_missing", "filter.statement_missing", view.to_explain),
        ("promised_today", "today.promised_short", view.promised_today),
    )
    row = [_tile(app, only, name, count) for only, name, count in tiles]
    if app.scale <= ROW_SCALE:
        return ft.Row(row, spacing=8)
    return ft.Column([ft.Row(row[:2], spacing=8), ft.Row(row[2:], spacing=8)], spacing=8)


def _tile(app: App, only: str, name: str, count: int) -> ft.Control:
    colour = ft.Colors.PRIMARY if count else ft.Colors.ON_SURFACE_VARIANT
    words = text(
        app.t(name), "small", colour=ft.Colors.ON_SURFACE_VARIANT, align=ft.TextAlign.CENTER
    )
    if app.scale <= ROW_SCALE:  # four beside each other: three characters must fit a quarter
        words.size = SIZES["body_small"] * min(app.scale, TILE_SCALE)
    content = ft.Column(
        [text(str(count), "title", colour=colour), words],
        spacing=0,
        horizontal_alignment=ft.CrossAxisAlignment.CENTER,
    )
    return panel(
        content,
        on_click=_listing(app, only),
        padding=ft.Padding.symmetric(horizontal=2, vertical=8),
        expand=True,
    )


def _listing(app: App, only: str) -> Handler:
    """Open the list with a filter."""

    def show() -> None:
        app.list_filter = only
        navigate("/cases")

    return guard(app, show)


def _next(app: App, view: TodayView) -> list[ft.Control]:
    if not view.todo:
        return [empty_state(ft.Icons.TASK_ALT, app.t("today.done"), app.t("today.done_line"))]
    rows: list[ft.Control] = []
    most = SHOWN if app.scale <= WIDE_SCALE else SHOWN_LARGE
    for line in view.todo[:most]:
        if rows:
            rows.append(ft.Divider(height=1, color=ft.Colors.OUTLINE_VARIANT, leading_indent=78))
        rows.append(case_row(app, line, path_handler(app, f"/do/{line.id}"), short=True))
    shown: list[ft.Control] = [
        ft.Row(
            [
                heading(app.t("today.next")),
                *([secondary_text(app.t("today.order"))] if app.scale <= WIDE_SCALE else []),
            ],
            alignment=ft.MainAxisAlignment.SPACE_BETWEEN,
            vertical_alignment=ft.CrossAxisAlignment.END,
            wrap=True,
            spacing=10,
            run_spacing=0,
        ),
        panel(ft.Column(rows, spacing=0), padding=0),
    ]
    if len(view.todo) > most:
        shown.append(
            ft.Row(
                [
                    link(
                        app.t("today.all", count=len(view.todo)),
                        ft.Icons.ARROW_FORWARD,
                        path_handler(app, "/cases"),
                    )
                ],
                alignment=ft.MainAxisAlignment.CENTER,
            )
        )
    return shown
