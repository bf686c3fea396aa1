"""The notice brought to someone: how, to whom, signed or not, with the slip's photo."""

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
from mobile.ui.forms.fields import ALONE, Companions, Flags, PhotoStrip, When, Where, said_first
from mobile.ui.forms.form_context import Basis, use_form
from mobile.ui.forms.frame import form_frame
from mobile.ui.forms.open_form import Form
from mobile.ui.forms.reason import Ask, use_reason
from mobile.ui.forms.saving import finish, missing, with_flags
from mobile.ui.forms.script_hint import fitting_hint
from mobile.usecases import records
from shared import codes
from shared.records.base import Position
from shared.records.notice_delivery import NoticeDelivery

SIGNED = ("signed", "cannot_write", "acknowledged")
SIGNERS = ("self", "co_borrower", "family")
PASSED = ("self", "co_borrower", "family", "neighbour", "village_cadre")


def defaults(basis: Basis) -> dict[str, Any]:
    """In person, signed, now, with last time's companions: what happens most."""
    return {
        "method": "in_person",
        "outcome": "signed",
        "visitors": [name for name in (basis.teacher, *basis.companions) if name],
        "photos": [],
    }


@ft.component
def Deliver() -> ft.View:
    """The form."""
    app = use_app()
    path = ft.use_view_path()
    case_id = ft.use_route_params().get("case", "")
    form, loaded = use_form(app, case_id, "deliver", defaults)
    busy, once = use_busy(app)

    async def save(ask: Ask) -> None:
        basis = loaded.value
        if basis is None or missing(app, _lacks(app, form)):
            return
        body = await with_flags(
            app, form, body_of(form), signer_of(form), tuple(form.get("visitors", [])), ask
        )
        if isinstance(body, NoticeDelivery):
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
    t = app.t
    outcome, method = form.get("outcome"), form.get("method")
    visitors = tuple(form.get("visitors", []))
    parts: list[ft.Control] = [
        said_first(
            "first",
            Flags(form, signer_of(form), visitors, form.get("when"), but=ALONE),
            question(
                t("deliver.outcome"),
                choices(
                    options(codes.DELIVERIES, t),
                    outcome,
                    picker(app, lambda code: form.put(outcome=code)),
                ),
            ),
        ),
    ]
    parts += fitting_hint(app, outcome, path)
    if outcome in SIGNED:
        parts += _signer(app, form, basis)
    elif outcome == "refused":
        parts += _refused(app, form)
    elif outcome == "not_home":
        parts.append(
            banner(
                ft.Icons.MEETING_ROOM_OUTLINED, t("deliver.not_home"), [t("deliver.not_home_line")]
            )
        )
    parts.append(PhotoStrip(form, path, t("deliver.photo"), t("deliver.photo_hint"), key="photos"))
    parts.append(
        question(
            t("deliver.method"),
            choices(
                options(codes.METHODS, t), method, picker(app, lambda code: form.put(method=code))
            ),
        )
    )
    parts += [
        said_first(
            "who",
            Companions(form, basis.teacher, basis.names),
            Flags(form, signer_of(form), visitors, form.get("when"), only=ALONE),
        ),
        When(form, basis.now, key="when"),
        TextBox(t("form.note"), form.get("note"), lambda words: form.put(note=words), lines=2),
        Where(form, key="where"),
    ]
    return parts


def _signer(app: App, form: Form, basis: Basis) -> list[ft.Control]:
    t, relation = app.t, form.get("relation")
    table = PASSED if form.get("method") == "passed_on" else SIGNERS
    parts: list[ft.Control] = [
        question(
            t("deliver.signer"),
            choices(
                options(codes.PEOPLE, t, table),
                relation,
                picker(app, lambda code: form.put(relation=code)),
            ),
        )
    ]
    named = relation != "co_borrower" or bool(basis.case.co_borrower)
    if relation and not (named and relation in codes.MAY_HEAR_AMOUNTS):
        parts.append(
            banner(ft.Icons.FOLDER_OUTLINED, t("deliver.folded"), [t("deliver.folded_line")])
        )
        parts.append(
            TextBox(
                t("deliver.signer_name"),
                form.get("signer"),
                lambda words: form.put(signer=words),
                limit=30,
            )
        )
    if form.get("outcome") == "cannot_write":
        parts.append(
            TextBox(
                t("deliver.witness"),
                form.get("witness"),
                lambda words: form.put(witness=words),
                limit=30,
            )
        )
    return parts


def _refused(app: App, form: Form) -> list[ft.Control]:
    t, reason = app.t, form.get("reason")
    said = [(words, words) for words in t.many("refused")]
    return [
        banner(
            ft.Icons.SPA_OUTLINED, t("deliver.refused"), [t("deliver.refused_line")], kind="calm"
        ),
        question(
            t("deliver.reason"),
            choices(said, reason, picker(app, lambda words: form.put(reason=words))),
        ),
        TextBox(
            t("deliver.witness"),
            form.get("witness"),
            lambda words: form.put(witness=words),
            limit=30,
        ),
    ]


def _lacks(app: App, form: Form) -> list[str]:
    lacks = []
    if not form.get("outcome"):
        lacks.append(app.t("deliver.outcome"))
    if form.get("outcome") in SIGNED and not form.get("relation"):
        lacks.append(app.t("deliver.signer"))
    if form.get("outcome") == "refused" and not form.get("reason"):
        lacks.append(app.t("deliver.reason"))
    return lacks


def signer_of(form: Form) -> str:
    """Who took it (codes PEOPLE); "" where nobody did, whatever was chosen before."""
    return str(form.get("relation")) if form.get("outcome") in SIGNED else ""


def body_of(form: Form) -> NoticeDelivery:
    """The record as the form says it; fields that belong to another outcome are left out."""
    outcome = form.get("outcome")
    signed = outcome in SIGNED
    where = form.get("position", None)
    return NoticeDelivery(
        method=form.get("method"),
        outcome=outcome,
        servers=tuple(form.get("visitors", [])),
        signer_relation=signer_of(form),
        signer_name=form.get("signer") if signed else "",
        reason=form.get("reason") if outcome == "refused" else "",
        witness=form.get("witness") if outcome in ("refused", "cannot_write") else "",
        note=form.get("note"),
        position=Position(**where) if where else None,
    )
