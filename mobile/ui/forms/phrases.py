"""Phrases to tap, which build a text that can be edited freely."""

from __future__ import annotations

from collections.abc import Sequence

import flet as ft

from mobile.ui.app.guard import Handler, guard
from mobile.ui.app.state import App
from mobile.ui.components.choice import chip
from mobile.ui.forms.open_form import Form
from mobile.usecases.save import refuse
from shared.bounds import body_breach
from shared.records.registry import of_form


def phrase_chips(app: App, form: Form, field: str, sentences: Sequence[str]) -> ft.Control:
    """Chips that add a sentence to `field` while it has room, or remove it."""

    def toggle(sentence: str) -> Handler:
        def run() -> None:
            text = str(form.get(field))
            if sentence in text:
                form.put(**{field: text.replace(sentence, "", 1)})
            else:
                refuse(body_breach(of_form(form.name), {field: text + sentence}))
                form.put(**{field: text + sentence})

        return guard(app, run)

    have = str(form.get(field))
    return ft.Row(
        [
            chip(words.rstrip("。. "), words in have, toggle(words), icon=ft.Icons.ADD, wraps=True)
            for words in sentences
        ],
        wrap=True,
        spacing=10,
        run_spacing=10,
    )
