"""Phone numbers and ID number of a case: collapsed, masked, with today's calls to each person."""

from __future__ import annotations

import flet as ft

from mobile.ui.app.guard import guard
from mobile.ui.app.hooks import use_state
from mobile.ui.app.navigation import path_handler
from mobile.ui.app.state import App, use_app
from mobile.ui.app.wording import action_words, origin_words
from mobile.ui.components.button import link
from mobile.ui.components.fold import fold_row
from mobile.ui.components.panel import panel
from mobile.ui.components.text import secondary_text, text
from mobile.ui.forms.registry import icon_of
from mobile.ui.screens.case.call_button import CallButton
from mobile.ui.screens.case.masked_phone import MaskedNumber, calls_header, late_hours_line
from mobile.usecases.views import CaseView


@ft.component
def Numbers(view: CaseView, path: str, key: str = "") -> ft.Control:
    """One line that opens the numbers; without any number it says at once what to do instead."""
    app = use_app()
    unfolded, unfold = use_state(False)
    case_id = view.line.id
    if not (view.phones or view.co_borrower_phones):
        return _no_number(app, view, case_id, path)
    count = len(view.phones) + len(view.co_borrower_phones)
    head = fold_row(
        ft.Icons.PHONE_OUTLINED,
        app.t("case.numbers"),
        app.t("case.numbers_count", count=count),
        unfolded,
        guard(app, lambda: unfold(not unfolded)),
    )
    lines = [head, *_numbers(app, view, case_id)] if unfolded else [_folded(app, view, head)]
    return panel(
        ft.Column(lines, spacing=2), padding=ft.Padding.only(left=10, right=10, top=4, bottom=6)
    )


def _folded(app: App, view: CaseView, head: ft.Control) -> ft.Control:
    """The line with the call to the borrower's first number, still one tap; not after a death."""
    parts: list[ft.Control] = [ft.Container(head, expand=True)]
    if view.phones and not view.deceased:
        whose = app.t("who.self")
        parts.append(CallButton(view.line.id, "phone", 0, whose, key="call:first"))
    return ft.Row(parts, spacing=6, vertical_alignment=ft.CrossAxisAlignment.CENTER)


def _numbers(app: App, view: CaseView, case_id: str) -> list[ft.Control]:
    """The phone numbers with today's calls to each person; the ID number last."""
    t = app.t
    lines: list[ft.Control] = [
        late_hours_line(app, today) for today in view.calls[:1] if today.late
    ]
    for today in view.calls:
        own = today.to == "self"
        whose = t("who.self") if own else t("case.co_borrower", name=view.co_borrower)
        found = view.phones if own else view.co_borrower_phones
        if found:
            lines.append(calls_header(app, whose, today))
        for index, number in enumerate(found):
            note = _whose_number(app, view, index) if own else ""
            what = "phone" if own else "co_borrower_phone"
            lines.append(
                MaskedNumber(
                    case_id, what, index, number, whose, note, view.deceased, key=f"{what}{index}"
                )
            )
    return lines + _id_number(app, view, case_id)


def _whose_number(app: App, view: CaseView, index: int) -> str:
    """Whether one of the borrower's numbers is a new one, and who gave it."""
    if index < view.new_phones:
        return origin_words(app.t, view.phones_from[index]) or app.t("number.new")
    return app.t("number.listed") if view.new_phones else ""


def _no_number(app: App, view: CaseView, case_id: str, path: str) -> ft.Control:
    """No number to call: who may be asked instead, and where to enter a new number.

    After a death nobody is to be asked.
    """
    t = app.t
    sentences: list[ft.Control] = [text(t("number.none"), "strong")]
    if not view.deceased:
        sentences.append(secondary_text(t("number.none_line")))
        icon = icon_of("contact_update", ft.Icons.NOTES)
        sentences.append(
            ft.Row([link(action_words(t, "update"), icon, path_handler(app, f"{path}/update"))])
        )
    column = ft.Column(sentences, spacing=3)
    lines = [
        ft.Container(column, padding=ft.Padding.only(left=8, right=8, top=8)),
        *_id_number(app, view, case_id),
    ]
    return panel(
        ft.Column(lines, spacing=2), padding=ft.Padding.only(left=10, right=10, top=6, bottom=10)
    )


def _id_number(app: App, view: CaseView, case_id: str) -> list[ft.Control]:
    if not view.id_number:
        return []
    whose = app.t("case.id_number")
    head = ft.Container(text(whose, "strong"), padding=ft.Padding.only(left=8, top=8))
    return [head, MaskedNumber(case_id, "id_number", 0, view.id_number, whose, key="id")]
