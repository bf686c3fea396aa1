"""All paths in one list.

A case is below Today (`/do/…`) and below the list (`/cases/…`), so that back returns to where it
was opened.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import flet as ft

from mobile.i18n import Tongue
from mobile.ui.app.state import FIRST, LOCKED, App, AppContext, WindowRole
from mobile.ui.forms.engine import form_screen
from mobile.ui.forms.registry import forms
from mobile.ui.screens.case.screen import Case
from mobile.ui.screens.case_list import CaseList
from mobile.ui.screens.correct import Correct
from mobile.ui.screens.enrol import Enrol
from mobile.ui.screens.first_start import FirstStart
from mobile.ui.screens.help import Help
from mobile.ui.screens.lock.screen import Lock
from mobile.ui.screens.more import About, More
from mobile.ui.screens.other_window import OtherWindow
from mobile.ui.screens.outbox.day import Day
from mobile.ui.screens.outbox.screen import Outbox
from mobile.ui.screens.photo.screen import Photo
from mobile.ui.screens.pin import ChangePin
from mobile.ui.screens.policy import Policy
from mobile.ui.screens.policy_page import PolicyPageScreen
from mobile.ui.screens.record import Record
from mobile.ui.screens.sign_out import SignOut
from mobile.ui.screens.storage import Storage
from mobile.ui.screens.today.done import Done
from mobile.ui.screens.today.screen import Today

POLICY = ft.Route(
    path="policy", component=Policy, children=[ft.Route(path=":key", component=PolicyPageScreen)]
)

SCREENS = {form.name: form_screen(form) for form in forms()}


def _forms() -> list[ft.Route]:
    """The forms of a case; the same below the question why a record is to be corrected."""
    above = [
        ft.Route(path="photo", component=Photo),
        ft.Route(path="script/:key", component=PolicyPageScreen),
    ]
    return [
        ft.Route(
            path=form.name,
            component=SCREENS[form.name],
            children=above if form.kind.photos else None,
        )
        for form in forms()
    ]


def _case(path: str) -> ft.Route:
    """The routes of one case and everything that is done to it."""
    return ft.Route(
        path=path,
        component=Case,
        children=[
            *_forms(),
            ft.Route(path="correct/:fact", component=Correct, children=_forms()),
            ft.Route(path="record/:fact", component=Record),
            ft.Route(path="script/:key", component=PolicyPageScreen),
            POLICY,
        ],
    )


ROUTES = [
    ft.Route(path="cases", component=CaseList, children=[_case(":case")]),
    ft.Route(
        path="outbox",
        component=Outbox,
        children=[
            ft.Route(path="enrol", component=Enrol),
            ft.Route(
                path="day",
                component=Day,
                children=[ft.Route(path="record/:fact", component=Record)],
            ),
            ft.Route(path="record/:fact", component=Record),
        ],
    ),
    ft.Route(
        path="more",
        component=More,
        children=[
            POLICY,
            ft.Route(path="pin", component=ChangePin),
            ft.Route(path="storage", component=Storage),
            ft.Route(path="about", component=About),
            ft.Route(path="help", component=Help),
            ft.Route(path="sign-out", component=SignOut),
        ],
    ),
    ft.Route(
        path="",
        component=Today,
        children=[_case("do/:case"), ft.Route(path="done", component=Done)],
    ),
]
BEFORE_ENROLMENT = [ft.Route(path=":rest*", component=Enrol)]
"""One screen whatever the path, until the phone is enrolled."""
BEFORE_UNLOCK = {
    FIRST: [ft.Route(path=":rest*", component=FirstStart)],
    LOCKED: [ft.Route(path=":rest*", component=Lock)],
}
"""One screen whatever the path, by stage: before there is a PIN, and while locked."""


@ft.component
def Root(app: App) -> object:
    """The app: its context and its routes."""
    routes = BEFORE_UNLOCK.get(app.stage) or (ROUTES if app.scope is not None else BEFORE_ENROLMENT)
    return AppContext(app, lambda: ft.Router(routes, not_found=UnknownPath, manage_views=True))


@ft.component
def Window(role: WindowRole, app: App, take_over: Callable[[], Awaitable[bool]]) -> object:
    """The screens, or the page that says they are open in another window."""
    return Root(app) if role.active else Busy(app.t, take_over)


@ft.component
def Busy(t: Tongue, take_over: Callable[[], Awaitable[bool]]) -> object:
    """The page that says that the phone is open elsewhere, and offers to go on here."""
    return [ft.View(route="/", controls=[OtherWindow(t, take_over)], bgcolor=ft.Colors.SURFACE)]


@ft.component
def UnknownPath() -> ft.Control:
    """An unknown path opens Today."""
    ft.use_effect(lambda: ft.context.page.navigate("/"), [])
    return ft.Container()
