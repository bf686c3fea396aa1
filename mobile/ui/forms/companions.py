"""Who went along: colleagues by tap, anyone else by name."""

from __future__ import annotations

import flet as ft

from mobile.ui.app.guard import guard
from mobile.ui.app.hooks import use_state
from mobile.ui.app.navigation import choice_handler
from mobile.ui.app.state import use_app
from mobile.ui.components.button import icon_button, link
from mobile.ui.components.choice import choices, question
from mobile.ui.components.field import TextBox
from mobile.ui.forms.open_form import Form
from mobile.usecases.save import refuse
from shared.bounds import body_breach
from shared.records.kind import NAME
from shared.records.registry import of_form
from shared.records.shapes import shown


@ft.component
def Companions(
    form: Form, teacher: str, names: tuple[str, ...], field: str = "visitors"
) -> ft.Control:
    """Who went: the teacher and colleagues by tap, anyone else by name."""
    app = use_app()
    typing, set_typing = use_state(False)
    typed, set_typed = use_state("")
    have: list[str] = form.get(field, [])
    every = list(dict.fromkeys((*([teacher] if teacher else []), *have, *names)))

    def add(name: str) -> None:
        went = [*form.get(field, []), name]
        refuse(body_breach(of_form(form.name), {field: list(dict.fromkeys(went))}))
        form.add(field, name)

    def toggle(name: str) -> None:
        if name in form.get(field, []):
            form.drop(field, name)
        else:
            add(name)

    def done() -> None:
        if name := shown(typed).strip():
            add(name)
        set_typed("")
        set_typing(False)

    labels = [(n, app.t("companions.me", name=n) if n == teacher else n) for n in every[:9]]
    parts: list[ft.Control] = [choices(labels, have, choice_handler(app, toggle))]
    if typing:
        box = TextBox(
            app.t("companions.name"),
            typed,
            set_typed,
            limit=NAME.most,
            autofocus=True,
            on_submit=guard(app, done),
        )
        parts.append(
            ft.Row(
                [
                    ft.Container(box, expand=True),
                    icon_button(ft.Icons.CHECK, app.t("common.ok"), guard(app, done)),
                ]
            )
        )
    else:
        parts.append(
            ft.Row(
                [
                    link(
                        app.t("companions.other"),
                        ft.Icons.PERSON_ADD_OUTLINED,
                        guard(app, lambda: set_typing(True)),
                    )
                ]
            )
        )
    return question(app.t("companions.ask"), ft.Column(parts, spacing=6))
