"""The delivery of a notice: how, to whom, signed or not, with the slip's photo."""

from __future__ import annotations

from typing import Any

import flet as ft

from mobile.ui.app.navigation import choice_handler
from mobile.ui.app.state import App
from mobile.ui.components.choice import choices, question
from mobile.ui.components.panel import banner
from mobile.ui.forms.companions import Companions
from mobile.ui.forms.conduct_flags import ALONE, Flags
from mobile.ui.forms.fields import beside, code_question, note_box, text_box
from mobile.ui.forms.form_context import FormContext
from mobile.ui.forms.open_form import Form
from mobile.ui.forms.photo_strip import PhotoStrip
from mobile.ui.forms.script_hint import hint_for_outcome
from mobile.ui.forms.spec import FormSpec, Subject
from mobile.ui.forms.when import WhenQuestion
from mobile.ui.forms.where import PositionQuestion, place_of
from shared import codes
from shared.records.notice_delivery import KIND, NoticeDelivery

SIGNED = ("signed", "cannot_write", "acknowledged")
SIGNERS = ("self", "co_borrower", "family")
PASSED_ON_SIGNERS = ("self", "co_borrower", "family", "neighbour", "village_cadre")


def defaults(context: FormContext) -> dict[str, Any]:
    """In person, signed, now, with last time's companions."""
    return {
        "method": "in_person",
        "outcome": "signed",
        "servers": context.usual_party,
        "photos": [],
    }


def questions(app: App, form: Form, context: FormContext, path: str) -> list[ft.Control]:
    """Outcome and what it asks for, photo of the slip, how, who went, when, a note, position."""
    t, judged = app.t, subject(form)
    outcome = code_question(app, form, t("deliver.outcome"), "outcome", codes.DELIVERIES)
    went = Companions(form, context.teacher, context.names, "servers")
    return [
        beside("first", Flags(form, judged, but=ALONE), outcome),
        *hint_for_outcome(app, form.get("outcome"), path),
        *_of_outcome(app, form, context),
        PhotoStrip(form, path, t("deliver.photo"), t("deliver.photo_hint"), key="photos"),
        code_question(app, form, t("deliver.method"), "method", codes.METHODS),
        beside("who", went, Flags(form, judged, only=ALONE)),
        WhenQuestion(form, context.now, key="when"),
        note_box(app, form),
        PositionQuestion(form, key="where"),
    ]


def _of_outcome(app: App, form: Form, context: FormContext) -> list[ft.Control]:
    """The questions that depend on the outcome."""
    t, outcome = app.t, form.get("outcome")
    if outcome in SIGNED:
        return _signer(app, form, context)
    if outcome == "refused":
        return _refused(app, form)
    if outcome == "not_home":
        line = t("deliver.not_home_line")
        return [banner(ft.Icons.MEETING_ROOM_OUTLINED, t("deliver.not_home"), [line])]
    return []


def _signer(app: App, form: Form, context: FormContext) -> list[ft.Control]:
    t, relation = app.t, form.get("signer_relation")
    table = PASSED_ON_SIGNERS if form.get("method") == "passed_on" else SIGNERS
    parts = [code_question(app, form, t("deliver.signer"), "signer_relation", codes.PEOPLE, table)]
    named = relation != "co_borrower" or bool(context.case.co_borrower)
    if relation and not (named and relation in codes.MAY_HEAR_AMOUNTS):
        parts += [
            banner(ft.Icons.FOLDER_OUTLINED, t("deliver.folded"), [t("deliver.folded_line")]),
            text_box(form, t("deliver.signer_name"), "signer_name"),
        ]
    if form.get("outcome") == "cannot_write":
        parts.append(text_box(form, t("deliver.witness"), "witness"))
    return parts


def _refused(app: App, form: Form) -> list[ft.Control]:
    t = app.t
    reasons = [(words, words) for words in t.many("refused")]
    pick = choice_handler(app, lambda words: form.put(reason=words))
    return [
        banner(
            ft.Icons.SPA_OUTLINED, t("deliver.refused"), [t("deliver.refused_line")], kind="calm"
        ),
        question(t("deliver.reason"), choices(reasons, form.get("reason"), pick)),
        text_box(form, t("deliver.witness"), "witness"),
    ]


def missing(app: App, form: Form, _: FormContext) -> list[str]:
    """The outcome, and the signer or the reason it calls for."""
    outcome = form.get("outcome")
    asked = {
        "deliver.outcome": outcome,
        "deliver.signer": form.get("signer_relation") or outcome not in SIGNED,
        "deliver.reason": form.get("reason") or outcome != "refused",
    }
    return [app.t(key) for key, answer in asked.items() if not answer]


def subject(form: Form) -> Subject:
    """Who signed and who went."""
    return Subject(signer_of(form), tuple(form.get("servers", [])))


def signer_of(form: Form) -> str:
    """Who signed (codes PEOPLE); "" when the outcome has no signer, whatever was chosen before."""
    return str(form.get("signer_relation")) if form.get("outcome") in SIGNED else ""


def body_of(form: Form, _: FormContext) -> NoticeDelivery:
    """The record; fields of another outcome are left out."""
    outcome = form.get("outcome")
    return NoticeDelivery(
        method=form.get("method"),
        outcome=outcome,
        servers=tuple(form.get("servers", [])),
        signer_relation=signer_of(form),
        signer_name=form.get("signer_name") if outcome in SIGNED else "",
        reason=form.get("reason") if outcome == "refused" else "",
        witness=form.get("witness") if outcome in ("refused", "cannot_write") else "",
        note=form.get("note"),
        position=place_of(form),
    )


FORM = FormSpec(
    kind=KIND,
    icon=ft.Icons.MARKUNREAD_OUTLINED,
    place=1,
    defaults=defaults,
    questions=questions,
    missing=missing,
    subject=subject,
    body_of=body_of,
    companions="servers",
    renamed={"visitors": "servers", "relation": "signer_relation", "signer": "signer_name"},
)
