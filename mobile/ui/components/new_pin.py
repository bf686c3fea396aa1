"""A new PIN: twice by keypad; too plain a one, or two that differ, is said and asked again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import flet as ft

from mobile.ui.app.guard import sentence
from mobile.ui.app.hooks import use_state
from mobile.ui.app.state import use_app
from mobile.ui.components.brand_header import door
from mobile.ui.components.column import slim
from mobile.ui.components.keypad import Keypad
from mobile.ui.components.panel import banner, waiting
from mobile.ui.components.rows import WIDE_SCALE
from mobile.usecases.unlock import PIN_DIGITS, check_pin
from shared.problems import ProblemError


@ft.component
def NewPin(chosen: Callable[[str], Awaitable[None]], line: str = "") -> ft.Control:
    """Calls `chosen` with the PIN entered twice alike."""
    app = use_app()
    t = app.t
    first, set_first = use_state("")
    trouble, set_trouble = use_state("")
    busy, set_busy = use_state(False)

    async def done(pin: str) -> None:
        set_trouble("")
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
            set_trouble(sentence(app, error))
        finally:
            set_busy(False)

    title = t("pin.again") if first else t("pin.new", digits=PIN_DIGITS)
    parts: list[ft.Control] = [
        door(
            title,
            t("pin.again_line") if first else line or t("pin.new_line"),
            small=True,
            bare=app.scale > WIDE_SCALE,
        )
    ]
    if trouble:
        parts.append(banner(ft.Icons.ERROR_OUTLINE, trouble))
    parts.append(
        waiting(t("common.wait")) if busy else Keypad(done, key="again" if first else "first")
    )
    return slim(parts)
