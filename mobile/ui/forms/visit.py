"""One visit: whom she met, what came of it, who went along. Eight taps at most, no typing."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import flet as ft

from mobile.ui.app.guard import guard, use_busy
from mobile.ui.app.hooks import use_state
from mobile.ui.app.navigation import picker
from mobile.ui.app.state import App, use_app
from mobile.ui.app.wording import day_words, options
from mobile.ui.components.choice import chip, choices, question
from mobile.ui.components.field import TextBox
from mobile.ui.components.panel import mark_line
from mobile.ui.forms.fields import (
    ALONE,
    Companions,
    Flags,
    PhotoStrip,
    When,
    Where,
    happened_at,
    said_first,
)
from mobile.ui.forms.form_context import Basis, use_form
from mobile.ui.forms.frame import form_frame
from mobile.ui.forms.open_form import Form
from mobile.ui.forms.phrases import phrases
from mobile.ui.forms.reason import Ask, use_reason
from mobile.ui.forms.saving import finish, missing, with_flags
from mobile.ui.forms.script_hint import fitting_hint
from mobile.usecases import records
from shared import codes
from shared.records.base import Position
from shared.records.visit import Visit
from shared.season import china_day

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


def defaults(basis: Basis) -> dict[str, Any]:
    """Now, with last time's companions."""
    return {"visitors": [name for name in (basis.teacher, *basis.companions) if name], "photos": []}


@ft.component
def RecordVisit() -> ft.View:
    """The form."""
    app = use_app()
    path = ft.use_view_path()
    case_id = ft.use_route_params().get("case", "")
    form, loaded = use_form(app, case_id, "visit", defaults)
    busy, once = use_busy(app)

    async def save(ask: Ask) -> None:
        basis = loaded.value
        if basis is None or missing(app, _lacks(app, form)):
            return
        body = await with_flags(
            app, form, body_of(form), form.get("met"), tuple(form.get("visitors", [])), ask
        )
        if isinstance(body, Visit):
            record = body
            await finish(
                app,
                form,
                basis,
                path,
                record,
                lambda when, photos: records.record(app.phone, case_id, record, photos, when),
            )

    ask, step = use_reason(app, form, save, loaded.value)
    body = (
        _questions(app, form, loaded.value, path) if loaded.value is not None and form.ready else []
    )
    return form_frame(
        app, form, loaded, body, once(lambda: save(ask)), busy=busy, path=path, step=step
    )


def _questions(app: App, form: Form, basis: Basis, path: str) -> list[ft.Control]:
    t, met = app.t, form.get("met")
    visitors = tuple(form.get("visitors", []))

    def meet(code: str) -> None:
        if code == "nobody":
            form.put(met=code, outcome="not_home")
        else:
            form.put(met=code, outcome="" if form.get("outcome") in NOBODY else form.get("outcome"))

    parts: list[ft.Control] = [
        said_first(
            "first",
            Flags(form, met, visitors, form.get("when"), but=ALONE),
            question(t("visit.met"), choices(options(codes.PEOPLE, t), met, picker(app, meet))),
        ),
        Outcome(form, basis, key="outcome"),
        *fitting_hint(app, form.get("outcome"), path),
    ]
    if form.get("outcome") == "promised":
        parts.append(PromiseDay(form, basis, key="promise"))
    parts += [
        said_first(
            "who",
            Companions(form, basis.teacher, basis.names),
            Flags(form, met, visitors, form.get("when"), only=ALONE),
        ),
        When(form, basis.now, key="when"),
        question(t("form.note"), phrases(app, form, "note", _phrases(app, form))),
        TextBox(
            t("form.note_label"), form.get("note"), lambda words: form.put(note=words), lines=2
        ),
        PhotoStrip(form, path, t("visit.photo"), key="photos"),
        Where(form, key="where"),
    ]
    return parts


def _phrases(app: App, form: Form) -> tuple[str, ...]:
    return app.t.many("phrase.visit.nobody" if form.get("met") == "nobody" else "phrase.visit.met")


