"""The head of Today: the day, the phase, how many days are left, how fresh the list is."""

from __future__ import annotations

import flet as ft

from mobile.i18n import Tongue
from mobile.ui.components.text import text
from mobile.ui.wording import day_words
from mobile.usecases.views import TodayView

INK = ft.Colors.ON_PRIMARY_FIXED


def hero(t: Tongue, view: TodayView) -> ft.Control:
    """A calm green sheet; the number is what she looks for."""
    phase = view.phase_zh if t.language == "zh" else view.phase_en
    top: list[ft.Control] = [text(day_words(t, view.day, weekday=True), "strong", colour=INK, expand=True)]
    if view.demo_clock:
        top.append(_pill(ft.Icons.SCHEDULE, t("today.demo")))
    middle: list[ft.Control] = [
        ft.Column(
            [
                text(phase or t("today.no_phase"), "headline", colour=INK),
                text(_deadline(t, view), "text", colour=INK),
            ],
            spacing=4,
            expand=True,
        )
    ]
    if view.days_left is not None and view.days_left >= 0:
        middle.append(_days(t, view.days_left))
    return ft.Container(
        content=ft.Column([ft.Row(top), ft.Row(middle, spacing=12), _freshness(t, view)], spacing=14),
        bgcolor=ft.Colors.PRIMARY_FIXED,
        border_radius=24,
        padding=ft.Padding.only(left=20, right=20, top=18, bottom=16),
        margin=ft.Margin.only(top=6),
    )


def _deadline(t: Tongue, view: TodayView) -> str:
    if not view.deadline or view.days_left is None:
        return ""
    day = day_words(t, view.deadline)
    if view.days_left < 0:
        return t("today.deadline_past", day=day)
    return t("today.deadline", day=day)


def _days(t: Tongue, days: int) -> ft.Control:
    return ft.Semantics(
        label=t("today.days_left", days=days),
        exclude_semantics=True,
        container=True,
        content=ft.Row(
            [
                text(str(days), "display", colour=INK),
                ft.Container(text(t("today.days_unit"), "text", colour=INK), padding=ft.Padding.only(bottom=7)),
            ],
            spacing=4,
            vertical_alignment=ft.CrossAxisAlignment.END,
            tight=True,
        ),
    )


def _freshness(t: Tongue, view: TodayView) -> ft.Control:
    as_of = t("today.list_as_of", day=day_words(t, view.list_as_of)) if view.list_as_of else t("today.list_never")
    mark, words = (
        (ft.Icons.CHECK_CIRCLE_OUTLINE, t("today.fresh")) if view.fresh else (ft.Icons.SYNC_PROBLEM, t("today.stale"))
    )
    who = " · ".join(part for part in (view.school, view.teacher) if part)
    lines: list[ft.Control] = [
        ft.Row(
            [ft.Icon(mark, size=18, color=INK), text(f"{as_of} · {words}", "small", colour=INK, expand=True)], spacing=8
        )
    ]
    if who:
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
        ft.Row([ft.Icon(icon, size=16, color=INK), text(words, "label", colour=INK)], spacing=6, tight=True),
        border=ft.Border.all(1, INK),
        border_radius=12,
        padding=ft.Padding.symmetric(horizontal=10, vertical=3),
    )
