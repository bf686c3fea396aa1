"""The lock screen: the PIN opens it, wrong ones slow it down. Nothing is ever erased."""

from __future__ import annotations

import asyncio

import flet as ft

from mobile.ui.app.guard import error_sentence, guard
from mobile.ui.app.hooks import use_state
from mobile.ui.app.session_lock import show_stage
from mobile.ui.app.state import use_app
from mobile.ui.components.brand_header import brand_header
from mobile.ui.components.button import link
from mobile.ui.components.case_row import WIDE_SCALE
from mobile.ui.components.column import narrow_column
from mobile.ui.components.keypad import Keypad
from mobile.ui.components.panel import banner, loading_indicator
from mobile.ui.components.scaffold import scaffold
from mobile.ui.screens.lock.recovery import Recovery
from shared.problems import ProblemError


@ft.component
def Lock() -> ft.View:
    """Asks for the PIN; afterwards the path that was open is shown again."""
    app = use_app()
    t = app.t
    error_text, set_error_text = use_state("")
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
        set_error_text("")
        set_busy(True)
        try:
            await app.phone_lock.unlock(pin)
            await show_stage(app)
        except ProblemError as error:
            # the countdown says how long to wait; here only what went wrong
            set_error_text("" if error.code == "pin.wait" else error_sentence(app, error))
            set_wait(app.phone_lock.wait_s)
        finally:
            set_busy(False)

    if forgot:
        return scaffold(app, [Recovery(guard(app, lambda: set_forgot(False)))])
    large = app.scale > WIDE_SCALE
    # a small screen has room for the keypad and for one of the two in large letters
    line = "" if large and (wait_s or error_text) else t("lock.line")
    parts: list[ft.Control] = [brand_header(t("lock.title"), line, small=True, without_logo=large)]
    if wait_s:
        parts.append(
            banner(ft.Icons.TIMER_OUTLINED, t("lock.wait", seconds=wait_s), [t("lock.safe")])
        )
    elif error_text:
        parts.append(banner(ft.Icons.ERROR_OUTLINE, error_text))
    parts.append(loading_indicator(t("common.wait")) if busy else Keypad(unlock, off=wait_s > 0))
    forgotten = link(t("lock.forgot"), ft.Icons.HELP_OUTLINE, guard(app, lambda: set_forgot(True)))
    parts.append(ft.Row([forgotten], alignment=ft.MainAxisAlignment.CENTER))
    return scaffold(app, [narrow_column(parts)])
