"""A new phone, address or workplace and who said so: the most useful thing a visit brings home."""

from __future__ import annotations

from typing import Any

import flet as ft

from mobile.ui.app.guard import use_busy
from mobile.ui.app.navigation import picker
from mobile.ui.app.state import App, use_app
from mobile.ui.app.wording import options
from mobile.ui.components.choice import choices, question
from mobile.ui.components.field import TextBox
from mobile.ui.components.panel import banner
from mobile.ui.components.text import quiet
from mobile.ui.forms.form_context import Basis, use_form
from mobile.ui.forms.frame import form_frame
from mobile.ui.forms.open_form import Form
from mobile.ui.forms.saving import finish, missing
from mobile.usecases import records
from shared import codes
from shared.identity import parse_phones
from shared.records.contact_update import ContactUpdate

SOURCES = ("self", "co_borrower", "family", "neighbour", "village_cadre")


def defaults(_: Basis) -> dict[str, Any]:
    """A phone number, told by the borrower."""
    return {"field": "phone", "source": "self"}


@ft.component
def Update() -> ft.View:
    """The form."""
    app = use_app()
    path = ft.use_view_path()
    case_id = ft.use_route_params().get("case", "")
    form, loaded = use_form(app, case_id, "update", defaults)
    busy, once = use_busy(app)

    async def save() -> None:
        basis = loaded.value
        if basis is None or missing(
            app, [] if str(form.get("value")).strip() else [app.t("update.value")]
        ):
            return
        record = body_of(form)
        await finish(
            app,
            form,
            basis,
            path,
            record,
            lambda when, photos: records.record(app.phone, case_id, record, photos, when),
        )

    body = _questions(app, form) if loaded.value is not None and form.ready else []
    return form_frame(app, form, loaded, body, once(save), busy=busy, path=path)


def _questions(app: App, form: Form) -> list[ft.Control]:
    t, field = app.t, form.get("field")
    phone = field == "phone"
    parts: list[ft.Control] = [
        question(
            t("update.field"),
            choices(
                options(codes.UPDATE_FIELDS, t),
                field,
                picker(app, lambda code: form.put(field=code)),
            ),
        ),
        TextBox(
            t(f"update.value.{field}"),
            form.get("value"),
            lambda words: form.put(value=words),
            keyboard=ft.KeyboardType.PHONE if phone else ft.KeyboardType.TEXT,
            lines=1 if phone else 2,
        ),
    ]
    typed = str(form.get("value")).strip()
    if phone and typed and not parse_phones(typed):
        parts.append(
            banner(
                ft.Icons.CONTACT_PHONE_OUTLINED, t("update.no_number"), [t("update.no_number_line")]
            )
        )
    parts += [
        question(
            t("update.source"),
            choices(
                options(codes.PEOPLE, t, SOURCES),
                form.get("source"),
                picker(app, lambda code: form.put(source=code)),
            ),
        ),
        TextBox(t("form.note"), form.get("note"), lambda words: form.put(note=words), lines=2),
        quiet(t("update.proposed")),
    ]
    return parts


def body_of(form: Form) -> ContactUpdate:
    """The record as the form says it."""
    return ContactUpdate(
        field=form.get("field"),
        value=str(form.get("value")).strip(),
        source=form.get("source"),
        note=form.get("note"),
    )
