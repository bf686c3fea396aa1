"""The delivery of a notice: how, to whom, signed or not, with the slip's photo."""

from __future__ import annotations

from typing import Any

import flet as ft

from mobile.ui.app.navigation import choice_handler
from mobile.ui.app.state import App
from mobile.ui.app.wording import options
from mobile.ui.components.choice import choices, question
from mobile.ui.components.panel import banner
from mobile.ui.forms.companions import Companions
from mobile.ui.forms.conduct_flags import ALONE, Flags
from mobile.ui.forms.fields import (
    ask,
    beside,
    code_question,
    codes_offered,
    known_of,
    mark_of,
    note_box,
    record_of,
    sentences,
    text_box,
)
from mobile.ui.forms.form_context import FormContext
from mobile.ui.forms.open_form import Form
from mobile.ui.forms.photo_strip import PhotoStrip
from mobile.ui.forms.script_hint import hint_for_outcome
from mobile.ui.forms.spec import FormSpec, Subject
from mobile.ui.forms.when import WhenQuestion
from mobile.ui.forms.where import PositionQuestion, place_of
from shared import codes
from shared.conduct import SENT, proof_flags
from shared.record_forms import begun, missing
from shared.records.base import Body
from shared.records.notice_delivery import KIND, OUTCOMES, SIGNED


def defaults(context: FormContext) -> dict[str, Any]:
    """Now, with last time's companions. The teacher chooses how it went."""
    return {**begun(KIND, tuple(context.usual_party)), "photos": []}


def questions(app: App, form: Form, context: FormContext, path: str) -> list[ft.Control]:
    """How it was brought; then only what that way needs."""
    judged, method = subject(form), str(form.get("method"))
    flags = Flags(form, judged, but=ALONE)
    if not method:
        taken = [_photos(app, form, path)] if form.get("photos") else []  # of an older draft
        return [beside("first", flags, _method(app, form)), *taken]
    brought = method not in SENT
    who = beside("who", *_who_went(form, context, judged))
    return [
        beside("first", flags, _method(app, form)),
        *_outcome(app, form, context),
        *hint_for_outcome(app, form.get("outcome"), path),
        *_of_outcome(app, form, context),
        _photos(app, form, path),
        *([who] if brought else []),
        WhenQuestion(form, context.now, key="when"),
        note_box(app, form),
        *([PositionQuestion(form, key="where")] if brought else []),
    ]


def _who_went(form: Form, context: FormContext, judged: Subject) -> list[ft.Control]:
    went = Companions(form, context.teacher, context.names, "servers")
    return [went, Flags(form, judged, only=ALONE)]


def _method(app: App, form: Form) -> ft.Control:
    """How it was brought; an outcome that this way does not have is asked again."""

    def pick(method: str) -> None:
        outcome = form.get("outcome")
        form.put(method=method, outcome=outcome if outcome in OUTCOMES[method] else "")

    words = ask(app, KIND, "method")
    answers = choices(options(codes.METHODS, app.t), form.get("method"), choice_handler(app, pick))
    return question(words, answers, missing=mark_of(app, form, words))


def _outcome(app: App, form: Form, context: FormContext) -> list[ft.Control]:
    """The outcomes of the method, and that of a record made before it had its own."""
    chosen = form.get("outcome")
    known = codes_offered(KIND, "outcome", form, context)
    only = known if not chosen or chosen in known else (*known, chosen)
    words = ask(app, KIND, "outcome")
    return [code_question(app, form, words, "outcome", codes.DELIVERIES, only)]


def _photos(app: App, form: Form, path: str) -> ft.Control:
    """The slip's photo; of a message, the picture of the screen it stands on."""
    sent = form.get("method") == "message"
    ask, hint = ("screenshot", "screenshot_hint") if sent else ("photo", "photo_hint")
    words = app.t(f"deliver.{ask}"), app.t(f"deliver.{hint}")
    return PhotoStrip(form, path, *words, key="photos")


