"""更多 → PIN: the old one, then a new one."""

from __future__ import annotations

import flet as ft

from mobile.ui.app.guard import say, sentence
from mobile.ui.app.hooks import use_state
from mobile.ui.app.navigation import go
from mobile.ui.app.state import use_app
from mobile.ui.components.brand_header import door
from mobile.ui.components.column import slim
from mobile.ui.components.frame import frame
from mobile.ui.components.keypad import Keypad
from mobile.ui.components.new_pin import NewPin
from mobile.ui.components.panel import banner, waiting
from mobile.ui.components.rows import WIDE_SCALE
from shared.problems import ProblemError


@ft.component
def ChangePin() -> ft.View:
    """Who holds an open phone for a moment must not change its PIN: the old one is asked first."""
    app = use_app()
    t = app.t
    known, set_known = use_state(False)
    trouble, set_trouble = use_state("")
    busy, set_busy = use_state(False)

    async def check(pin: str) -> None:
        set_trouble("")
        set_busy(True)
        try:
            await app.phone_lock.check(pin)
            set_known(True)
        except ProblemError as error:
            set_trouble(sentence(app, error))
        finally:
            set_busy(False)

    async def chosen(pin: str) -> None:
        await app.phone_lock.set_pin(pin)
        go("/more")
        say(app, t("pin.changed"))

    if known:
        return frame(app, [NewPin(chosen)], title=t("pin.change"))
    parts: list[ft.Control] = [
        door(t("pin.old"), t("pin.old_line"), small=True, bare=app.scale > WIDE_SCALE)
    ]
    if trouble:
        parts.append(banner(ft.Icons.ERROR_OUTLINE, trouble))
    parts.append(waiting(t("common.wait")) if busy else Keypad(check))
    return frame(app, [slim(parts)], title=t("pin.change"))
