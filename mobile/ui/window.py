"""A window: the screens before the phone is open, and after that those of routes.py.

Those are two thirds of what the app loads of itself. They are loaded once the first screen is
shown, while a PIN is typed.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Awaitable, Callable

import flet as ft

from mobile.i18n import Tongue
from mobile.ui.app.state import FIRST, LOCKED, App, AppContext, WindowRole
from mobile.ui.screens.enrol import Enrol
from mobile.ui.screens.first_start import FirstStart
from mobile.ui.screens.lock.screen import Lock
from mobile.ui.screens.other_window import OtherWindow

SHOWN_S = 0.1
"""The first screen is on its way by then."""
STEPS = (
    "mobile.ui.components.field",
    "mobile.ui.components.case_row",
    "mobile.ui.forms.form_scaffold",
    "mobile.ui.forms.engine",
    "mobile.ui.forms.registry",
    "mobile.ui.screens.case.screen",
    "mobile.ui.screens.case_list",
    "mobile.ui.screens.outbox.screen",
    "mobile.ui.screens.photo.screen",
    "mobile.ui.screens.policy",
    "mobile.ui.screens.more",
    "mobile.ui.screens.today.screen",
    "mobile.ui.routes",
)
"""Loaded one after another, so that a key that is pressed meanwhile is answered in between."""
BEFORE_ENROLMENT = [ft.Route(path=":rest*", component=Enrol)]
"""One screen whatever the path, until the phone is enrolled."""
BEFORE_UNLOCK = {
    FIRST: [ft.Route(path=":rest*", component=FirstStart)],
    LOCKED: [ft.Route(path=":rest*", component=Lock)],
}
"""One screen whatever the path, by stage: before there is a PIN, and while locked."""


async def load_screens() -> None:
    """Load the screens of an open phone before they are asked for."""
    await asyncio.sleep(SHOWN_S)
    for name in STEPS:
        importlib.import_module(name)
        await asyncio.sleep(0)


def _of_open() -> list[ft.Route]:
    from mobile.ui.routes import ROUTES  # here: see above

    return ROUTES


@ft.component
def Root(app: App) -> object:
    """The app: its context and its routes."""
    routes = BEFORE_UNLOCK.get(app.stage) or (_of_open() if app.scope else BEFORE_ENROLMENT)
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
