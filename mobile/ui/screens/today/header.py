"""The strip on top of Today: day, phase, days left, age of the list."""

from __future__ import annotations

import flet as ft

from mobile.i18n import Tongue
from mobile.ui.app.state import App
from mobile.ui.app.theme import SIZES
from mobile.ui.app.wording import day_words, in_words
from mobile.ui.components.case_row import WIDE_SCALE
from mobile.ui.components.cover import cover_button
from mobile.ui.components.text import text
from mobile.usecases.views import TodayView

INK = ft.Colors.ON_PRIMARY_FIXED


def today_header(app: App, view: TodayView, *, all_sent: bool) -> ft.Control:
    """A green strip: what is on, until when, and how many days are left; the eye at its end."""
    t, wide = app.t, app.scale <= WIDE_SCALE
    day = day_words(t, view.day, weekday=wide)
    phase = in_words(t, view.phase) or t("today.no_phase")
    lines: list[ft.Control] = [
        ft.Row(
            [text(phase, "strong", colour=INK), text(day, "small", colour=INK)],
            wrap=True,
            spacing=10,
            run_spacing=0,
            vertical_alignment=ft.CrossAxisAlignment.CENTER,
        ),
        *(text(words, "small", colour=INK) for words in [_deadline(t, view)] if words),
        *_freshness(app, view),
        *([_sent(t)] if all_sent else []),
    ]
    strip: list[ft.Control] = [ft.Column(lines, spacing=1, expand=True)]
    if view.days_left is not None and view.days_left >= 0:
        strip.append(_days(app, view.days_left))
    strip.append(cover_button(app, INK))
    return ft.Container(
        content=ft.Row(strip, spacing=8, vertical_alignment=ft.CrossAxisAlignment.CENTER),
        bgcolor=ft.Colors.PRIMARY_FIXED,
        border_radius=18,
        padding=ft.Padding.only(left=16, right=4, top=8, bottom=8),
    )


def _deadline(t: Tongue, view: TodayView) -> str:
    if not view.deadline or view.days_left is None:
        return ""
    day = day_words(t, view.deadline)
    if view.days_left < 0:
        return t("today.deadline_past", day=day)
    return t("today.deadline", day=day)


def _days(app: App, days: int) -> ft.Control:
    """The number of days left, the largest of the strip."""
    t = app.t
    number = text(str(days), "headline", colour=INK)
    number.size = SIZES["headline_medium"] * min(app.scale, 1.3)
    return ft.Semantics(
        label=t("today.days_left", days=days),
        exclude_semantics=True,
        container=True,
        content=ft.Row(
            [number, text(t("today.days_unit"), "small", colour=INK)],
            spacing=3,
            vertical_alignment=ft.CrossAxisAlignment.END,
            tight=True,
        ),
    )


def _sent(t: Tongue) -> ft.Control:
    """That everything is handed in; what is not has a line of its own below the strip."""
    return ft.Row(
        [
            ft.Icon(ft.Icons.CLOUD_DONE_OUTLINED, size=18, color=INK),
            text(t("outbox.all_sent"), "small", colour=INK, expand=True),
        ],
        spacing=6,
    )


def _freshness(app: App, view: TodayView) -> list[ft.Control]:
    """How old the list is; after the season whose phone it is instead."""
    t = app.t
    if view.over:
        who = " · ".join(part for part in (view.school, view.teacher) if part)
        return [text(who, "small", colour=INK)] if who else []
    as_of = (
        t("today.list_as_of", day=day_words(t, view.list_as_of))
        if view.list_as_of
        else t("today.list_never")
    )
    fresh = t("today.fresh") if view.fresh else t("today.stale")
    demo = [t("today.demo")] if view.demo_clock else []
    if app.scale > WIDE_SCALE:  # the space is needed for people: only what is wrong is shown
        return [] if view.fresh else [text(fresh, "small", colour=INK)]
    words = [part for part in (as_of, fresh, *demo) if part]
    return [text(" · ".join(words), "small", colour=INK)]
