"""What must be known first of a case, and what can be done."""

from __future__ import annotations

from datetime import datetime

import flet as ft

from mobile.ui.app.navigation import path_handler
from mobile.ui.app.state import App
from mobile.ui.app.wording import action_words, day_words
from mobile.ui.components.button import link, primary
from mobile.ui.components.panel import banner, panel
from mobile.ui.components.text import text
from mobile.ui.forms.registry import form_named, forms
from mobile.ui.forms.spec import FormSpec
from mobile.ui.screens.case.call_card import CallCard
from mobile.usecases.views import CaseView
from shared.lifecycle import Review


def alerts(app: App, view: CaseView, path: str, now: datetime) -> list[ft.Control]:
    """What comes first: a call without an outcome, paid, a death, returned records."""
    t = app.t
    found: list[ft.Control] = []
    if view.called is not None:
        found.append(CallCard(view, view.called, now, path, key=f"called:{view.called.at}"))
    if view.line.paid:
        day = (
            day_words(t, view.line.paid_on) if view.line.paid_on else day_words(t, view.list_as_of)
        )
        found.append(
            banner(
                ft.Icons.CHECK_CIRCLE,
                t("case.paid_title"),
                [t("case.paid_line", day=day)],
                kind="calm",
            )
        )
    if view.deceased:
        found.append(
            banner(
                ft.Icons.SPA_OUTLINED, t("rule.deceased"), [t("rule.deceased_line")], kind="soft"
            )
        )
    elif view.death_recorded:
        line = "rule.death_told_line" if view.line.todo == "statement" else "rule.death_waits_line"
        found.append(banner(ft.Icons.SPA_OUTLINED, t("rule.death_told"), [t(line)], kind="soft"))
    found += [_returned_elsewhere(app, review) for review in view.returned_elsewhere]
    for review in view.returned:
        found.append(
            banner(
                ft.Icons.REPLAY,
                t("case.returned"),
                [review.comment],
                kind="attention",
                actions=[
                    link(
                        t("today.fix"),
                        ft.Icons.EDIT_OUTLINED,
                        path_handler(app, f"{path}/correct/{review.fact}"),
                        kind="attention",
                    )
                ],
            )
        )
    return found


def _returned_elsewhere(app: App, review: Review) -> ft.Control:
    """A colleague's record was returned: it cannot be corrected on this phone."""
    return banner(ft.Icons.REPLAY, app.t("case.returned_elsewhere"), [review.comment], kind="soft")


def actions(app: App, view: CaseView, path: str) -> ft.Control:
    """The other actions of a case, two in a row."""
    rest = [form for form in forms() if form.name != view.line.todo]
    pairs = [rest[at : at + 2] for at in range(0, len(rest), 2)]
    rows: list[ft.Control] = [
        ft.Row([_tile(app, form, path) for form in pair], spacing=10) for pair in pairs
    ]
    return ft.Column(rows, spacing=10, horizontal_alignment=ft.CrossAxisAlignment.STRETCH)


def next_step(app: App, view: CaseView, path: str) -> ft.Control | None:
    """The button for the next step, at the bottom; None when nothing is to do."""
    form = form_named(view.line.todo)
    if form is None:
        return None
    return primary(
        action_words(app.t, form.name), form.icon, path_handler(app, f"{path}/{form.name}")
    )


def _tile(app: App, form: FormSpec, path: str) -> ft.Control:
    return panel(
        ft.Row(
            [
                ft.Icon(form.icon, size=24, color=ft.Colors.PRIMARY),
                text(action_words(app.t, form.name), "text", expand=True),
            ],
            spacing=10,
        ),
        on_click=path_handler(app, f"{path}/{form.name}"),
        padding=ft.Padding.symmetric(horizontal=14, vertical=15),
        expand=True,
    )
