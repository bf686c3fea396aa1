"""A case as a row of a list: who, where, what is next."""

from __future__ import annotations

from typing import Any

import flet as ft

from mobile.i18n import Tongue
from mobile.ui.app.state import App
from mobile.ui.app.wording import day_words, origin_words, place_words
from mobile.ui.components.tag import stage_tag, tag, todo_tag
from mobile.ui.components.text import secondary_text, text
from mobile.usecases.views import CaseLine
from shared.identity import local_address
from shared.ids import show_case_code

LETTER = 0.44
"""Size of the letter as a share of the circle."""
WIDE_SCALE = 1.3
"""Up to this text size a tag stands beside a name or a place, at larger ones below it."""


def avatar(name: str, *, size: int = 48, off: bool = False) -> ft.Control:
    """The first character of the name, which a masked name shows too, in a circle."""
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


def case_row(app: App, line: CaseLine, on_click: Any, *, short: bool = False) -> ft.Control:
    """One row; the whole row is a button. Large text needs the space of circle and margins.

    `short`: in large text the code only where another person has the same name.
    """
    wide = app.scale <= WIDE_SCALE
    state = status_tag(app.t, line)
    code = secondary_text(show_case_code(line.code), "small", lines=1)
    name = ft.Row(  # the code is never cut: beside the name where there is space, else below
        [
            text(line.name, "subtitle"),
            *([] if wide else [state]),
            *([] if short and not wide and not line.namesake else [code]),
        ],
        wrap=True,
        spacing=8,
        run_spacing=1,
        vertical_alignment=ft.CrossAxisAlignment.CENTER,
    )
    words = ft.Column(
        [name, *_place(app, line), *_progress(app.t, line)],
        spacing=2,
        expand=True,
        alignment=ft.MainAxisAlignment.CENTER,
    )
    sides: list[ft.Control] = [avatar(line.name, off=line.paid), words, state] if wide else [words]
    return ft.Container(
        content=ft.Row(sides, spacing=14, vertical_alignment=ft.CrossAxisAlignment.CENTER),
        padding=ft.Padding.symmetric(horizontal=16, vertical=10 if wide else 5),
        on_click=on_click,
        ink=True,
    )


def door_words(line: CaseLine) -> str:
    """The address from its village on; village or township where the list has none."""
    return local_address(line.address, line.township) or line.village or line.township


def _place(app: App, line: CaseLine) -> list[ft.Control]:
    """The door and how far it is; below it where the address was learnt, and the list's own."""
    t = app.t
    found: list[ft.Control] = [secondary_text(place_words(t, door_words(line), line.distance_m))]
    if line.listed_address:
        listed = local_address(line.listed_address, line.township)
        parts = (
            origin_words(t, line.address_from),
            t("contact.listed_address", address=listed),
        )
        found.append(secondary_text(" · ".join(part for part in parts if part), "label"))
    return found


def _unsent(t: Tongue, line: CaseLine) -> list[ft.Control]:
    if not line.unsent:
        return []
    words = t("case.unsent", count=line.unsent)
    icon = ft.Icon(ft.Icons.PHONE_ANDROID, size=17, color=ft.Colors.TERTIARY)
    return [ft.Row([icon, text(words, "small", colour=ft.Colors.TERTIARY)], spacing=4, tight=True)]


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


def _progress(t: Tongue, line: CaseLine) -> list[ft.Control]:
    """What is not sent yet, the promise or the visits so far; no line without any of them."""
    words = ""
    if line.paid:
        words = t("case.no_need")
    elif line.promise_date:
        words = _promise(t, line)
    elif line.visits:
        words = t("case.visits", count=line.visits)
    if not words and not line.unsent:
        return []
    row: list[ft.Control] = [*_unsent(t, line), *([secondary_text(words)] if words else [])]
    return [ft.Row(row, wrap=True, spacing=8, run_spacing=1)]
