"""The upper half of a case: who it is (masked), what must be said first, what one can do."""

from __future__ import annotations

import asyncio

import flet as ft

from mobile.ui.components.button import icon_button, link, primary
from mobile.ui.components.panel import banner, panel
from mobile.ui.components.rows import face
from mobile.ui.components.tag import stage_tag
from mobile.ui.components.text import quiet, text
from mobile.ui.components.waythere import WayThere
from mobile.ui.guard import guard
from mobile.ui.hooks import use_state
from mobile.ui.nav import go, to
from mobile.ui.state import App, use_app
from mobile.ui.wording import day_words, place_words
from mobile.usecases import speak_to
from mobile.usecases.views import CaseView

ACTIONS = {
    "deliver": ft.Icons.MARKUNREAD_OUTLINED,
    "visit": ft.Icons.DOOR_FRONT_DOOR_OUTLINED,
    "attempt": ft.Icons.CALL_OUTLINED,
    "update": ft.Icons.CONTACT_PHONE_OUTLINED,
    "statement": ft.Icons.EDIT_NOTE,
}
SHOWN_S = 5
"""How long a revealed number stays (issue 3)."""


def identity(app: App, view: CaseView, case_id: str) -> ft.Control:
    """Name, place and stage; phones masked, one tap to call."""
    t, line = app.t, view.line
    lines: list[ft.Control] = [
        ft.Row(
            [
                face(line.name, size=52, off=line.paid),
                ft.Column([text(line.village or line.township, "subtitle"), quiet(line.code)], spacing=2, expand=True),
                stage_tag(t, line.stage),
            ],
            spacing=14,
        ),
        _fact(ft.Icons.PLACE_OUTLINED, place_words(t, view.address, line.distance_m)),
        WayThere(case_id, key="way"),
    ]
    detail = [view.college, t("case.contracts", count=view.contracts) if view.contracts > 1 else ""]
    if any(detail):
        lines.append(_fact(ft.Icons.SCHOOL_OUTLINED, " · ".join(part for part in detail if part)))
    for index, number in enumerate(view.phones):
        lines.append(Number(case_id, "phone", index, number, t("who.self"), key=f"p{index}"))
    for index, number in enumerate(view.co_borrower_phones):
        whose = t("case.co_borrower", name=view.co_borrower)
        lines.append(Number(case_id, "co_borrower_phone", index, number, whose, key=f"c{index}"))
    return panel(ft.Column(lines, spacing=10))


def _fact(icon: ft.IconData, words: str) -> ft.Control:
    return ft.Row(
        [ft.Icon(icon, size=22, color=ft.Colors.ON_SURFACE_VARIANT), text(words, "text", expand=True)], spacing=12
    )


@ft.component
def Number(case_id: str, what: str, index: int, masked: str, whose: str, key: str = "") -> ft.Control:
    """A masked number: the eye shows it for 5 s, the receiver dials it; both are recorded."""
    app = use_app()
    shown, set_shown = use_state("")

    async def look() -> None:
        set_shown(await speak_to.reveal(app.phone, case_id, what, index))
        await asyncio.sleep(SHOWN_S)
        set_shown("")

    async def dial() -> None:
        number = await speak_to.reveal(app.phone, case_id, what, index)
        form = app.form(case_id, "attempt")
        form.put(channel="phone", to="self" if what == "phone" else "co_borrower")
        await app.device.dial(number)
        go(f"{ft.context.page.route}/attempt")

    return ft.Row(
        [
            ft.Icon(ft.Icons.PHONE_OUTLINED, size=22, color=ft.Colors.ON_SURFACE_VARIANT),
            ft.Column([text(shown or masked, "text"), quiet(whose)], spacing=0, expand=True),
            icon_button(ft.Icons.VISIBILITY_OUTLINED, app.t("case.look", whose=whose), guard(app, look)),
            icon_button(ft.Icons.CALL, app.t("case.call", whose=whose), guard(app, dial)),
        ],
        spacing=10,
    )


def alerts(app: App, view: CaseView, path: str) -> list[ft.Control]:
    """What stands above everything else: paid, a death, what was returned, what is unfinished."""
    t = app.t
    found: list[ft.Control] = []
    if view.line.paid:
        day = day_words(t, view.line.paid_on) if view.line.paid_on else day_words(t, view.list_as_of)
        found.append(banner(ft.Icons.CHECK_CIRCLE, t("case.paid_title"), [t("case.paid_line", day=day)], kind="calm"))
    if view.deceased:
        found.append(banner(ft.Icons.SPA_OUTLINED, t("rule.deceased"), [t("rule.deceased_line")], kind="soft"))
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
                        to(app, f"{path}/correct/{review.fact}"),
                        kind="attention",
                    )
                ],
            )
        )
    if view.has_draft:
        found.append(_draft(app, view, path))
    return found


def _draft(app: App, view: CaseView, path: str) -> ft.Control:
    name = view.has_draft

    async def drop() -> None:
        await app.form(view.line.id, name).forget()
        app.close_form(view.line.id, name)
        app.touch()

    return banner(
        ft.Icons.EDIT_NOTE,
        app.t("draft.title"),
        [app.t(f"form.{name}")],
        actions=[
            link(app.t("draft.resume"), ft.Icons.ARROW_FORWARD, to(app, f"{path}/{name}"), kind="amber"),
            link(app.t("draft.drop"), None, guard(app, drop)),
        ],
    )


def actions(app: App, view: CaseView, path: str) -> ft.Control:
    """What else one can do here, two beside each other."""
    rest = [name for name in ACTIONS if name != view.line.todo]
    pairs = [rest[:2], rest[2:4], rest[4:]]
    rows: list[ft.Control] = [ft.Row([_tile(app, name, path) for name in pair], spacing=10) for pair in pairs if pair]
    return ft.Column(rows, spacing=10, horizontal_alignment=ft.CrossAxisAlignment.STRETCH)


def next_step(app: App, view: CaseView, path: str) -> ft.Control | None:
    """The next sensible thing, always in reach of a thumb; nothing when there is nothing to do."""
    todo = view.line.todo
    if todo not in ACTIONS:
        return None
    return primary(app.t(f"action.{todo}"), ACTIONS[todo], to(app, f"{path}/{todo}"))


def _tile(app: App, name: str, path: str) -> ft.Control:
    return panel(
        ft.Row(
            [
                ft.Icon(ACTIONS[name], size=24, color=ft.Colors.PRIMARY),
                text(app.t(f"action.{name}"), "text", expand=True, lines=2),
            ],
            spacing=10,
        ),
        on_click=to(app, f"{path}/{name}"),
        padding=ft.Padding.symmetric(horizontal=14, vertical=15),
        expand=True,
    )
