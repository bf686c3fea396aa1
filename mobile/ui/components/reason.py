"""Asked once, at saving, when a rule wants a reason that was not given yet: one tap, and the record is saved."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import flet as ft

from mobile.ui.components.choice import choices
from mobile.ui.components.narrow import narrow
from mobile.ui.components.text import quiet, text
from mobile.ui.form import Form
from mobile.ui.guard import guard
from mobile.ui.hooks import use_state
from mobile.ui.nav import picker
from mobile.ui.state import App

CLOSING_S = 0.3
"""A sheet still open when its screen goes stays behind on the next one (seen in 1.0.5), so it closes first."""
NONE: tuple[str, ...] = ()
Ask = Callable[[tuple[str, ...]], None]


def use_reason(app: App, form: Form, save: Callable[[Ask], Awaitable[None]]) -> Ask:
    """A sheet from below with the flags and the reasons; choosing one saves. Returns what opens it."""
    flags, set_flags = use_state(NONE)
    t = app.t

    def ask(found: tuple[str, ...]) -> None:
        set_flags(found)

    async def chosen(words: str) -> None:
        form.put(flag_reason=words)
        set_flags(())
        await asyncio.sleep(CLOSING_S)
        await save(ask)

    reasons = [(words, words) for words in t.many("flag_reason")]
    content = ft.Column(
        [
            text(t("flag.title"), "subtitle"),
            *(text(t(f"flag.{code}"), "text") for code in flags),
            quiet(t("flag.ask"), "text"),
            choices(reasons, form.get("flag_reason"), picker(app, chosen)),
        ],
        spacing=12,
        tight=True,
    )
    sheet = ft.BottomSheet(
        ft.Container(narrow([content]), padding=ft.Padding.only(left=20, right=20, top=8, bottom=28)),
        show_drag_handle=True,
        scrollable=True,
        use_safe_area=True,
        bgcolor=ft.Colors.SURFACE,
        on_dismiss=guard(app, lambda: set_flags(())),
    )
    ft.use_dialog(sheet if flags else None)
    return ask
