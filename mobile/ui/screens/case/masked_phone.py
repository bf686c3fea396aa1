"""A masked number: press and hold shows it for five seconds, the button beside it calls.

Both are recorded. A finger must hold, so that a stray touch shows nothing. A keyboard or a screen
reader cannot hold: an activation without a touch before it shows the number at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import flet as ft

from mobile.ui.app.guard import Handler, guard, show_notice
from mobile.ui.app.hooks import use_constant, use_state
from mobile.ui.app.state import App, use_app
from mobile.ui.app.wording import spaced
from mobile.ui.components.panel import note_line
from mobile.ui.components.text import secondary_text, text
from mobile.ui.screens.case.call_button import CallButton, CallQuestion
from mobile.usecases import calls, speak_to
from mobile.usecases.views import CallsToday

SHOWN_S = 5
"""How long a number is shown in full."""
TOUCH_S = 1.0
"""An activation this soon after a touch belongs to it: Flutter reports a touch within 0.1 s."""
ICONS = {"id_number": ft.Icons.BADGE_OUTLINED}


class _Touch:
    """When a finger last touched, by the loop's clock, and whether the number is being shown."""

    touched_at = float("-inf")
    showing = False


@ft.component
def MaskedNumber(
    case_id: str,
    what: str,
    index: int,
    masked: str,
    whose: str,
    note: str = "",
    dead: bool = False,
    key: str = "",
) -> ft.Control:
    """One number. `what`: id_number, phone or co_borrower_phone; only phones can be called.

    `dead`: the borrower's death is confirmed, so a reason is asked for before a call.
    """
    app = use_app()
    asking, set_asking = use_state(False)
    shown, finger, show = _use_look(app, case_id, what, index)

    def touch(_: Any) -> None:
        finger.touched_at = _now()

    async def activate() -> None:
        if _now() - finger.touched_at < TOUCH_S:
            show_notice(app, app.t("number.hold"))
        else:
            await show()

    face = _number_row(app, what, shown, masked, whose, note)
    row: list[ft.Control] = [
        _press_area(
            face, guard(app, activate), guard(app, touch), guard(app, show), lit=bool(shown)
        )
    ]
    if what in calls.WHOSE:
        ask = (lambda: set_asking(True)) if dead else None
        row.append(CallButton(case_id, what, index, whose, ask, key=f"call:{what}:{index}"))
    line = ft.Row(row, spacing=6, vertical_alignment=ft.CrossAxisAlignment.CENTER)
    if not (asking and dead):
        return line
    asked = CallQuestion(case_id, what, index, lambda: set_asking(False), key=f"ask:{what}:{index}")
    return ft.Column([line, asked], spacing=6)


def _use_look(
    app: App, case_id: str, what: str, index: int
) -> tuple[str, _Touch, Callable[[], Awaitable[None]]]:
    """Hook: (the number while it is shown, the finger, show). It hides again by itself.

    After five seconds, or at once when somebody comes near and names are masked.
    """
    shown, set_shown = use_state("")
    finger = use_constant(_Touch)

    async def show() -> None:
        if finger.showing:  # one look is one record, however often it is pressed
            return
        finger.showing = True
        try:
            set_shown(await speak_to.reveal(app.phone, case_id, what, index))
        except BaseException:
            finger.showing = False
            raise

    def hide() -> None:
        if shown:
            finger.showing = False
            set_shown("")

    async def hide_soon() -> None:
        if shown:
            await asyncio.sleep(SHOWN_S)
            hide()

    ft.use_effect(hide_soon, [shown])
    ft.use_effect(hide if app.covered else _keep, [app.covered])
    return shown, finger, show


def _keep() -> None:
    """Names are not masked: a number that is shown stays for its time."""


def _press_area(
    face: ft.Control, on_click: Handler, on_tap_down: Handler, on_long_press: Handler, *, lit: bool
) -> ft.Control:
    """The area to press and hold; `lit` while the number is shown in full."""
    return ft.Container(
        face,
        on_click=on_click,
        on_tap_down=on_tap_down,
        on_long_press=on_long_press,
        ink=True,
        border_radius=14,
        padding=ft.Padding.symmetric(horizontal=8, vertical=8),
        bgcolor=ft.Colors.SURFACE_CONTAINER_HIGH if lit else None,
        expand=True,
    )


def _number_row(app: App, what: str, shown: str, masked: str, whose: str, note: str) -> ft.Control:
    how = app.t("number.shown") if shown else app.t("number.how")
    caption = " · ".join(part for part in (note, how) if part)
    look = app.t("number.look", whose=whose)
    return ft.Row(
        [
            ft.Icon(
                ICONS.get(what, ft.Icons.PHONE_OUTLINED),
                size=22,
                color=ft.Colors.ON_SURFACE_VARIANT,
            ),
            ft.Column(
                [
                    text(spaced(shown) or masked, "strong" if shown else "text"),
                    secondary_text(caption),
                ],
                spacing=0,
                expand=True,
            ),
            *(
                []
                if shown
                else [
                    ft.Icon(
                        ft.Icons.TOUCH_APP_OUTLINED,
                        size=22,
                        color=ft.Colors.PRIMARY,
                        semantics_label=look,
                    )
                ]
            ),
        ],
        spacing=12,
    )


def calls_header(app: App, whose: str, today: CallsToday) -> ft.Control:
    """Whose numbers follow, today's calls, and why another call should wait."""
    t = app.t
    words = t(
        "call.count" if today.dials else "call.none",
        dials=today.dials,
        effective=today.effective,
        most=today.most_dials,
        most_effective=today.most_effective,
    )
    lines: list[ft.Control] = [text(whose, "strong"), secondary_text(words)]
    if today.full:
        lines.append(note_line(ft.Icons.LIGHTBULB_OUTLINE, t("call.full"), "amber"))
    column = ft.Column(lines, spacing=3, horizontal_alignment=ft.CrossAxisAlignment.STRETCH)
    return ft.Container(column, padding=ft.Padding.only(left=8, right=8, top=8))


def late_hours_line(app: App, today: CallsToday) -> ft.Control:
    """At night: shown once, above all numbers."""
    words = app.t("call.late", start=today.from_hour, end=today.until_hour)
    line = note_line(ft.Icons.BEDTIME_OUTLINED, words, "amber")
    return ft.Container(line, padding=ft.Padding.only(left=4, right=4, top=6))


def _now() -> float:
    return asyncio.get_running_loop().time()
