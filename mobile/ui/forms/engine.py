"""The one screen of all forms: draft, questions, what is missing, a reason if wanted, saving.

What differs between forms are plain functions of their spec; nothing here asks which form it is.
"""

from __future__ import annotations

from collections.abc import Callable

import flet as ft

from mobile.ui.app.guard import show_notice, use_busy
from mobile.ui.app.hooks import use_observable
from mobile.ui.app.loading import Loaded, use_load
from mobile.ui.app.navigation import navigate, parent_path
from mobile.ui.app.state import App, use_app
from mobile.ui.components.choice import mark_key
from mobile.ui.forms.assumed import assumed_words
from mobile.ui.forms.correction_form import correction_fields
from mobile.ui.forms.form_context import FormContext, context_of
from mobile.ui.forms.form_scaffold import Frame, form_scaffold
from mobile.ui.forms.open_form import Form
from mobile.ui.forms.reason import AskReason, use_reason
from mobile.ui.forms.registry import open_form
from mobile.ui.forms.saving import finish, with_flags
from mobile.ui.forms.spec import FormSpec


def form_screen(spec: FormSpec) -> Callable[[], ft.View]:
    """The component of a form, for its route."""

    @ft.component
    def RecordForm() -> ft.View:
        app = use_app()
        path = ft.use_view_path()
        form, loaded = _use_form(app, ft.use_route_params().get("case", ""), spec)
        busy, exclusive = use_busy(app)
        context = loaded.value

        async def save(ask: AskReason) -> None:
            if context is not None:
                await _save(app, spec, form, context, path, ask)

        ask, step = use_reason(app, form, save, context, path)
        ready = context is not None and form.ready
        body: list[ft.Control] = []
        assumed = ""
        if context is not None and ready:
            form.watch(lambda: spec.missing(app, form, context))
            body = spec.questions(app, form, context, path)
            assumed = assumed_words(app, spec, form, context)
        frame = Frame(busy=busy, path=path, step=step, assumed=assumed)
        return form_scaffold(app, form, loaded, body, exclusive(lambda: save(ask)), frame)

    return RecordForm


async def _save(
    app: App, spec: FormSpec, form: Form, context: FormContext, path: str, ask: AskReason
) -> None:
    """Save a complete form; else say what is missing, or ask for the reason that a rule wants."""
    if form.corrects and not form.get("correct_reason"):  # opened by its address
        show_notice(app, app.t("correct.reason_missing"))
        navigate(parent_path(path))
        return
    form.asked = tuple(spec.missing(app, form, context))
    if form.asked:
        await app.scroll_columns.scroll_to(path, mark_key(form.asked[0]))
        return
    body = await with_flags(app, form, spec.body_of(form, context), spec.subject(form), ask)
    if body is not None:
        await finish(app, form, context, path, body, form.get(spec.companions, []))


def _use_form(app: App, case_id: str, spec: FormSpec) -> tuple[Form, Loaded[FormContext]]:
    """Hook: the form of a case, opened with its draft or its defaults, and its context."""
    corrects = ft.use_route_params().get("fact", "")
    form = use_observable(lambda: open_form(app, case_id, spec.name, corrects), (case_id, corrects))

    async def load() -> FormContext:
        context = await context_of(app, case_id)
        await form.open(
            correction_fields(app.phone, corrects) if corrects else spec.defaults(context)
        )
        return context

    async def leave() -> None:
        await form.flush()
        if form.changes and not form.closed:
            app.records_changed()  # the case and Today offer the draft

    ft.use_effect(lambda: None, [case_id, corrects], cleanup=leave)
    loaded = use_load(app, load, case_id)
    another = loaded.value is not None and loaded.value.case.line.id != case_id
    return form, Loaded() if another else loaded
