"""A forgotten PIN: a code from the office, then a new PIN; no record is lost."""

from __future__ import annotations

from typing import Any

import flet as ft

from mobile.ui.app.guard import error_sentence, guard
from mobile.ui.app.hooks import use_state
from mobile.ui.app.session_lock import show_stage
from mobile.ui.app.state import use_app
from mobile.ui.components.brand_header import brand_header
from mobile.ui.components.button import link, primary
from mobile.ui.components.case_row import WIDE_SCALE
from mobile.ui.components.field import TextBox
from mobile.ui.components.new_pin import NewPin
from mobile.ui.components.panel import banner
from mobile.ui.components.text import secondary_text
from mobile.usecases import recover
from shared import enrol_link
from shared.problems import ProblemError

CODE_DIGITS = 8


@ft.component
def Recovery(back: Any) -> ft.Control:
    """Code, then new PIN. `back`: the handler that returns to the lock screen."""
    app = use_app()
    t = app.t
    code, set_code = use_state("")
    ready, set_ready = use_state(False)
    error_text, set_error_text = use_state("")

    async def chosen(pin: str) -> None:
        try:
            await recover.recover(app.phone_lock, code=code, new_pin=pin)
        except ProblemError as error:
            set_error_text(error_sentence(app, error))
            set_ready(False)
            return
        await show_stage(app)

    def check() -> None:
        set_error_text("" if len(code) == CODE_DIGITS else t("recover.digits", digits=CODE_DIGITS))
        set_ready(len(code) == CODE_DIGITS)

    to_lock = ft.Row([link(t("recover.back"), ft.Icons.ARROW_BACK, back)])
    if app.phone_lock.ring.office is None:
        return _column(
            [
                to_lock,
                brand_header(t("recover.title")),
                banner(ft.Icons.INFO_OUTLINE, t("recover.nobody")),
            ]
        )
    if ready:
        return _column([to_lock, NewPin(chosen, line=t("recover.new_line"))])
    parts = [
        to_lock,
        brand_header(
            t("recover.title"), t("recover.line"), small=True, without_logo=app.scale > WIDE_SCALE
        ),
    ]
    if error_text:
        parts.append(banner(ft.Icons.ERROR_OUTLINE, error_text))
    digits = TextBox(
        t("recover.code"),
        code,
        lambda typed: set_code(enrol_link.digits(typed)),
        keyboard=ft.KeyboardType.NUMBER,
        icon=ft.Icons.PIN_OUTLINED,
        limit=CODE_DIGITS,
    )
    parts += [
        digits,
        primary(t("recover.next"), ft.Icons.ARROW_FORWARD, guard(app, check)),
        secondary_text(t("recover.open")),
    ]
    return _column(parts)


def _column(parts: list[ft.Control]) -> ft.Control:
    return ft.Column(parts, spacing=14, horizontal_alignment=ft.CrossAxisAlignment.STRETCH)
