"""The header of Today: day, phase, days left, age of the list."""

from __future__ import annotations

import flet as ft

from mobile.i18n import Tongue
from mobile.ui.app.state import App
from mobile.ui.app.theme import SIZES
from mobile.ui.app.wording import day_words, in_words
from mobile.ui.components.case_row import WIDE_SCALE
from mobile.ui.components.text import text
from mobile.usecases.views import TodayView

INK = ft.Colors.ON_PRIMARY_FIXED


def today_header(app: App, view: TodayView) -> ft.Control:
    """A green panel; the number of days left is the largest."""
    t, wide = app.t, app.scale <= WIDE_SCALE
    phase = in_words(t, view.phase)
    top: list[ft.Control] = [text(day_words(t, view.day, weekday=True), "strong", colour=INK)]
    if view.demo_clock:
        top.append(_pill(ft.Icons.SCHEDULE, t("today.demo")))
    lines: list[ft.Control] = [
        _capped(app, phase or t("today.no_phase"), "headline", SIZES["headline_small"], 1.6),
        *(text(words, "text", colour=INK) for words in [_deadline(t, view)] if words),
    ]
    middle: list[ft.Control] = [ft.Column(lines, spacing=4, expand=True)]
    if view.days_left is not None and view.days_left >= 0:
        middle.append(_days(app, view.days_left))
    return ft.Container(
        content=ft.Column(
            [_spaced(top), ft.Row(middle, spacing=12), _freshness(t, view, wide)],
            spacing=14,
            horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
        ),
        bgcolor=ft.Colors.PRIMARY_FIXED,
        border_radius=24,
        padding=ft.Padding.only(left=20, right=20, top=18, bottom=16),
        margin=ft.Margin.only(top=6),
    )


def _spaced(parts: list[ft.Control]) -> ft.Control:
    """At the two ends of a line, or one below the other where the text is large."""
    return ft.Row(parts, alignment=ft.MainAxisAlignment.SPACE_BETWEEN, wrap=True, run_spacing=6)


def _deadline(t: Tongue, view: TodayView) -> str:
    if not view.deadline or view.days_left is None:
        return ""
    day = day_words(t, view.deadline)
    if view.days_left < 0:
        return t("today.deadline_past", day=day)
    return t("today.deadline", day=day)


def _capped(app: App, words: str, role: str, size: int, most: float) -> ft.Text:
    """Text that is large already and grows no further than `most` times."""
    label = text(words, role, colour=INK)
    label.size = size * min(app.scale, most)
    return label


def _days(app: App, days: int) -> ft.Control:
    t = app.t
    return ft.Semantics(
        label=t("today.days_left", days=days),
        exclude_semantics=True,
        container=True,
        content=ft.Row(
            [
                _capped(app, str(days), "display", SIZES["display_small"], 1.3),
                ft.Container(
                    text(t("today.days_unit"), "text", colour=INK),
                    padding=ft.Padding.only(bottom=7),
                ),
            ],
            spacing=4,
            vertical_alignment=ft.CrossAxisAlignment.END,
            tight=True,
        ),
    )


def _freshness(t: Tongue, view: TodayView, wide: bool) -> ft.Control:
    as_of = (
        t("today.list_as_of", day=day_words(t, view.list_as_of))
        if view.list_as_of
        else t("today.list_never")
    )
    mark, words = (
        (ft.Icons.CHECK_CIRCLE_OUTLINE, t("today.fresh"))
        if view.fresh
        else (ft.Icons.SYNC_PROBLEM, t("today.stale"))
    )
    who = " · ".join(part for part in (view.school, view.teacher) if part)
    listed: list[ft.Control] = [
        ft.Row(
            [
                ft.Icon(mark, size=18, color=INK),
                text(f"{as_of} · {words}", "small", colour=INK, expand=True),
            ],
            spacing=8,
        )
    ]
    lines = [] if view.over else listed
    if who and (wide or view.over):  # large text needs the space; 更多 shows whose phone it is
        lines.append(
            ft.Row(
                [
                    ft.Icon(ft.Icons.SCHOOL_OUTLINED, size=18, color=INK),
                    text(who, "small", colour=INK, expand=True),
                ],
                spacing=8,
            )
        )
    return ft.Column(lines, spacing=5)


def _pill(icon: ft.IconData, words: str) -> ft.Control:
    return ft.Container(
        ft.Row(
            [ft.Icon(icon, size=16, color=INK), text(words, "label", colour=INK)],
            spacing=6,
            tight=True,
        ),
        border=ft.Border.all(1, INK),
        border_radius=12,
        padding=ft.Padding.symmetric(horizontal=10, vertical=3),
    )
