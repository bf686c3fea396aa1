"""Today: what is to do now, what came back, what is not handed in yet, and how old the list is."""

from __future__ import annotations

from datetime import datetime

import flet as ft

from mobile.ui.app.guard import guard
from mobile.ui.app.loading import use_load
from mobile.ui.app.navigation import go, to
from mobile.ui.app.state import App, use_app
from mobile.ui.app.wording import in_words, moment_words, unsent_words
from mobile.ui.components.button import link, primary
from mobile.ui.components.frame import frame
from mobile.ui.components.panel import banner, empty, panel, waiting
from mobile.ui.components.rows import case_row
from mobile.ui.components.text import heading, quiet, text
from mobile.ui.components.tone import tone
from mobile.ui.forms.unfinished import unfinished
from mobile.ui.screens.today.hero import hero
from mobile.usecases import drafts, outbox, season, today
from mobile.usecases.views import Draft, OutboxView, TodayView

NARROW_SCALE = 1.2
"""Up to this text size four tiles stand beside each other."""
SHOWN = 6
"""Rows on Today: what fits a look; the list holds the rest."""

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
            [banner(ft.Icons.ERROR_OUTLINE, loaded.trouble)]
            if loaded.trouble
            else [waiting(app.t("common.wait"))]
        )
        return frame(app, body, tab="today")
    view, box, begun, now = loaded.value
    body = [
        hero(app, view),
        *_returned(app, view),
        *unfinished(app, begun, "/do", now, named=True),
        _unsent(app, box, now),
    ]
    if view.over:
        body.insert(1, _over(app, box, begun))
    elif not view.cases:
        body.append(
            empty(
                ft.Icons.LIST_ALT_OUTLINED,
                app.t("today.no_list"),
                in_words(app.t, box.last_problem) or app.t("today.no_list_line"),
                primary(app.t("outbox.sync"), ft.Icons.SYNC, to(app, "/outbox")),
            )
        )
    else:
        body += [_counts(app, view), *_next(app, view)]
    return frame(app, body, tab="today")


def _over(app: App, box: OutboxView, unfinished: tuple[Draft, ...]) -> ft.Control:
    """The season is over: thanks, and nothing more to do unless something was never finished or handed in."""
    t = app.t
    line = (
        "over_unfinished_line"
        if unfinished
        else "over_line"
        if box.all_sent
        else "over_unsent_line"
    )
    hand_in = (
        None
        if box.all_sent
        else primary(t("storage.hand_in"), ft.Icons.ARROW_FORWARD, to(app, "/outbox"))
    )
    return empty(ft.Icons.VOLUNTEER_ACTIVISM_OUTLINED, t("today.over"), t(f"today.{line}"), hand_in)


def _returned(app: App, view: TodayView) -> list[ft.Control]:
    """What the office sent back, with its words."""
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
                    to(app, f"/do/{line.id}"),
                    kind="attention",
                ),
            ],
        )
        for line, review in view.returned
    ]


def _unsent(app: App, box: OutboxView, now: datetime) -> ft.Control:
    """One line that lets her stop thinking about sync, or says what to do."""
    t = app.t
    if box.rejected:
        icon, kind, words = (
            ft.Icons.ERROR_OUTLINE,
            "attention",
            t("outbox.rejected", count=box.rejected),
        )
    elif box.all_sent:
        icon, kind, words = ft.Icons.CLOUD_DONE_OUTLINED, "plain", t("outbox.all_sent")
    else:
        icon, kind = ft.Icons.PHONE_ANDROID, "amber"
        words = unsent_words(t, box.unsent, box.photos_unsent)
    when = moment_words(t, box.last_sync_at, now) if box.last_sync_at else t("outbox.never")
    look = tone(kind)
    row = ft.Row(
        [
            ft.Icon(icon, color=look.icon, size=28),
            ft.Column(
                [
                    text(words, "strong", colour=look.ink),
                    text(t("outbox.last", when=when), "small", colour=look.ink),
                ],
                spacing=2,
                expand=True,
            ),
            ft.Icon(ft.Icons.CHEVRON_RIGHT, color=look.ink),
        ],
        spacing=14,
    )
    return panel(row, kind=kind, on_click=to(app, "/outbox"), padding=16)


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
        app.only = only
        go("/cases")

    return panel(
        content,
        on_click=guard(app, show),
        padding=ft.Padding.symmetric(horizontal=4, vertical=12),
        expand=True,
    )


def _next(app: App, view: TodayView) -> list[ft.Control]:
    if not view.todo:
        return [empty(ft.Icons.TASK_ALT, app.t("today.done"), app.t("today.done_line"))]
    rows: list[ft.Control] = []
    for line in view.todo[:SHOWN]:
        if rows:
            rows.append(ft.Divider(height=1, color=ft.Colors.OUTLINE_VARIANT, leading_indent=78))
        rows.append(case_row(app, line, to(app, f"/do/{line.id}")))
    shown: list[ft.Control] = [
        ft.Row(
            [heading(app.t("today.next")), quiet(app.t("today.order"))],
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
                        to(app, "/cases"),
                    )
                ],
                alignment=ft.MainAxisAlignment.CENTER,
            )
        )
    return shown
