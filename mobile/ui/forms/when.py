"""When it happened, as the teacher states it: now, or a day and a time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import flet as ft

from mobile.ui.app.guard import guard
from mobile.ui.app.hooks import use_state
from mobile.ui.app.state import use_app
from mobile.ui.app.wording import moment_words
from mobile.ui.components.choice import chip, question
from mobile.ui.components.panel import note_line
from mobile.ui.forms.open_form import Form
from shared.season import CST


@ft.component
def WhenQuestion(form: Form, now: datetime, key: str = "") -> ft.Control:
    """Now, or a chosen day and time; kept apart from the phone's own time."""
    app = use_app()
    step, set_step = use_state("")
    chosen: str = form.get("when")
    moment = datetime.fromisoformat(chosen) if chosen else now
    earliest = now - timedelta(days=60)

    def day_picked(event: Any) -> None:
        picked = event.control.value
        local = picked.astimezone(CST) if picked.tzinfo else picked
        form.put(when=moment.replace(year=local.year, month=local.month, day=local.day).isoformat())
        set_step("time")

    def time_picked(event: Any) -> None:
        at = event.control.value
        form.put(
            when=moment.replace(hour=at.hour, minute=at.minute, second=0, microsecond=0).isoformat()
        )
        set_step("")

    def shut() -> None:
        set_step("")

    dialogs: dict[str, ft.DialogControl] = {
        "day": ft.DatePicker(
            value=min(max(moment, earliest), now).replace(tzinfo=None),
            current_date=now.replace(tzinfo=None),
            first_date=earliest.replace(tzinfo=None),
            last_date=now.replace(tzinfo=None),
            on_change=guard(app, day_picked),
            on_dismiss=guard(app, shut),
        ),
        "time": ft.TimePicker(
            value=moment.time(), on_change=guard(app, time_picked), on_dismiss=guard(app, shut)
        ),
    }
    ft.use_dialog(dialogs.get(step))
    row: list[ft.Control] = [
        chip(app.t("when.now"), not chosen, guard(app, lambda: form.put(when=""))),
        chip(
            moment_words(app.t, chosen, now) if chosen else app.t("when.other"),
            bool(chosen),
            guard(app, lambda: set_step("day")),
            icon=ft.Icons.EVENT_OUTLINED,
        ),
    ]
    parts: list[ft.Control] = [ft.Row(row, wrap=True, spacing=10, run_spacing=10)]
    if moment > now + timedelta(minutes=1):
        parts.append(note_line(ft.Icons.SCHEDULE, app.t("when.ahead"), "amber"))
    return question(app.t("when.ask"), ft.Column(parts, spacing=8))


def happened_at(form: Form) -> datetime | None:
    """The time stated in a form; None for now."""
    chosen = form.get("when")
    return datetime.fromisoformat(chosen) if chosen else None
