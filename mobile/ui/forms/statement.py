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
from mobile.ui.forms.fields import code_question, mark_of, needed_box
from mobile.ui.forms.form_context import FormContext
from mobile.ui.forms.open_form import Form
from mobile.ui.forms.photo_strip import PhotoStrip
from mobile.ui.forms.phrases import phrase_chips
from mobile.ui.forms.spec import FormSpec
from mobile.usecases.words import code_words
from shared import codes
from shared.records.statement import KIND, Statement

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
        needed_box(app, form, t("statement.narrative"), "narrative", lines=5),
        secondary_text(t("form.voice")),
        _handling(app, form),
        question(t("statement.evidence"), evidence, t("statement.evidence_hint")),
    ]


def _reason(app: App, form: Form, context: FormContext) -> ft.Control:
    """The season's reasons that need explaining, "other" last."""
    reasons = [row for row in context.season.reasons if row.code != "not_home"]
    special = [row for group in ("special", "unreachable") for row in reasons if row.group == group]
    return code_question(app, form, app.t("statement.reason"), "reason", tuple(special))


def _handling(app: App, form: Form) -> ft.Control:
    """What is proposed to the office: nothing is chosen until the teacher does."""
    usual = USUAL_HANDLING.get(form.get("reason"), "")
    hint = app.t("statement.usual", what=code_words(codes.HANDLINGS, usual, app.language))
    words = app.t("statement.handling")
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
    if not _consent_needed(form, context):
        return [photos]
    purposes = [(words, words) for words in t.many("purpose")]
    consent = ft.Checkbox(
        label=t("statement.consent"),
        value=bool(form.get("consent", False)),
        on_change=guard(app, lambda event: form.put(consent=bool(event.control.value))),
    )
    return [
        photos,
        text(t("statement.purpose"), "strong"),
        *missing_mark(t("statement.purpose"), mark_of(app, form, t("statement.purpose"))),
        choices(
            purposes,
            form.get("evidence_purpose"),
            choice_handler(app, lambda words: form.put(evidence_purpose=words)),
        ),
        *missing_mark(
            t("statement.consent_short"), mark_of(app, form, t("statement.consent_short"))
        ),
        panel(consent, kind="plain", padding=8),
        secondary_text(t("statement.consent_line")),
    ]


def _consent_needed(form: Form, context: FormContext) -> bool:
    sensitive = codes.find(context.season.reasons, form.get("reason")).sensitive
    return sensitive and bool(form.get("photos", []))


def missing(app: App, form: Form, context: FormContext) -> list[str]:
    """Reason and text; purpose and consent where they are needed."""
    consent = _consent_needed(form, context)
    asked = {
        "statement.reason": form.get("reason"),
        "statement.narrative": str(form.get("narrative")).strip(),
        "statement.handling": form.get("handling"),
        "statement.purpose": form.get("evidence_purpose") or not consent,
        "statement.consent_short": form.get("consent", False) or not consent,
    }
    return [app.t(key) for key, answer in asked.items() if not answer]


def body_of(form: Form, context: FormContext) -> Statement:
    """The record with the form's answers."""
    consent = _consent_needed(form, context)
    return Statement(
        reason=form.get("reason"),
        narrative=str(form.get("narrative")).strip(),
        handling=form.get("handling"),
        evidence=tuple(form.get("photos", [])),
        evidence_purpose=form.get("evidence_purpose") if consent else "",
        consent=consent and bool(form.get("consent", False)),
    )


FORM = FormSpec(
    kind=KIND,
    icon=ft.Icons.EDIT_NOTE,
    place=5,
    defaults=defaults,
    questions=questions,
    missing=missing,
    body_of=body_of,
    renamed={"purpose": "evidence_purpose"},
)
