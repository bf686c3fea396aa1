"""An attempt to reach somebody without a visit: a call, a message."""

from __future__ import annotations

from typing import Any

import flet as ft

from mobile.ui.app.state import App
from mobile.ui.components.panel import banner
from mobile.ui.forms.conduct_flags import Flags
from mobile.ui.forms.fields import (
    ask,
    beside,
    code_question,
    codes_offered,
    missing_words,
    note_box,
    record_of,
)
from mobile.ui.forms.form_context import FormContext
from mobile.ui.forms.open_form import Form
from mobile.ui.forms.spec import FormSpec, Subject
from mobile.ui.forms.when import WhenQuestion
from shared import codes
from shared.conduct import PHONE
from shared.record_forms import begun
from shared.records.contact_attempt import KIND


def defaults(_: FormContext) -> dict[str, Any]:
    """A call to the borrower."""
    return begun(KIND)


def questions(app: App, form: Form, context: FormContext, _: str) -> list[ft.Control]:
    """Outcome, to whom, by what means, when, a note."""
    t = app.t
    outcome = code_question(app, form, ask(app, KIND, "outcome"), "outcome", codes.CALLS)
    people = codes_offered(KIND, "to", form, context)
    invalid = banner(
        ft.Icons.CONTACT_PHONE_OUTLINED, t("attempt.invalid"), [t("attempt.invalid_line")]
    )
    return [
        beside("first", Flags(form, subject(form)), outcome),
        code_question(app, form, ask(app, KIND, "to"), "to", codes.PEOPLE, people),
        code_question(app, form, ask(app, KIND, "channel"), "channel", codes.CHANNELS),
        *([invalid] if form.get("outcome") == "invalid_number" else []),
        WhenQuestion(form, context.now, key="when"),
        note_box(app, form),
    ]


def subject(form: Form) -> Subject:
    """Whom the teacher called, and how."""
    return Subject(form.get("to"), channel=form.get("channel", PHONE))


FORM = FormSpec(
    kind=KIND,
    icon=ft.Icons.CALL_OUTLINED,
    defaults=defaults,
    questions=questions,
    missing=missing_words,
    subject=subject,
    body_of=record_of,
)
