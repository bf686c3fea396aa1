"""The upper half of a case: who it is (masked), what must be known first, what can be done."""

from __future__ import annotations

from datetime import datetime

import flet as ft

from mobile.ui.app.navigation import path_handler
from mobile.ui.app.state import App
from mobile.ui.app.wording import action_words, day_words, origin_words, place_words
from mobile.ui.components.button import link, primary
from mobile.ui.components.case_row import WIDE_SCALE, avatar, progress_words, status_tag
from mobile.ui.components.panel import banner, panel
from mobile.ui.components.text import secondary_text, text
from mobile.ui.forms.registry import form_named, forms, icon_of
from mobile.ui.forms.spec import FormSpec
from mobile.ui.screens.case.call_card import CallCard
from mobile.ui.screens.case.directions import Directions
from mobile.ui.screens.case.masked_phone import MaskedNumber, calls_header, late_hours_line
from mobile.usecases.views import CaseView
from shared.lifecycle import Review


def identity(app: App, view: CaseView, case_id: str) -> ft.Control:
    """Name, place, what is to do and what was done."""
    t, line = app.t, view.line
    wide = app.scale <= WIDE_SCALE
    head: list[ft.Control] = [
        avatar(line.name, size=52, off=line.paid),
        ft.Column(
            [text(line.village or line.township, "subtitle"), secondary_text(line.code)],
            spacing=2,
            expand=True,
        ),
    ]
    lines: list[ft.Control] = [
        ft.Row([*head, status_tag(t, line)] if wide else head, spacing=14),
        *([] if wide else [ft.Row([status_tag(t, line)])]),
        _fact(ft.Icons.TASK_ALT, progress_words(t, line)),
        Directions(case_id, place_words(t, view.address, line.distance_m), key="way"),
        *_learnt(app, view),
    ]
    detail = [view.college, t("case.contracts", count=view.contracts) if view.contracts > 1 else ""]
    if any(detail):
        lines.append(_fact(ft.Icons.SCHOOL_OUTLINED, " · ".join(part for part in detail if part)))
    return panel(ft.Column(lines, spacing=10))


def _learnt(app: App, view: CaseView) -> list[ft.Control]:
    """Where a new address comes from and what the list says instead; a new workplace."""
    t, lines = app.t, list[ft.Control]()
    if view.listed_address:
        origin = origin_words(t, view.origins.get("address"))
        listed = t("contact.listed_address", address=view.listed_address)
        lines += [secondary_text(words) for words in (origin, listed) if words]
    if view.workplace:
        lines.append(_fact(ft.Icons.WORK_OUTLINE, t("contact.workplace", place=view.workplace)))
        origin = origin_words(t, view.origins.get("workplace"))
        lines += [secondary_text(origin)] if origin else []
    return lines


def _whose_number(app: App, view: CaseView, index: int) -> str:
    """Whether one of the borrower's numbers is a new one, and who gave it."""
    if index < view.new_phones:
        return origin_words(app.t, view.origins.get("phone")) or app.t("number.new")
    return app.t("number.listed") if view.new_phones else ""


def numbers(app: App, view: CaseView, case_id: str, path: str) -> ft.Control:
    """The phone numbers, masked, with today's calls to each person; the ID number last."""
    t = app.t
    if not (view.phones or view.co_borrower_phones):
        return _no_number(app, view, case_id, path)
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
    lines += _id_number(app, view, case_id)
    return panel(
        ft.Column(lines, spacing=2), padding=ft.Padding.only(left=10, right=10, top=6, bottom=10)
    )


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


def _fact(icon: ft.IconData, words: str) -> ft.Control:
    return ft.Row(
        [
            ft.Icon(icon, size=22, color=ft.Colors.ON_SURFACE_VARIANT),
            text(words, "text", expand=True),
        ],
        spacing=12,
    )


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
