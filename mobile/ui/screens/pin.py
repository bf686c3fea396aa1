"""更多 → PIN: the old PIN, then a new one."""

from __future__ import annotations

import flet as ft

from mobile.ui.app.guard import error_sentence, show_notice
from mobile.ui.app.hooks import use_state
from mobile.ui.app.navigation import navigate
from mobile.ui.app.state import use_app
from mobile.ui.components.brand_header import brand_header
from mobile.ui.components.case_row import WIDE_SCALE
from mobile.ui.components.column import narrow_column
from mobile.ui.components.keypad import Keypad
from mobile.ui.components.new_pin import NewPin
from mobile.ui.components.panel import banner, loading_indicator
from mobile.ui.components.scaffold import scaffold
from shared.problems import ProblemError


@ft.component
def ChangePin() -> ft.View:
    """Asks for the old PIN first, so that nobody else can change it on an open phone."""
    app = use_app()
    t = app.t
    known, set_known = use_state(False)
    error_text, set_error_text = use_state("")
    busy, set_busy = use_state(False)

    async def check(pin: str) -> None:
        set_error_text("")
        set_busy(True)
        try:
            await app.phone_lock.check(pin)
            set_known(True)
        except ProblemError as error:
            set_error_text(error_sentence(app, error))
        finally:
            set_busy(False)

    async def chosen(pin: str) -> None:
        await app.phone_lock.set_pin(pin)
        navigate("/more")
        show_notice(app, t("pin.changed"))

    if known:
        return scaffold(app, [NewPin(chosen)], title=t("pin.change"))
    parts: list[ft.Control] = [
        brand_header(
            t("pin.old"), t("pin.old_line"), small=True, without_logo=app.scale > WIDE_SCALE
        )
    ]
    if error_text:
        parts.append(banner(ft.Icons.ERROR_OUTLINE, error_text))
    parts.append(loading_indicator(t("common.wait")) if busy else Keypad(check))
    return scaffold(app, [narrow_column(parts)], title=t("pin.change"))