@ft.component
def Outcome(form: Form, basis: Basis, key: str = "") -> ft.Control:
    """What came of it: the usual answers first, all of the season's behind one tap."""
    app = use_app()
    every, set_every = use_state(False)
    outcome = form.get("outcome")
    reasons = basis.season.reasons
    usual = AFTER_DEATH if basis.case.deceased else COMMON
    first = NOBODY if form.get("met") == "nobody" else usual
    shown = options(reasons, app.t, first)
    if every:
        shown += [row for row in options(reasons, app.t) if row[0] not in first]
    elif outcome and outcome not in first:
        shown += options(reasons, app.t, (outcome,))
    answers = choices(shown, outcome, picker(app, lambda code: form.put(outcome=code)))
    more = chip(
        app.t("visit.fewer" if every else "visit.more"),
        False,
        guard(app, lambda: set_every(not every)),
        icon=ft.Icons.EXPAND_LESS if every else ft.Icons.EXPAND_MORE,
    )
    return question(app.t("visit.outcome"), ft.Column([answers, ft.Row([more])], spacing=10))


@ft.component
def PromiseDay(form: Form, basis: Basis, key: str = "") -> ft.Control:
    """The day promised: by tap for the usual ones, by calendar for the rest."""
    app = use_app()
    picking, set_picking = use_state(False)
    today = china_day(basis.now)
    due = basis.season.due_day
    days = [today, today + timedelta(days=1), today + timedelta(days=3)]
    if due > today:
        days.append(due)
    chosen = form.get("promise")
    if chosen and date.fromisoformat(chosen) not in days:
        days.append(date.fromisoformat(chosen))

    def picked(event: Any) -> None:
        form.put(promise=china_day(event.control.value.astimezone(basis.now.tzinfo)).isoformat())
        set_picking(False)

    calendar = ft.DatePicker(
        value=basis.now.replace(tzinfo=None),
        current_date=basis.now.replace(tzinfo=None),
        first_date=basis.now.replace(tzinfo=None),
        last_date=(basis.now + timedelta(days=365)).replace(tzinfo=None),
        on_change=guard(app, picked),
        on_dismiss=guard(app, lambda: set_picking(False)),
    )
    ft.use_dialog(calendar if picking else None)
    words = {today: app.t("date.today"), today + timedelta(days=1): app.t("date.tomorrow")}
    chips: list[ft.Control] = [
        chip(
            words.get(day)
            or (
                app.t("visit.by_due", day=day_words(app.t, day))
                if day == due
                else day_words(app.t, day)
            ),
            day.isoformat() == chosen,
            picker(app, lambda code: form.put(promise=code))(day.isoformat()),
        )
        for day in sorted(set(days))
    ]
    chips.append(
        chip(
            app.t("visit.other_day"),
            False,
            guard(app, lambda: set_picking(True)),
            icon=ft.Icons.EVENT_OUTLINED,
        )
    )
    parts: list[ft.Control] = [ft.Row(chips, wrap=True, spacing=10, run_spacing=10)]
    visited = happened_at(form) or basis.now
    if chosen and date.fromisoformat(chosen) < china_day(visited):
        parts.append(mark_line(ft.Icons.EVENT_BUSY, app.t("visit.promise_before"), "amber"))
    return question(app.t("visit.promise"), ft.Column(parts, spacing=8))


def _lacks(app: App, form: Form) -> list[str]:
    lacks = []
    if not form.get("met"):
        lacks.append(app.t("visit.met"))
    if not form.get("outcome"):
        lacks.append(app.t("visit.outcome"))
    if form.get("outcome") == "promised" and not form.get("promise"):
        lacks.append(app.t("visit.promise"))
    return lacks


def body_of(form: Form) -> Visit:
    """The record as the form says it."""
    where = form.get("position", None)
    outcome = form.get("outcome")
    return Visit(
        met=form.get("met"),
        outcome=outcome,
        visitors=tuple(form.get("visitors", [])),
        promise_date=form.get("promise") if outcome == "promised" else "",
        note=form.get("note"),
        position=Position(**where) if where else None,
    )
