"""Today: what is to do now, what was returned, what is unsent, and how old the list is."""

from __future__ import annotations

from datetime import datetime

import flet as ft

from mobile.ui.app.guard import guard
from mobile.ui.app.loading import use_load
from mobile.ui.app.navigation import navigate, path_handler
from mobile.ui.app.state import App, use_app
from mobile.ui.app.wording import in_words, moment_words
from mobile.ui.components.button import link, primary
from mobile.ui.components.case_row import case_row
from mobile.ui.components.clock_banner import ClockBanner
from mobile.ui.components.colour_set import colour_set
from mobile.ui.components.handed_in_line import handed_in_line
from mobile.ui.components.moved import MovedCases
from mobile.ui.components.panel import banner, empty_state, loading_indicator, panel
from mobile.ui.components.scaffold import scaffold
from mobile.ui.components.stuck_banners import REFUSED, stuck_banners
from mobile.ui.components.text import heading, secondary_text, text
from mobile.ui.forms.draft_banner import draft_banners
from mobile.ui.screens.outbox.new_key import why_new_key
from mobile.ui.screens.outbox.waits_long import WaitsLong
from mobile.ui.screens.today.header import today_header
from mobile.ui.screens.today.no_list import NoList
from mobile.usecases import drafts, outbox, season, today
from mobile.usecases.views import Draft, OutboxView, TodayView

NARROW_SCALE = 1.2
"""Up to this text size four tiles stand side by side."""
SHOWN = 6
"""Rows on Today; the list has the rest."""

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
        body: list[ft.Control] = (
            [banner(ft.Icons.ERROR_OUTLINE, loaded.error)]
            if loaded.error
            else [loading_indicator(app.t("common.wait"))]
        )
        return scaffold(app, body, tab="today")
    view, box, begun, now = loaded.value
    body = [
        today_header(app, view),
        *_rewound(app, box),
        *_returned(app, view),
        ClockBanner(key="clock"),
        *stuck_banners(app, box, in_outbox=False),
        *draft_banners(app, begun, "/do", now, named=True),
        _unsent(app, box, now),
        *([WaitsLong(box, key="waits-long")] if box.waits_long else []),
        *([MovedCases(box.moved, key="moved")] if box.moved else []),
    ]
    if view.over:
        body.insert(1, _over(app, box, begun))
    elif not view.cases:
        body.append(NoList(box, key="no-list"))
    else:
        body += [_counts(app, view), *_next(app, view)]
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


def _returned(app: App, view: TodayView) -> list[ft.Control]:
    """What the office returned, with its comment."""
    return [
        banner(
            ft.Icons.REPLAY,
            app.t("today.returned", name=line.name),
            [review.comment, app.t("today.returned_by", by=review.by) if review.by else ""],
            kind="attention",
            actions=[
                link(
                    app.t("today.fix"),
                    ft.Icons.ARROW_FORWARD,
                    path_handler(app, f"/do/{line.id}/correct/{review.fact}"),
                    kind="attention",
                ),
            ],
        )
        for line, review in view.returned
    ]


def _unsent(app: App, box: OutboxView, now: datetime) -> ft.Control:
    """One line: everything is handed in, or what is not."""
    t = app.t
    icon, kind, words = handed_in_line(t, box)
    when = moment_words(t, box.last_sync_at, now) if box.last_sync_at else t("outbox.never")
    below = t("outbox.last", when=when)
    if refused := next((line for line in box.stuck if line.code == REFUSED), None):
        below = in_words(t, refused.todo)
    colours = colour_set(kind)
    row = ft.Row(
        [
            ft.Icon(icon, color=colours.icon, size=28),
            ft.Column(
                [
                    text(words, "strong", colour=colours.text),
                    text(below, "small", colour=colours.text),
                ],
                spacing=2,
                expand=True,
            ),
            ft.Icon(ft.Icons.CHEVRON_RIGHT, color=colours.text),
        ],
        spacing=14,
    )
    return panel(row, kind=kind, on_click=path_handler(app, "/outbox"), padding=16)


def _counts(app: App, view: TodayView) -> ft.Control:
    tiles = (
        ("not_delivered", view.to_deliver),
        ("to_visit", view.to_visit),
        ("statement_missing", view.to_explain),
        ("promised_today", view.promised_today),
    )
    row = [_tile(app, only, count) for only, count in tiles]
    if app.scale <= NARROW_SCALE:
        return ft.Row(row, spacing=10)
    return ft.Column([ft.Row(row[:2], spacing=10), ft.Row(row[2:], spacing=10)], spacing=10)


def _tile(app: App, only: str, count: int) -> ft.Control:
    colour = ft.Colors.PRIMARY if count else ft.Colors.ON_SURFACE_VARIANT
    content = ft.Column(
        [
            text(str(count), "headline", colour=colour),
            text(
                app.t(f"filter.{only}"),
                "small",
                colour=ft.Colors.ON_SURFACE_VARIANT,
                align=ft.TextAlign.CENTER,
            ),
        ],
        spacing=2,
        horizontal_alignment=ft.CrossAxisAlignment.CENTER,
    )

    def show() -> None:
        app.list_filter = only
        navigate("/cases")

    return panel(
        content,
        on_click=guard(app, show),
        padding=ft.Padding.symmetric(horizontal=4, vertical=12),
        expand=True,
    )


def _next(app: App, view: TodayView) -> list[ft.Control]:
    if not view.todo:
        return [empty_state(ft.Icons.TASK_ALT, app.t("today.done"), app.t("today.done_line"))]
    rows: list[ft.Control] = []
    for line in view.todo[:SHOWN]:
        if rows:
            rows.append(ft.Divider(height=1, color=ft.Colors.OUTLINE_VARIANT, leading_indent=78))
        rows.append(case_row(app, line, path_handler(app, f"/do/{line.id}")))
    shown: list[ft.Control] = [
        ft.Row(
            [heading(app.t("today.next")), secondary_text(app.t("today.order"))],
            alignment=ft.MainAxisAlignment.SPACE_BETWEEN,
            vertical_alignment=ft.CrossAxisAlignment.END,
            wrap=True,
            spacing=10,
            run_spacing=0,
        ),
        panel(ft.Column(rows, spacing=0), padding=0),
    ]
    if len(view.todo) > SHOWN:
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
