"""A new PIN, entered twice; one that is too simple, or two that differ, are asked for again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import flet as ft

from mobile.ui.app.guard import error_sentence
from mobile.ui.app.hooks import use_state
from mobile.ui.app.state import use_app
from mobile.ui.components.brand_header import brand_header
from mobile.ui.components.case_row import WIDE_SCALE
from mobile.ui.components.column import narrow_column
from mobile.ui.components.keypad import Keypad
from mobile.ui.components.panel import banner, loading_indicator
from mobile.usecases.unlock import PIN_DIGITS, check_pin
from shared.problems import ProblemError


@ft.component
def NewPin(chosen: Callable[[str], Awaitable[None]], line: str = "") -> ft.Control:
    """Calls `chosen` with the PIN that was entered twice."""
    app = use_app()
    t = app.t
    first, set_first = use_state("")
    error_text, set_error_text = use_state("")
    busy, set_busy = use_state(False)

    async def done(pin: str) -> None:
        set_error_text("")
        try:
            if not first:
                check_pin(pin)
                set_first(pin)
            elif pin != first:
                set_first("")
                raise ProblemError("pin.differs")
            else:
                set_busy(True)
                await chosen(pin)
        except ProblemError as error:
            set_error_text(error_sentence(app, error))
        finally:
            set_busy(False)

    title = t("pin.again") if first else t("pin.new", digits=PIN_DIGITS)
    parts: list[ft.Control] = [
        brand_header(
            title,
            t("pin.again_line") if first else line or t("pin.new_line"),
            small=True,
            without_logo=app.scale > WIDE_SCALE,
        )
    ]
    if error_text:
        parts.append(banner(ft.Icons.ERROR_OUTLINE, error_text))
    parts.append(
        loading_indicator(t("common.wait"))
        if busy
        else Keypad(done, key="again" if first else "first")
    )
    return narrow_column(parts)
