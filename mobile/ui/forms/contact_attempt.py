"""One try to reach someone without going there: a call, a message."""

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
from mobile.ui.forms.fields import Flags, When, said_first
from mobile.ui.forms.form_context import Basis, use_form
from mobile.ui.forms.frame import form_frame
from mobile.ui.forms.open_form import Form
from mobile.ui.forms.reason import Ask, use_reason
from mobile.ui.forms.saving import finish, missing, with_flags
from mobile.usecases import records
from shared import codes
from shared.conduct import PHONE
from shared.records.contact_attempt import ContactAttempt

PEOPLE = ("self", "co_borrower", "family", "neighbour", "village_cadre")


def defaults(_: Basis) -> dict[str, Any]:
    """A call to the borrower."""
    return {"channel": "phone", "to": "self"}


@ft.component
def Attempt() -> ft.View:
    """The form."""
    app = use_app()
    path = ft.use_view_path()
    case_id = ft.use_route_params().get("case", "")
    form, loaded = use_form(app, case_id, "attempt", defaults)
    busy, once = use_busy(app)

    async def save(ask: Ask) -> None:
        basis = loaded.value
        if basis is None or missing(app, [] if form.get("outcome") else [app.t("attempt.outcome")]):
            return
        body = await with_flags(app, form, body_of(form), form.get("to"), (), ask)
        if isinstance(body, ContactAttempt):
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
    body = _questions(app, form, loaded.value) if loaded.value is not None and form.ready else []
    return form_frame(
        app, form, loaded, body, once(lambda: save(ask)), busy=busy, path=path, step=step
    )


def _questions(app: App, form: Form, basis: Basis) -> list[ft.Control]:
    t = app.t
    parts: list[ft.Control] = [
        said_first(
            "first",
            Flags(form, form.get("to"), (), form.get("when"), channel=form.get("channel", PHONE)),
            question(
                t("attempt.outcome"),
                choices(
                    options(codes.CALLS, t),
                    form.get("outcome"),
                    picker(app, lambda code: form.put(outcome=code)),
                ),
            ),
        ),
        question(
            t("attempt.to"),
            choices(
                options(codes.PEOPLE, t, PEOPLE),
                form.get("to"),
                picker(app, lambda code: form.put(to=code)),
            ),
        ),
        question(
            t("attempt.channel"),
            choices(
                options(codes.CHANNELS, t),
                form.get("channel"),
                picker(app, lambda code: form.put(channel=code)),
            ),
        ),
    ]
    if form.get("outcome") == "invalid_number":
        parts.append(
            banner(
                ft.Icons.CONTACT_PHONE_OUTLINED, t("attempt.invalid"), [t("attempt.invalid_line")]
            )
        )
    parts += [
        When(form, basis.now, key="when"),
        TextBox(t("form.note"), form.get("note"), lambda words: form.put(note=words), lines=2),
    ]
    return parts


def body_of(form: Form) -> ContactAttempt:
    """The record as the form says it."""
    return ContactAttempt(
        channel=form.get("channel"),
        to=form.get("to"),
        outcome=form.get("outcome"),
        note=form.get("note"),
    )
