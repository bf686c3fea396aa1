"""A new phone number, address or workplace, and who gave it."""

from __future__ import annotations

from typing import Any

import flet as ft

from mobile.ui.app.state import App
from mobile.ui.components.panel import banner
from mobile.ui.components.text import secondary_text
from mobile.ui.forms.fields import (
    ask,
    code_question,
    codes_offered,
    needed_box,
    note_box,
    record_of,
)
from mobile.ui.forms.form_context import FormContext
from mobile.ui.forms.open_form import Form
from mobile.ui.forms.spec import FormSpec
from shared import codes
from shared.identity import parse_phones
from shared.record_forms import begun
from shared.records.contact_update import KIND


def defaults(_: FormContext) -> dict[str, Any]:
    """A phone number, from the borrower."""
    return begun(KIND)


def questions(app: App, form: Form, context: FormContext, _: str) -> list[ft.Control]:
    """What changed, the new entry, who gave it, a note."""
    t, field, value = app.t, form.get("field"), str(form.get("value")).strip()
    phone = field == "phone"
    keyboard = ft.KeyboardType.PHONE if phone else ft.KeyboardType.TEXT
    label, lines = t(f"update.value.{field}"), 1 if phone else 2
    sources = codes_offered(KIND, "source", form, context)
    hint = banner(
        ft.Icons.CONTACT_PHONE_OUTLINED, t("update.no_number"), [t("update.no_number_line")]
    )
    return [
        code_question(app, form, ask(app, KIND, "field"), "field", codes.UPDATE_FIELDS),
        needed_box(app, form, label, "value", keyboard=keyboard, lines=lines),
        *([hint] if phone and value and not parse_phones(value) else []),
        code_question(app, form, ask(app, KIND, "source"), "source", codes.PEOPLE, sources),
        note_box(app, form),
        secondary_text(t("update.proposed")),
    ]


def missing(app: App, form: Form, _: FormContext) -> list[str]:
    """Only the new entry has no default."""
    return [] if str(form.get("value")).strip() else [app.t(f"update.value.{form.get('field')}")]


FORM = FormSpec(
    kind=KIND,
    icon=ft.Icons.CONTACT_PHONE_OUTLINED,
    defaults=defaults,
    questions=questions,
    missing=missing,
    body_of=record_of,
)
