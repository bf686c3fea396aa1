"""刚才的电话打通了吗? On top of a case after a call: one tap records the outcome."""

from __future__ import annotations

from datetime import datetime

import flet as ft

from mobile.ui.app.guard import guard, use_busy
from mobile.ui.app.navigation import navigate, path_handler
from mobile.ui.app.state import use_app
from mobile.ui.app.wording import moment_words, options
from mobile.ui.components.button import link
from mobile.ui.components.choice import choices
from mobile.ui.components.panel import banner
from mobile.ui.forms.registry import open_form
from mobile.ui.forms.saving import after_saving, change_form, with_flags
from mobile.ui.forms.spec import Subject
from mobile.ui.forms.when import happened_at
from mobile.usecases import records
from mobile.usecases.views import Called, CaseView
from mobile.usecases.words import code_words
from shared import codes
from shared.records.contact_attempt import ContactAttempt


@ft.component
def CallCard(view: CaseView, asked: Called, now: datetime, path: str, key: str = "") -> ft.Control:
    """`asked` is the call whose outcome is asked for; `path` is the case's path."""
    app = use_app()
    t, case_id = app.t, view.line.id
    _, exclusive = use_busy(app)

    async def record_outcome(outcome: str) -> None:
        form = open_form(app, case_id, "attempt")
        await form.open({})
        form.put(outcome=outcome)
        body = ContactAttempt(channel="phone", to=asked.to, outcome=outcome, note=form.get("note"))
        record = await with_flags(
            app, form, body, Subject(asked.to), lambda _: navigate(f"{path}/attempt")
        )
        if record is not None:
            line = await records.record(
                app.phone, case_id, record, (), happened_at(form), form.slot
            )
            await after_saving(app, form, line, view.line.name)

    async def later() -> None:
        await change_form(open_form(app, case_id, "attempt"), lambda _: {"later": True})
        app.records_changed()

    whose = code_words(codes.PEOPLE, asked.to, app.language)
    return banner(
        ft.Icons.PHONE_CALLBACK_OUTLINED,
        t("call.ask"),
        [t("call.which", when=moment_words(t, asked.at, now), whose=whose)],
        kind="amber",
        extra=choices(
            options(codes.CALLS, t), "", lambda code: exclusive(lambda: record_outcome(code))
        ),
        actions=[
            link(
                t("call.write"),
                ft.Icons.EDIT_OUTLINED,
                path_handler(app, f"{path}/attempt"),
                kind="amber",
            ),
            link(t("call.later"), None, guard(app, later)),
        ],
    )
