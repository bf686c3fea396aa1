"""Who it is and where: address and way, what was learnt on visits, what was done before."""

from __future__ import annotations

import flet as ft

from mobile.ui.app.state import App
from mobile.ui.app.wording import origin_words, place_words
from mobile.ui.components.case_row import WIDE_SCALE, avatar, progress_words, status_tag
from mobile.ui.components.panel import panel
from mobile.ui.components.text import secondary_text, text
from mobile.ui.screens.case.directions import Directions
from mobile.usecases.views import CaseView

MOST_IN_BAR = 4
"""Characters of a name that the bar has room for beside its buttons, at 360 px."""


def identity(app: App, view: CaseView, case_id: str) -> ft.Control:
    """Village and code, the address that leads to the door, what is to do and what was done.

    The name too where the bar above may cut it: in large text, and a long one.
    """
    t, line = app.t, view.line
    wide = app.scale <= WIDE_SCALE
    named = [] if wide and len(line.name) <= MOST_IN_BAR else [text(line.name, "subtitle")]
    head: list[ft.Control] = [
        avatar(line.name, size=44, off=line.paid),
        ft.Column(
            [
                *named,
                text(line.village or line.township, "strong" if named else "subtitle"),
                secondary_text(line.code),
            ],
            spacing=2,
            expand=True,
        ),
    ]
    lines: list[ft.Control] = [
        ft.Row([*head, status_tag(t, line)] if wide else head, spacing=14),
        *([] if wide else [ft.Row([status_tag(t, line)])]),
        Directions(case_id, place_words(t, line.address, line.distance_m), key="way"),
        *_learnt(app, view),
        _fact(ft.Icons.TASK_ALT, progress_words(t, line)),
    ]
    detail = [view.college, t("case.contracts", count=view.contracts) if view.contracts > 1 else ""]
    if any(detail):
        lines.append(_fact(ft.Icons.SCHOOL_OUTLINED, " · ".join(part for part in detail if part)))
    return panel(ft.Column(lines, spacing=8), padding=16)


def _learnt(app: App, view: CaseView) -> list[ft.Control]:
    """Where a new address comes from and what the list says instead; a new workplace."""
    t, lines, line = app.t, list[ft.Control](), view.line
    if line.listed_address:
        origin = origin_words(t, line.address_from)
        listed = t("contact.listed_address", address=line.listed_address)
        lines += [secondary_text(words) for words in (origin, listed) if words]
    if view.workplace.value:
        words = t("contact.workplace", place=view.workplace.value)
        lines.append(_fact(ft.Icons.WORK_OUTLINE, words))
        origin = origin_words(t, view.workplace)
        lines += [secondary_text(origin)] if origin else []
    return lines


def _fact(icon: ft.IconData, words: str) -> ft.Control:
    return ft.Row(
        [
            ft.Icon(icon, size=22, color=ft.Colors.ON_SURFACE_VARIANT),
            text(words, "text", expand=True),
        ],
        spacing=12,
    )
