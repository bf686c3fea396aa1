"""Questions that several forms share, each bound to a field of the form by its name."""

from __future__ import annotations

from typing import Any

import flet as ft

from mobile.ui.app.navigation import choice_handler
from mobile.ui.app.state import App
from mobile.ui.app.wording import options
from mobile.ui.components.choice import choices, missing_mark, question
from mobile.ui.components.field import TextBox
from mobile.ui.forms.form_context import FormContext
from mobile.ui.forms.on_paper import on_paper
from mobile.ui.forms.open_form import Form
from shared import codes
from shared.record_forms import body_of, missing, offered, question_of
from shared.records.base import Body
from shared.records.kind import Known, RecordKind
from shared.records.registry import of_form
from shared.records.shapes import shown


def ask(app: App, kind: RecordKind, field: str) -> str:
    """The question for a field of a kind, in the app's language."""
    return question_of(kind, field).ask(app.language)


def sentences(app: App, kind: RecordKind, field: str) -> list[tuple[str, str]]:
    """The sentences offered for a text, as options for chips."""
    words = [sentence(app.language) for sentence in question_of(kind, field).sentences]
    return [(each, each) for each in words]


def codes_offered(
    kind: RecordKind, field: str, form: Form, context: FormContext
) -> tuple[str, ...]:
    """The codes that may be chosen for a field after the form's answers."""
    return offered(kind, question_of(kind, field), form.fields, context.season)


def known_of(form: Form, context: FormContext) -> Known:
    """What the form knows besides its answers."""
    return Known(context.season, context.teacher, tuple(form.get("photos", [])))


def missing_words(app: App, form: Form, context: FormContext) -> list[str]:
    """The words of the questions that must be answered and are not."""
    kind = of_form(form.name)
    return [q.ask(app.language) for q in missing(kind, form.fields, known_of(form, context))]


def record_of(form: Form, context: FormContext, **more: object) -> Body:
    """The record with the form's answers; `more`: fields that nobody is asked for."""
    return body_of(of_form(form.name), form.fields, known_of(form, context), **more)


def code_question(
    app: App,
    form: Form,
    words: str,
    field: str,
    table: tuple[codes.Code, ...],
    only: tuple[str, ...] = (),
    hint: str = "",
) -> ft.Control:
    """A question whose answer is one code of a table, or of the codes `only` in that order.

    The code "other" stands last.
    """

    def put(code: str) -> None:
        form.put(**{field: code})

    answers = choices(options(table, app.t, only), form.get(field), choice_handler(app, put))
    return question(words, answers, hint, missing=mark_of(app, form, words))


def mark_of(app: App, form: Form, words: str) -> str:
    """What marks a question whose answer was missing when the form was to be saved; else ""."""
    return app.t("save.mark") if words in form.lacking else ""


def needed_box(app: App, form: Form, words: str, field: str, **options: Any) -> ft.Control:
    """A text field whose text must not be missing; `options` are those of TextBox."""
    return ft.Column(
        [
            *missing_mark(words, mark_of(app, form, words)),
            text_box(form, words, field, **options),
        ],
        spacing=8,
        key=f"needed:{field}",
    )


def text_box(form: Form, words: str, field: str, **options: Any) -> ft.Control:
    """A text field of the form; `options` are those of TextBox.

    It takes as many characters as the record's field, and none that nobody sees: no record is
    refused for what was pasted into it.
    """
    declared = of_form(form.name).field(field)
    box = TextBox(
        words,
        form.get(field),
        lambda typed: form.put(**{field: shown(typed)}),
        limit=declared.most_characters if declared else None,
        **options,
    )
    return ft.Column(
        [box, *on_paper(str(form.get(field)))],
        spacing=6,
        horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
        key=f"text:{field}",
    )


def note_box(app: App, form: Form) -> ft.Control:
    """A note in the teacher's own words."""
    return text_box(form, app.t("form.note"), "note", lines=2)


def beside(key: str, *parts: ft.Control) -> ft.Control:
    """A banner that may be empty and the question it belongs to; no gap when it is empty."""
    return ft.Column(
        list(parts), spacing=4, horizontal_alignment=ft.CrossAxisAlignment.STRETCH, key=key
    )
