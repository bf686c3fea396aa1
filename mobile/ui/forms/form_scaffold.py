"""The frame of a form: whose it is, whether a draft was restored, questions, save button."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import flet as ft

from mobile.ui.app.guard import guard
from mobile.ui.app.loading import Loaded
from mobile.ui.app.navigation import navigate, parent_path
from mobile.ui.app.state import App
from mobile.ui.app.wording import action_words
from mobile.ui.components.button import link, primary
from mobile.ui.components.case_row import avatar
from mobile.ui.components.moved import moved_banner
from mobile.ui.components.panel import banner, not_loaded, note_line, panel
from mobile.ui.components.scaffold import scaffold
from mobile.ui.components.text import secondary_text, text
from mobile.ui.forms.form_context import FormContext
from mobile.ui.forms.open_form import Form


@dataclass(frozen=True, kw_only=True)
class Frame:
    """What stands around the questions of a form.

    Attributes:
        busy: Whether it is being saved.
        path: The form's path.
        step: What replaces the questions, where something is to be answered first.
        assumed: The answers nobody was asked for (mobile/ui/forms/assumed.py).

    """

    busy: bool
    path: str
    step: Sequence[ft.Control] = ()
    assumed: str = ""


def form_scaffold(
    app: App,
    form: Form,
    loaded: Loaded[FormContext],
    body: Sequence[ft.Control],
    save: Any,
    frame: Frame,
) -> ft.View:
    """A form's screen; a spinner until case and draft are loaded.

    The first answer removes the undo of the record before from the screen (the case's history still
    offers it). Holds a hook: call it once a render.
    """
    ft.use_effect(app.notices.drop_action if form.changes else _nothing, [form.changes > 0])
    title = action_words(app.t, form.name)
    if loaded.value is None or not form.ready:
        waiting = not_loaded(app.t("common.wait"), loaded.error)
        return scaffold(app, [waiting], title=title)
    parts: list[ft.Control] = [
        _person(app, loaded.value),
        *moved_banner(app, loaded.value.case),
    ]
    if frame.step:
        return scaffold(app, [*parts, *frame.step], title=title)
    if loaded.value.case.line.paid and not form.corrects:
        parts.append(
            banner(
                ft.Icons.CHECK_CIRCLE, app.t("rule.paid"), [app.t("rule.paid_line")], kind="calm"
            )
        )
    if form.corrects:
        drop = [link(app.t("correct.drop"), None, guard(app, lambda: _anew(app, form, frame.path)))]
        reason = [form.get("correct_reason")]
        parts.append(
            banner(ft.Icons.EDIT_OUTLINED, app.t("correct.now"), reason, kind="soft", actions=drop)
        )
    elif form.restored:
        parts.append(_restored(app, form, frame.path))
    if form.error_code and not app.phone_lock.read_only:  # the frame says why then
        parts.append(banner(ft.Icons.ERROR_OUTLINE, app.t("draft.not_saved"), kind="attention"))
    return scaffold(app, [*parts, *body], title=title, footer=_footer(app, form, save, frame))


def _footer(app: App, form: Form, save: Any, frame: Frame) -> ft.Control:
    """What is missing, what nobody was asked for, and the button: always in view."""
    parts: list[ft.Control] = []
    if form.lacking:
        words = app.t("save.missing", what=app.t("common.and").join(form.lacking))
        line = note_line(ft.Icons.ERROR_OUTLINE, words, "attention")
        parts.append(ft.Semantics(live_region=True, content=line))
    elif frame.assumed:
        parts.append(secondary_text(app.t("save.assumed", what=frame.assumed), "small"))
    parts.append(primary(app.t("save.button"), ft.Icons.CHECK, save, busy=frame.busy))
    return ft.Column(parts, spacing=8, horizontal_alignment=ft.CrossAxisAlignment.STRETCH)


def _nothing() -> None:
    """No answer yet: no effect."""


def _person(app: App, context: FormContext) -> ft.Control:
    """Name and village side by side where they fit, else one below the other."""
    line = context.case.line
    words = ft.Row(
        [text(line.name, "strong"), secondary_text(line.village or line.township)],
        alignment=ft.MainAxisAlignment.SPACE_BETWEEN,
        wrap=True,
        spacing=12,
        run_spacing=0,
        expand=True,
    )
    return panel(
        ft.Row([avatar(line.name, size=40), words], spacing=12),
        kind="soft",
        padding=ft.Padding.symmetric(horizontal=14, vertical=10),
    )


def _restored(app: App, form: Form, path: str) -> ft.Control:
    return banner(
        ft.Icons.HISTORY,
        app.t("draft.restored"),
        [app.t("draft.of_then")] if form.began_at and form.get("when") == form.began_at else [],
        kind="calm",
        actions=[link(app.t("draft.drop"), None, guard(app, lambda: _anew(app, form, path)))],
    )


async def _anew(app: App, form: Form, path: str) -> None:
    """Throw the draft away and go back to the case."""
    form.closed = True
    await form.forget()
    app.forms.close((form.case, form.name, form.corrects))
    app.records_changed()
    navigate(parent_path(path, 3 if form.corrects else 1))
