"""情况说明: why somebody in special circumstances has not paid, from phrases and free text."""

from __future__ import annotations

from typing import Any

import flet as ft

from mobile.ui.app.guard import guard
from mobile.ui.app.navigation import choice_handler
from mobile.ui.app.state import App
from mobile.ui.components.choice import choices, missing_mark, question
from mobile.ui.components.panel import panel
from mobile.ui.components.text import secondary_text, text
from mobile.ui.forms.fields import (
    ask,
    code_question,
    codes_offered,
    known_of,
    mark_of,
    missing_words,
    needed_box,
    record_of,
    sentences,
)
from mobile.ui.forms.form_context import FormContext
from mobile.ui.forms.open_form import Form
from mobile.ui.forms.photo_strip import PhotoStrip
from mobile.ui.forms.phrases import phrase_chips
from mobile.ui.forms.spec import FormSpec
from mobile.usecases.words import code_words
from shared import codes
from shared.records.statement import KIND, consent_asked

USUAL_HANDLING = {
    "hardship": "repayment_relief",
    "illness": "repayment_relief",
    "disability": "repayment_relief",
    "disaster": "repayment_relief",
    "dispute": "verify_payment",
    "claimed_paid": "verify_payment",
    "studying": "study_info_change",
}
"""The handling that usually follows from a reason: a sentence says so, the teacher chooses.

Source: docs/sources.md#reason-codes.
"""


def defaults(context: FormContext) -> dict[str, Any]:
    """The last visit's outcome, if it needs explaining."""
    found = codes.find(context.season.reasons, context.case.outcome)
    return {"reason": found.code if found.group == "special" else "", "photos": []}


def questions(app: App, form: Form, context: FormContext, path: str) -> list[ft.Control]:
    """Reason, phrases and the text, proposed handling, papers."""
    t = app.t
    evidence = ft.Column(_evidence(app, form, context, path), spacing=10)
    return [
        _reason(app, form, context),
        *_phrases(app, form),
        needed_box(app, form, ask(app, KIND, "narrative"), "narrative", lines=5),
        secondary_text(t("form.voice")),
        _handling(app, form),
        question(t("statement.evidence"), evidence, t("statement.evidence_hint")),
    ]


def _reason(app: App, form: Form, context: FormContext) -> ft.Control:
    """The season's reasons that need explaining, "other" last."""
    special = codes_offered(KIND, "reason", form, context)
    words, reasons = ask(app, KIND, "reason"), context.season.reasons
    return code_question(app, form, words, "reason", reasons, special)


def _handling(app: App, form: Form) -> ft.Control:
    """What is proposed to the office: nothing is chosen until the teacher does."""
    usual = USUAL_HANDLING.get(form.get("reason"), "")
    hint = app.t("statement.usual", what=code_words(codes.HANDLINGS, usual, app.language))
    words = ask(app, KIND, "handling")
    return code_question(app, form, words, "handling", codes.HANDLINGS, hint=hint if usual else "")


def _phrases(app: App, form: Form) -> list[ft.Control]:
    t, reason = app.t, form.get("reason")
    if not reason:
        return []
    own = t.many(f"phrase.statement.{reason}") or t.many("phrase.statement.any")
    chips = phrase_chips(app, form, "narrative", (*own, *t.many("phrase.statement.all")))
    return [question(t("statement.phrases"), chips, t("statement.phrases_hint"))]


def _evidence(app: App, form: Form, context: FormContext, path: str) -> list[ft.Control]:
    """Photos of papers; for health or custody only with a stated purpose and separate consent."""
    t = app.t
    photos = PhotoStrip(form, path, t("statement.photo"), key="photos")
    if not consent_asked(form.fields, known_of(form, context)):
        return [photos]
    purpose, agreed = ask(app, KIND, "evidence_purpose"), ask(app, KIND, "consent")
    purposes = sentences(app, KIND, "evidence_purpose")
    consent = ft.Checkbox(
        label=t("statement.consent"),
        value=bool(form.get("consent", False)),
        on_change=guard(app, lambda event: form.put(consent=bool(event.control.value))),
    )
    return [
        photos,
        text(purpose, "strong"),
        *missing_mark(purpose, mark_of(app, form, purpose)),
        choices(
            purposes,
            form.get("evidence_purpose"),
            choice_handler(app, lambda words: form.put(evidence_purpose=words)),
        ),
        *missing_mark(agreed, mark_of(app, form, agreed)),
        panel(consent, kind="plain", padding=8),
        secondary_text(t("statement.consent_line")),
    ]


FORM = FormSpec(
    kind=KIND,
    icon=ft.Icons.EDIT_NOTE,
    defaults=defaults,
    questions=questions,
    missing=missing_words,
    body_of=record_of,
    renamed={"purpose": "evidence_purpose"},
)
