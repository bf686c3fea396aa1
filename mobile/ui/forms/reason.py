"""Asks at saving for the reason that a conduct rule wants: one tap, and the record is saved."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import flet as ft

from mobile.ui.app.guard import guard
from mobile.ui.app.hooks import use_state
from mobile.ui.app.navigation import choice_handler
from mobile.ui.app.state import App
from mobile.ui.app.wording import flag_words
from mobile.ui.components.button import link
from mobile.ui.components.choice import choices
from mobile.ui.components.panel import banner
from mobile.ui.components.text import text
from mobile.ui.forms.form_context import FormContext
from mobile.ui.forms.open_form import Form

AskReason = Callable[[tuple[str, ...]], None]
NONE: tuple[str, ...] = ()


def use_reason(
    app: App, form: Form, save: Callable[[AskReason], Awaitable[None]], context: FormContext | None
) -> tuple[AskReason, list[ft.Control]]:
    """Hook: (ask, step). `ask(flags)` shows the question; `step` replaces the form meanwhile.

    A step of the screen, not a sheet over it: a sheet still open when its screen closes stays open
    (seen in Flet 1.0.5).
    """
    flags, set_flags = use_state(NONE)
    if not flags or context is None:
        return set_flags, []
    t = app.t

    async def chosen(words: str) -> None:
        form.put(flag_reason=words)
        await save(set_flags)

    reasons = [(words, words) for words in t.many("flag_reason")]
    body: list[ft.Control] = [
        text(t("flag.ask"), "text", colour=ft.Colors.ON_TERTIARY_CONTAINER),
        choices(reasons, "", choice_handler(app, chosen)),
    ]
    step = banner(
        ft.Icons.LIGHTBULB_OUTLINE,
        t("flag.title"),
        [flag_words(t, code, form.name, context.season.limits) for code in flags],
        extra=ft.Column(body, spacing=12),
    )
    back = link(t("flag.back"), ft.Icons.ARROW_BACK, guard(app, lambda: set_flags(NONE)))
    return set_flags, [step, ft.Row([back])]


def reason_chips(app: App, form: Form) -> ft.Control:
    """The same reasons inside a form, where a rule is shown before the act."""
    reasons = [(words, words) for words in app.t.many("flag_reason")]
    return choices(
        reasons,
        form.get("flag_reason"),
        choice_handler(app, lambda words: form.put(flag_reason=words)),
    )
