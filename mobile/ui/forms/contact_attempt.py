"""An attempt to reach somebody without a visit: a call, a message."""

from __future__ import annotations

from typing import Any

import flet as ft

from mobile.ui.app.state import App
from mobile.ui.components.panel import banner
from mobile.ui.forms.conduct_flags import Flags
from mobile.ui.forms.fields import beside, code_question, note_box
from mobile.ui.forms.form_context import FormContext
from mobile.ui.forms.open_form import Form
from mobile.ui.forms.spec import FormSpec, Subject
from mobile.ui.forms.when import WhenQuestion
from shared import codes
from shared.conduct import PHONE
from shared.records.contact_attempt import KIND, ContactAttempt

PEOPLE = ("self", "co_borrower", "family", "neighbour", "village_cadre")


def defaults(_: FormContext) -> dict[str, Any]:
    """A call to the borrower."""
    return {"channel": "phone", "to": "self"}


def questions(app: App, form: Form, context: FormContext, _: str) -> list[ft.Control]:
    """Outcome, to whom, by what means, when, a note."""
    t = app.t
    outcome = code_question(app, form, t("attempt.outcome"), "outcome", codes.CALLS)
    invalid = banner(
        ft.Icons.CONTACT_PHONE_OUTLINED, t("attempt.invalid"), [t("attempt.invalid_line")]
    )
    return [
        beside("first", Flags(form, subject(form)), outcome),
        code_question(app, form, t("attempt.to"), "to", codes.PEOPLE, PEOPLE),
        code_question(app, form, t("attempt.channel"), "channel", codes.CHANNELS),
        *([invalid] if form.get("outcome") == "invalid_number" else []),
        WhenQuestion(form, context.now, key="when"),
        note_box(app, form),
    ]


def missing(app: App, form: Form, _: FormContext) -> list[str]:
    """Only the outcome has no default."""
    return [] if form.get("outcome") else [app.t("attempt.outcome")]


def subject(form: Form) -> Subject:
    """Whom the teacher called, and how."""
    return Subject(form.get("to"), channel=form.get("channel", PHONE))


def body_of(form: Form, _: FormContext) -> ContactAttempt:
    """The record with the form's answers."""
    return ContactAttempt(
        channel=form.get("channel"),
        to=form.get("to"),
        outcome=form.get("outcome"),
        note=form.get("note"),
    )


FORM = FormSpec(
    kind=KIND,
    icon=ft.Icons.CALL_OUTLINED,
    place=3,
    defaults=defaults,
    questions=questions,
    missing=missing,
    subject=subject,
    body_of=body_of,
)