def _of_outcome(app: App, form: Form, context: FormContext) -> list[ft.Control]:
    """The questions that depend on the outcome."""
    t, outcome = app.t, form.get("outcome")
    if outcome in SIGNED or not outcome:
        return _signer(app, form, context)
    if outcome == "refused":
        return _refused(app, form)
    if outcome == "not_home":
        line = t("deliver.not_home_line")
        return [banner(ft.Icons.MEETING_ROOM_OUTLINED, t("deliver.not_home"), [line])]
    return []


def _signer(app: App, form: Form, context: FormContext) -> list[ft.Control]:
    t, relation = app.t, form.get("signer_relation")
    table = codes_offered(KIND, "signer_relation", form, context)

    def pick(code: str) -> None:
        outcome = form.get("outcome") or OUTCOMES[form.get("method")][0]
        form.put(signer_relation=code, outcome=outcome)

    words = _signer_words(app, form)
    answers = choices(options(codes.PEOPLE, t, table), relation, choice_handler(app, pick))
    parts = [question(words, answers, missing=mark_of(app, form, words))]
    named = relation != "co_borrower" or bool(context.case.co_borrower)
    if relation and not (named and relation in codes.MAY_HEAR_AMOUNTS):
        parts += [
            banner(ft.Icons.FOLDER_OUTLINED, t("deliver.folded"), [t("deliver.folded_line")]),
            text_box(form, ask(app, KIND, "signer_name"), "signer_name"),
        ]
    if form.get("outcome") == "cannot_write":
        parts.append(text_box(form, ask(app, KIND, "witness"), "witness"))
    return parts


def _signer_words(app: App, form: Form) -> str:
    confirmed = form.get("method") == "message" or form.get("outcome") == "acknowledged"
    return app.t("deliver.confirmer") if confirmed else ask(app, KIND, "signer_relation")


def _refused(app: App, form: Form) -> list[ft.Control]:
    t = app.t
    asked, reasons = ask(app, KIND, "reason"), sentences(app, KIND, "reason")
    pick = choice_handler(app, lambda words: form.put(reason=words))
    return [
        banner(
            ft.Icons.SPA_OUTLINED, t("deliver.refused"), [t("deliver.refused_line")], kind="calm"
        ),
        question(
            asked,
            choices(reasons, form.get("reason"), pick),
            missing=mark_of(app, form, asked),
        ),
        text_box(form, ask(app, KIND, "witness"), "witness"),
    ]


def missing_of(app: App, form: Form, context: FormContext) -> list[str]:
    """The way first; then the outcome, and the signer or the reason it calls for."""
    found = [q.field for q in missing(KIND, form.fields, known_of(form, context))]
    if "method" in found:
        return [ask(app, KIND, "method")]
    signer = _signer_words(app, form)
    return [signer if name == "signer_relation" else ask(app, KIND, name) for name in found]


def subject(form: Form) -> Subject:
    """Who signed, who went, how, and whether its proof is there."""
    return Subject(
        signer_of(form),
        tuple(form.get("servers", [])),
        str(form.get("method")),
        proof_flags(str(form.get("outcome")), form.get("photos", [])),
    )


def signer_of(form: Form) -> str:
    """Who signed (codes PEOPLE); "" when the outcome has no signer, whatever was chosen before."""
    return str(form.get("signer_relation")) if form.get("outcome") in SIGNED else ""


def body_of(form: Form, context: FormContext) -> Body:
    """The record with the form's answers; a letter or a message has no position."""
    sent = form.get("method") in SENT
    return record_of(form, context, position=None if sent else place_of(form))


FORM = FormSpec(
    kind=KIND,
    icon=ft.Icons.MARKUNREAD_OUTLINED,
    defaults=defaults,
    questions=questions,
    missing=missing_of,
    subject=subject,
    body_of=body_of,
    companions="servers",
    renamed={"visitors": "servers", "relation": "signer_relation", "signer": "signer_name"},
)
