"""The day payment was promised for: the usual days by one tap, others from a calendar."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import flet as ft

from mobile.ui.app.guard import guard
from mobile.ui.app.hooks import use_state
from mobile.ui.app.navigation import choice_handler
from mobile.ui.app.state import use_app
from mobile.ui.app.wording import day_words
from mobile.ui.components.choice import chip, question
from mobile.ui.components.panel import note_line
from mobile.ui.forms.fields import ask, mark_of
from mobile.ui.forms.form_context import FormContext
from mobile.ui.forms.open_form import Form
from mobile.ui.forms.when import happened_at
from shared.records.visit import KIND
from shared.season import china_day


@ft.component
def PromiseDay(form: Form, context: FormContext, key: str = "") -> ft.Control:
    """The question for which day payment was promised."""
    app = use_app()
    picking, set_picking = use_state(False)
    today = china_day(context.now)
    due = context.season.due_day
    days = [today, today + timedelta(days=1), today + timedelta(days=3)]
    if due > today:
        days.append(due)
    chosen = form.get("promise_date")
    if chosen and date.fromisoformat(chosen) not in days:
        days.append(date.fromisoformat(chosen))

    def picked(event: Any) -> None:
        form.put(
            promise_date=china_day(event.control.value.astimezone(context.now.tzinfo)).isoformat()
        )
        set_picking(False)

    calendar = ft.DatePicker(
        value=context.now.replace(tzinfo=None),
        current_date=context.now.replace(tzinfo=None),
        first_date=context.now.replace(tzinfo=None),
        last_date=(context.now + timedelta(days=365)).replace(tzinfo=None),
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
            choice_handler(app, lambda code: form.put(promise_date=code))(day.isoformat()),
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
    visited = happened_at(form) or context.now
    if chosen and date.fromisoformat(chosen) < china_day(visited):
        parts.append(note_line(ft.Icons.EVENT_BUSY, app.t("visit.promise_before"), "amber"))
    asked = ask(app, KIND, "promise_date")
    return question(asked, ft.Column(parts, spacing=8), missing=mark_of(app, form, asked))
