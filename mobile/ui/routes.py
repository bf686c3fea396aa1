"""All paths in one list. A case hangs under Today (`/do/…`) and under the list (`/cases/…`), so that back leads home."""

from __future__ import annotations

from collections.abc import Callable

import flet as ft

from mobile.ui.screens.attempt import Attempt
from mobile.ui.screens.busy import Busy
from mobile.ui.screens.case import Case
from mobile.ui.screens.case_list import CaseList
from mobile.ui.screens.correct import Correct
from mobile.ui.screens.deliver import Deliver
from mobile.ui.screens.enrol import Enrol
from mobile.ui.screens.more import More
from mobile.ui.screens.outbox import Outbox
from mobile.ui.screens.photo import Photo
from mobile.ui.screens.policy import Policy
from mobile.ui.screens.statement import WriteStatement
from mobile.ui.screens.today import Today
from mobile.ui.screens.update import Update
from mobile.ui.screens.visit import RecordVisit
from mobile.ui.state import App, AppContext, Seat


def _case(path: str) -> ft.Route:
    """One case and everything that is done to it."""
    photo = [ft.Route(path="photo", component=Photo)]
    return ft.Route(
        path=path,
        component=Case,
        children=[
            ft.Route(path="deliver", component=Deliver, children=photo),
            ft.Route(path="visit", component=RecordVisit, children=photo),
            ft.Route(path="statement", component=WriteStatement, children=photo),
            ft.Route(path="attempt", component=Attempt),
            ft.Route(path="update", component=Update),
            ft.Route(path="correct/:fact", component=Correct),
            ft.Route(path="policy", component=Policy),
        ],
    )


ROUTES = [
    ft.Route(path="cases", component=CaseList, children=[_case(":case")]),
    ft.Route(path="outbox", component=Outbox),
    ft.Route(path="more", component=More, children=[ft.Route(path="policy", component=Policy)]),
    ft.Route(path="", component=Today, children=[_case("do/:case")]),
]
BEFORE = [ft.Route(path=":rest*", component=Enrol)]
"""Until the phone is enrolled there is one screen, whatever the address says."""


@ft.component
def Root(app: App) -> object:
    """The app: its context and its paths."""
    routes = ROUTES if app.scope is not None else BEFORE
    return AppContext(app, lambda: ft.Router(routes, not_found=Lost, manage_views=True))


@ft.component
def Window(seat: Seat, app: App, take_over: Callable[[], bool]) -> object:
    """The screens, or word that they are open in another window."""
    if seat.mine:
        return Root(app)
    return [ft.View(route="/", controls=[Busy(app.t, take_over)], bgcolor=ft.Colors.SURFACE)]


@ft.component
def Lost() -> ft.Control:
    """An address that leads nowhere leads home."""
    ft.use_effect(lambda: ft.context.page.navigate("/"), [])
    return ft.Container()
