"""All paths of an open phone in one list; window.py has what comes before, and loads this.

A case is below Today (`/do/…`) and below the list (`/cases/…`), so that back returns to where it
was opened.
"""

from __future__ import annotations

import flet as ft

from mobile.ui.forms.engine import form_screen
from mobile.ui.forms.registry import forms
from mobile.ui.screens.case.screen import Case
from mobile.ui.screens.case_list import CaseList
from mobile.ui.screens.correct import Correct
from mobile.ui.screens.enrol import Enrol
from mobile.ui.screens.help import Help
from mobile.ui.screens.more import About, More
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
