"""One visit: whom the teachers met, the outcome, who went along. Eight taps at most, no typing."""

from __future__ import annotations

from typing import Any

import flet as ft

from mobile.ui.app.guard import guard
from mobile.ui.app.hooks import use_state
from mobile.ui.app.navigation import choice_handler
from mobile.ui.app.state import App, use_app
from mobile.ui.app.wording import options
from mobile.ui.components.choice import chip, choices, question
from mobile.ui.forms.companions import Companions
from mobile.ui.forms.conduct_flags import ALONE, Flags
from mobile.ui.forms.fields import ask, beside, mark_of, missing_words, record_of, text_box
from mobile.ui.forms.form_context import FormContext
from mobile.ui.forms.open_form import Form
from mobile.ui.forms.photo_strip import PhotoStrip
from mobile.ui.forms.phrases import phrase_chips
from mobile.ui.forms.promise_day import PromiseDay
from mobile.ui.forms.script_hint import hint_for_outcome
from mobile.ui.forms.spec import FormSpec, Subject
from mobile.ui.forms.when import WhenQuestion
from mobile.ui.forms.where import PositionQuestion, place_of
from shared import codes
from shared.record_forms import begun
from shared.records.base import Body
from shared.records.visit import KIND

COMMON = (
    "promised",
    "claimed_paid",
    "not_aware",
    "hardship",
    "unemployed",
    "unreachable_away",
    "illness",
    "refuses",
)
AFTER_DEATH = ("death", "other")
NOBODY = ("not_home", "unreachable_away", "address_changed", "abroad")


def defaults(context: FormContext) -> dict[str, Any]:
    """Now, with last time's companions."""
    return {**begun(KIND, tuple(context.usual_party)), "photos": []}


def questions(app: App, form: Form, context: FormContext, path: str) -> list[ft.Control]:
    """Whom they met, outcome, promise, who went, when, a note, photos, position."""
    t, outcome, judged = app.t, form.get("outcome"), subject(form)
    phrases = t.many("phrase.visit.nobody" if form.get("met") == "nobody" else "phrase.visit.met")
    went = Companions(form, context.teacher, context.names)
    promised = outcome == "promised"
    return [
        beside("first", Flags(form, judged, but=ALONE), _met(app, form)),
        Outcome(form, context, key="outcome"),
        *hint_for_outcome(app, outcome, path),
        *([PromiseDay(form, context, key="promise")] if promised else []),
        beside("who", went, Flags(form, judged, only=ALONE)),
        WhenQuestion(form, context.now, key="when"),
        question(ask(app, KIND, "note"), phrase_chips(app, form, "note", phrases)),
        text_box(form, t("form.note_label"), "note", lines=2),
        PhotoStrip(form, path, t("visit.photo"), key="photos"),
        PositionQuestion(form, key="where"),
    ]


def _met(app: App, form: Form) -> ft.Control:
    """Whom they met; "nobody home" also sets the outcome."""

    def meet(code: str) -> None:
        outcome = form.get("outcome")
        if code == "nobody":
            form.put(met=code, outcome="not_home")
        else:
            form.put(met=code, outcome="" if outcome in NOBODY else outcome)

    people = choices(options(codes.PEOPLE, app.t), form.get("met"), choice_handler(app, meet))
    words = ask(app, KIND, "met")
    return question(words, people, missing=mark_of(app, form, words))


@ft.component
def Outcome(form: Form, context: FormContext, key: str = "") -> ft.Control:
    """The outcome: the usual answers first, the others behind one tap."""
    app = use_app()
    every, set_every = use_state(False)
    outcome = form.get("outcome")
    reasons = context.season.reasons
    usual = AFTER_DEATH if context.case.deceased else COMMON
    first = NOBODY if form.get("met") == "nobody" else usual
    shown = options(reasons, app.t, first)
    if every:
        shown += [row for row in options(reasons, app.t) if row[0] not in first]
    elif outcome and outcome not in first:
        shown += options(reasons, app.t, (outcome,))
    shown.sort(key=lambda option: option[0] == "other")
    answers = choices(shown, outcome, choice_handler(app, lambda code: form.put(outcome=code)))
    more = chip(
        app.t("visit.fewer" if every else "visit.more"),
        False,
        guard(app, lambda: set_every(not every)),
        icon=ft.Icons.EXPAND_LESS if every else ft.Icons.EXPAND_MORE,
    )
    words = ask(app, KIND, "outcome")
    both = ft.Column([answers, ft.Row([more])], spacing=10)
    return question(words, both, missing=mark_of(app, form, words))


def subject(form: Form) -> Subject:
    """Whom the teachers met and who went."""
    return Subject(form.get("met"), tuple(form.get("visitors", [])))


def body_of(form: Form, context: FormContext) -> Body:
    """The record with the form's answers and the position."""
    return record_of(form, context, position=place_of(form))


FORM = FormSpec(
    kind=KIND,
    icon=ft.Icons.DOOR_FRONT_DOOR_OUTLINED,
    defaults=defaults,
    questions=questions,
    missing=missing_words,
    subject=subject,
    body_of=body_of,
    companions="visitors",
    renamed={"promise": "promise_date"},
)
