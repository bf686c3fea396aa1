"""The answers that a form records without a question: shown above its save button."""

from __future__ import annotations

from mobile.ui.app.state import App
from mobile.ui.app.wording import day_words
from mobile.ui.forms.form_context import FormContext
from mobile.ui.forms.open_form import Form
from mobile.ui.forms.spec import FormSpec
from mobile.usecases.words import code_words
from shared.records.kind import Field


def assumed_words(app: App, spec: FormSpec, form: Form, context: FormContext) -> str:
    """The answers that the form began with and the record would have now; "" for none.

    A correction begins with what was recorded: the teacher chose it then.
    """
    if form.corrects:
        return ""
    body = spec.body_of(form, context)
    values = [
        _words(app, context, field, getattr(body, field.name))
        for name in spec.defaults(context)
        if (field := spec.kind.field(name)) is not None
    ]
    return " · ".join(words for words in values if words)


def _words(app: App, context: FormContext, field: Field, value: object) -> str:
    if isinstance(value, list | tuple):
        return app.t("common.and").join(str(one) for one in value)
    if field.day and value:
        return day_words(app.t, str(value))
    table = context.season.reasons if field.of_season else field.table
    return code_words(table, str(value), app.language) if table else str(value)
