"""Asks at saving for the reason that a conduct rule wants: one tap, and the record is saved."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

import flet as ft

from mobile.ui.app.guard import guard
from mobile.ui.app.hooks import use_state
from mobile.ui.app.navigation import choice_handler, navigate
from mobile.ui.app.state import App
from mobile.ui.app.wording import flag_words
from mobile.ui.components.button import link, primary
from mobile.ui.components.choice import choices
from mobile.ui.components.panel import banner
from mobile.ui.components.text import text
from mobile.ui.forms.flag_reasons import give_reason, reason_of, reasons_for
from mobile.ui.forms.form_context import FormContext
from mobile.ui.forms.open_form import Form
from shared.conduct import NO_PHOTO

AskReason = Callable[[tuple[str, ...]], None]
NONE: tuple[str, ...] = ()


def use_reason(
    app: App,
    form: Form,
    save: Callable[[AskReason], Awaitable[None]],
    context: FormContext | None,
    path: str,
) -> tuple[AskReason, list[ft.Control]]:
    """Hook: (ask, step). `ask(flags)` shows the question; `step` replaces the form meanwhile.

    A step of the screen, not a sheet over it: a sheet still open when its screen closes stays open
    (seen in Flet 1.0.5).
    """
    flags, set_flags = use_state(NONE)
    if not flags or context is None:
        return set_flags, []
    t = app.t
    asked, offered = reasons_for(t, flags)

    async def chosen(words: str) -> None:
        give_reason(t, form, asked, words)
        set_flags(NONE)
        await save(set_flags)

    reasons = [(words, words) for words in offered]
    body: list[ft.Control] = [
        text(t("flag.ask"), "text", colour=ft.Colors.ON_TERTIARY_CONTAINER),
        choices(reasons, "", choice_handler(app, chosen)),
    ]
    lines = [flag_words(t, code, form.name, context.season.limits) for code in asked]
    step = banner(
        ft.Icons.LIGHTBULB_OUTLINE, t("flag.title"), lines, extra=ft.Column(body, spacing=12)
    )
    back = link(t("flag.back"), ft.Icons.ARROW_BACK, guard(app, lambda: set_flags(NONE)))
    return set_flags, [step, *_to_camera(app, asked, set_flags, path), ft.Row([back])]


def _to_camera(app: App, flags: Sequence[str], set_flags: AskReason, path: str) -> list[ft.Control]:
    """The button to the camera, where a photo is missing."""
    if NO_PHOTO not in flags:
        return []

    def go() -> None:
        set_flags(NONE)
        navigate(f"{path}/photo")

    return [primary(app.t("flag.take_photo"), ft.Icons.PHOTO_CAMERA_OUTLINED, guard(app, go))]


def reason_chips(app: App, form: Form, flags: Sequence[str], shown: Sequence[str]) -> ft.Control:
    """The same reasons inside a form, where a rule is shown before the act.

    Args:
        app: The app.
        form: The form.
        flags: The flags of this panel.
        shown: All flags on the screen: a reason that can be given for others too counts for them.

    """
    t = app.t
    asked, offered = reasons_for(t, flags)
    given = {reason_of(form, flag) for flag in asked}
    return choices(
        [(words, words) for words in offered],
        given.pop() if len(given) == 1 else "",
        choice_handler(app, lambda words: give_reason(t, form, asked, words, shown)),
    )
