"""去年走访得到的，未核实: last year's contacts with their day, and one tap that begins a record."""

from __future__ import annotations

import flet as ft

from mobile.ui.app.guard import Handler, use_busy
from mobile.ui.app.navigation import navigate
from mobile.ui.app.state import App, use_app
from mobile.ui.components.button import link
from mobile.ui.components.panel import panel
from mobile.ui.components.text import secondary_text, text
from mobile.ui.forms.registry import form_named, open_form
from mobile.ui.screens.case.masked_phone import MaskedNumber
from mobile.usecases import suggested
from mobile.usecases.views import CaseView, Suggested
from shared.record_forms import begun

FORM = "update"
"""The form of a new contact."""


@ft.component
def SuggestedCard(view: CaseView, path: str, key: str = "") -> ft.Control:
    """Each suggestion with its day; a number is masked, shown and called as others are."""
    app = use_app()
    _, exclusive = use_busy(app)

    def taking(field: str) -> Handler:
        return exclusive(lambda: _take(app, view, field, path))

    lines: list[ft.Control] = [text(app.t("suggest.title"), "strong")]
    for at, one in enumerate(view.suggested):
        lines += _one(app, view, one)
        if not _followed(view, at):
            lines.append(
                ft.Row(
                    [
                        link(
                            app.t(f"suggest.take.{one.field}"),
                            ft.Icons.EDIT_OUTLINED,
                            taking(one.field),
                        )
                    ]
                )
            )
    return panel(ft.Column(lines, spacing=4), padding=16)


def _followed(view: CaseView, at: int) -> bool:
    """Whether the next line is of the same contact, such as its second number."""
    return view.suggested[at + 1 : at + 2] != () and (
        view.suggested[at + 1].field == view.suggested[at].field
    )


def _one(app: App, view: CaseView, one: Suggested) -> list[ft.Control]:
    words = app.t(f"suggest.{one.field}", day=one.day)
    if one.field != "phone":
        return [text(one.value, "text"), secondary_text(words)]
    return [
        MaskedNumber(
            view.line.id,
            suggested.WHAT,
            one.index,
            one.value,
            app.t("who.self"),
            words,
            view.deceased,
            key=f"{suggested.WHAT}{one.index}",
        )
    ]


async def _take(app: App, view: CaseView, field: str, path: str) -> None:
    """Open the form with the value filled in; one that was begun before stays as it is."""
    spec = form_named(FORM)
    form = open_form(app, view.line.id, FORM)
    await form.open(begun(spec.kind) if spec else {})
    if not (form.restored or form.changes):
        value = await suggested.take(app.phone, view.line.id, field)
        form.prefill(field=field, value=value)
    navigate(f"{path}/{FORM}")
