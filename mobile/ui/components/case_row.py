"""A case as a row of a list: who, where, what is next. Everything in it is masked already."""

from __future__ import annotations

from typing import Any

import flet as ft

from mobile.i18n import Tongue
from mobile.ui.app.state import App
from mobile.ui.app.wording import day_words, place_words
from mobile.ui.components.tag import stage_tag, tag, todo_tag
from mobile.ui.components.text import secondary_text, text
from mobile.usecases.views import CaseLine
from shared.ids import show_case_code

LETTER = 0.44
"""Size of the letter as a share of the circle."""
WIDE_SCALE = 1.3
"""Up to this text size a tag stands beside a name or a place, at larger ones below it."""


def avatar(name: str, *, size: int = 48, off: bool = False) -> ft.Control:
    """The family name, the visible part of a masked name, in a circle."""
    letter = text(
        name[:1],
        "subtitle",
        colour=ft.Colors.ON_SURFACE_VARIANT if off else ft.Colors.ON_PRIMARY_CONTAINER,
    )
    letter.size = round(size * LETTER)  # by the circle, not the text size: it must not be cut
    return ft.Container(
        content=letter,
        width=size,
        height=size,
        border_radius=size / 2,
        bgcolor=ft.Colors.SURFACE_CONTAINER_HIGH if off else ft.Colors.PRIMARY_CONTAINER,
        alignment=ft.Alignment.CENTER,
    )


def case_row(app: App, line: CaseLine, on_click: Any) -> ft.Control:
    """One row; the whole row is a button."""
    t, wide = app.t, app.scale <= WIDE_SCALE
    place = place_words(t, line.village or line.township, line.distance_m)
    state = status_tag(t, line)
    words = ft.Column(
        [
            ft.Row(  # the code is never cut: beside the name where there is space, else below
                [
                    text(line.name, "subtitle", lines=1),
                    secondary_text(_code(line.code), "small", lines=1),
                ],
                wrap=True,
                spacing=8,
                run_spacing=1,
                vertical_alignment=ft.CrossAxisAlignment.CENTER,
            ),
            ft.Row(
                [
                    *_unsent(t, line),
                    *(secondary_text(part) for part in _second_line(t, line, place)),
                ],
                wrap=True,
                spacing=8,
                run_spacing=1,
                vertical_alignment=ft.CrossAxisAlignment.CENTER,
            ),
            *([] if wide else [ft.Container(state, padding=ft.Padding.only(top=4))]),
        ],
        spacing=3,
        expand=True,
        alignment=ft.MainAxisAlignment.CENTER,
    )
    return ft.Container(
        content=ft.Row(
            [avatar(line.name, off=line.paid), words, *([state] if wide else [])],
            spacing=14,
            vertical_alignment=ft.CrossAxisAlignment.CENTER,
        ),
        padding=ft.Padding.symmetric(horizontal=16, vertical=12),
        on_click=on_click,
        ink=True,
    )


def _code(code: str) -> str:
    return code if "-" in code or not code else show_case_code(code)


def _unsent(t: Tongue, line: CaseLine) -> list[ft.Control]:
    if not line.unsent:
        return []
    words = t("case.unsent", count=line.unsent)
    return [
        ft.Icon(
            ft.Icons.PHONE_ANDROID,
            size=17,
            color=ft.Colors.TERTIARY,
            tooltip=words,
            semantics_label=words,
        )
    ]


def status_tag(t: Tongue, line: CaseLine) -> ft.Control:
    """What is to do with a case, or why nothing is; the same in the list and in the case."""
    if line.moved:
        return tag(ft.Icons.MOVE_DOWN, t("moved.tag"), "soft")
    if line.paid:
        return tag(ft.Icons.CHECK_CIRCLE, t("stage.repaid"), "calm")
    if line.returned:
        return todo_tag(t, "fix")
    if line.todo != "none":
        return todo_tag(t, line.todo)
    if line.deceased:
        return tag(ft.Icons.SPA_OUTLINED, t("stage.ended"), "soft")
    return stage_tag(t, line.stage)


def progress_words(t: Tongue, line: CaseLine) -> str:
    """What was done already: the notice, the visits, a promise."""
    parts = [t("stage.delivered") if line.delivered else t("stage.assigned")]
    if line.visits:
        parts.append(t("case.visits", count=line.visits))
    if line.promise_date and not line.paid:
        parts.append(_promise(t, line))
    return " · ".join(parts)


def _promise(t: Tongue, line: CaseLine) -> str:
    if line.promised_today:
        return t("case.promised_today")
    return t("case.promised", day=day_words(t, line.promise_date))


def _second_line(t: Tongue, line: CaseLine, place: str) -> list[str]:
    """Place and state, side by side where there is space, else one below the other."""
    parts = [place]
    if line.paid:
        parts.append(t("case.no_need"))
    elif line.promise_date:
        parts.append(_promise(t, line))
    elif line.visits:
        parts.append(t("case.visits", count=line.visits))
    return [part for part in parts if part]
