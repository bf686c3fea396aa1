"""Locked: the PIN opens; a wrong one slows down, a forgotten one is recovered by the office. Nothing is ever wiped."""

from __future__ import annotations

import asyncio

import flet as ft

from mobile.ui.app.guard import guard, sentence
from mobile.ui.app.hooks import use_state
from mobile.ui.app.session_lock import enter
from mobile.ui.app.state import use_app
from mobile.ui.components.brand_header import door
from mobile.ui.components.button import link
from mobile.ui.components.column import slim
from mobile.ui.components.frame import frame
from mobile.ui.components.keypad import Keypad
from mobile.ui.components.panel import banner, waiting
from mobile.ui.components.rows import WIDE_SCALE
from mobile.ui.screens.lock.recovery import Recovery
from shared.problems import ProblemError


@ft.component
def Lock() -> ft.View:
    """Asks for the PIN; whatever path was open is shown again afterwards."""
    app = use_app()
    t = app.t
    trouble, set_trouble = use_state("")
    wait_s, set_wait = use_state(app.phone_lock.wait_s)
    busy, set_busy = use_state(False)
    forgot, set_forgot = use_state(False)

    async def tick() -> None:
        while app.phone_lock.wait_s:
            set_wait(app.phone_lock.wait_s)
            await asyncio.sleep(1)
        set_wait(0)

    ft.use_effect(tick, [wait_s > 0])

    async def unlock(pin: str) -> None:
        set_trouble("")
        set_busy(True)
        try:
            await app.phone_lock.unlock(pin)
            await enter(app)
        except ProblemError as error:
            # The countdown below says how long to wait; here only what went wrong.
            set_trouble("" if error.code == "pin.wait" else sentence(app, error))
            set_wait(app.phone_lock.wait_s)
        finally:
            set_busy(False)

    if forgot:
        return frame(app, [Recovery(guard(app, lambda: set_forgot(False)))])
    parts: list[ft.Control] = [
        door(t("lock.title"), t("lock.line"), small=True, bare=app.scale > WIDE_SCALE)
    ]
    if wait_s:
        parts.append(
            banner(ft.Icons.TIMER_OUTLINED, t("lock.wait", seconds=wait_s), [t("lock.safe")])
        )
    elif trouble:
        parts.append(banner(ft.Icons.ERROR_OUTLINE, trouble))
    parts.append(waiting(t("common.wait")) if busy else Keypad(unlock, off=wait_s > 0))
    forgotten = link(t("lock.forgot"), ft.Icons.HELP_OUTLINE, guard(app, lambda: set_forgot(True)))
    parts.append(ft.Row([forgotten], alignment=ft.MainAxisAlignment.CENTER))
    return frame(app, [slim(parts)])
