"""情况说明: why a person in special circumstances has not paid, built from phrases, then written freely."""

from __future__ import annotations

from typing import Any

import flet as ft

from mobile.ui.app.guard import guard, use_busy
from mobile.ui.app.navigation import picker
from mobile.ui.app.state import App, use_app
from mobile.ui.app.wording import options
from mobile.ui.components.choice import choices, question
from mobile.ui.components.field import TextBox
from mobile.ui.components.panel import panel
from mobile.ui.components.text import quiet, text
from mobile.ui.forms.fields import PhotoStrip
from mobile.ui.forms.form_context import Basis, use_form
from mobile.ui.forms.frame import form_frame
from mobile.ui.forms.open_form import Form
from mobile.ui.forms.phrases import phrases
from mobile.ui.forms.saving import finish, missing
from mobile.usecases import write_statement
from shared import codes
from shared.facts import Statement

SENSIBLE = {
    "hardship": "repayment_relief",
    "illness": "repayment_relief",
    "disability": "repayment_relief",
    "disaster": "repayment_relief",
    "dispute": "verify_payment",
    "claimed_paid": "verify_payment",
    "studying": "study_info_change",
}
"""The handling that usually follows from a reason; preselected, to be changed freely.

Source: docs/sources.md#reason-codes.
"""


def defaults(basis: Basis) -> dict[str, Any]:
    """What the last visit found, if it needs explaining, with the handling that usually follows."""
    found = codes.find(basis.season.reasons, basis.case.outcome)
    known = found.code if found.group == "special" else ""
    return {"reason": known, "handling": SENSIBLE.get(known, "keep_reminding"), "photos": []}


@ft.component
def WriteStatement() -> ft.View:
    """The form."""
    app = use_app()
    path = ft.use_view_path()
    case_id = ft.use_route_params().get("case", "")
    form, loaded = use_form(app, case_id, "statement", defaults)
    busy, once = use_busy(app)

    async def save() -> None:
        basis = loaded.value
        if basis is None or missing(app, _lacks(app, form, basis)):
            return
        record = body_of(form, basis)
        await finish(
            app,
            form,
            basis,
            path,
            record,
            lambda when, photos: write_statement.write_statement(
                app.phone, case_id, record, photos, when
            ),
        )

    body = (
        _questions(app, form, loaded.value, path) if loaded.value is not None and form.ready else []
    )
    return form_frame(app, form, loaded, body, once(save), busy=busy, path=path)


def _questions(app: App, form: Form, basis: Basis, path: str) -> list[ft.Control]:
    t, reason = app.t, form.get("reason")
    reasons = [row for row in basis.season.reasons if row.code != "not_home"]
    special = [row for group in ("special", "unreachable") for row in reasons if row.group == group]

    def pick(code: str) -> None:
        form.put(reason=code, handling=SENSIBLE.get(code, form.get("handling")))

    parts: list[ft.Control] = [
        question(
            t("statement.reason"), choices(options(tuple(special), t), reason, picker(app, pick))
        )
    ]
    if reason:
        sentences = t.many(f"phrase.statement.{reason}") or t.many("phrase.statement.any")
        common = t.many("phrase.statement.all")
        parts.append(
            question(
                t("statement.phrases"),
                phrases(app, form, "narrative", (*sentences, *common)),
                t("statement.phrases_hint"),
            )
        )
    parts += [
        TextBox(
            t("statement.narrative"),
            form.get("narrative"),
            lambda words: form.put(narrative=words),
            lines=5,
        ),
        question(
            t("statement.handling"),
            choices(
                options(codes.HANDLINGS, t),
                form.get("handling"),
                picker(app, lambda code: form.put(handling=code)),
            ),
        ),
        question(
            t("statement.evidence"), _evidence(app, form, basis, path), t("statement.evidence_hint")
        ),
    ]
    return parts


def _sensitive(form: Form, basis: Basis) -> bool:
    return codes.find(basis.season.reasons, form.get("reason")).sensitive


def _evidence(app: App, form: Form, basis: Basis, path: str) -> ft.Control:
    """Photos of papers; about health or custody only with the purpose stated and a separate consent."""
    t = app.t
    parts: list[ft.Control] = [PhotoStrip(form, path, t("statement.photo"), key="photos")]
    if _sensitive(form, basis) and form.get("photos", []):
        parts.append(text(t("statement.purpose"), "strong"))
        purposes = [(words, words) for words in t.many("purpose")]
        parts.append(
            choices(
                purposes, form.get("purpose"), picker(app, lambda words: form.put(purpose=words))
            )
        )
        parts.append(
            panel(
                ft.Checkbox(
                    label=t("statement.consent"),
                    value=bool(form.get("consent", False)),
                    on_change=guard(app, lambda event: form.put(consent=bool(event.control.value))),
                ),
                kind="plain",
                padding=8,
            )
        )
        parts.append(quiet(t("statement.consent_line")))
    return ft.Column(parts, spacing=10)


def _lacks(app: App, form: Form, basis: Basis) -> list[str]:
    lacks = []
    if not form.get("reason"):
        lacks.append(app.t("statement.reason"))
    if not str(form.get("narrative")).strip():
        lacks.append(app.t("statement.narrative"))
    if _sensitive(form, basis) and form.get("photos", []):
        if not form.get("purpose"):
            lacks.append(app.t("statement.purpose"))
        if not form.get("consent", False):
            lacks.append(app.t("statement.consent_short"))
    return lacks


def body_of(form: Form, basis: Basis) -> Statement:
    """The record as the form says it."""
    evidence = tuple(form.get("photos", []))
    asked = bool(evidence) and _sensitive(form, basis)
    return Statement(
        reason=form.get("reason"),
        narrative=str(form.get("narrative")).strip(),
        handling=form.get("handling"),
        evidence=evidence,
        evidence_purpose=form.get("purpose") if asked else "",
        consent=bool(form.get("consent", False)) if asked else False,
    )
