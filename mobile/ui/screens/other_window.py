"""Shown in a second window: one process is one phone, used in one window at a time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import flet as ft

from mobile.i18n import Tongue
from mobile.ui.app.hooks import use_state
from mobile.ui.components.button import primary
from mobile.ui.components.panel import empty_state


@ft.component
def OtherWindow(t: Tongue, take_over: Callable[[], Awaitable[bool]]) -> ft.Control:
    """`take_over` returns whether the first window was closed and this one is now active."""
    asked, set_asked = use_state(False)

    async def ask() -> None:
        if not await take_over():
            set_asked(True)

    line = t("busy.still" if asked else "busy.line")
    return ft.SafeArea(
        ft.Container(
            empty_state(
                ft.Icons.PHONELINK_LOCK,
                t("busy.title"),
                line,
                primary(t("busy.take_over"), ft.Icons.LOGIN, ask),
            ),
            padding=16,
            alignment=ft.Alignment.CENTER,
            expand=True,
        ),
        expand=True,
    )
