"""`make screens` pictures every screen there is a path to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import flet as ft

from mobile.ui import routes, window
from tests.support.browser.screen_list import SCREENS
from tests.support.browser.screen_phones import PHONES

NO_SCREEN = {"UnknownPath"}
"""An unknown path only opens Today."""


def components(found: Sequence[ft.Route]) -> Iterator[str]:
    for route in found:
        if route.component is not None:
            name = route.component.__name__
            yield f"form {route.path}" if name == "RecordForm" else name
        yield from components(route.children or [])


def test_every_path_has_a_picture() -> None:
    every = [
        *routes.ROUTES,
        *window.BEFORE_ENROLMENT,
        *(r for stage in window.BEFORE_UNLOCK.values() for r in stage),
    ]
    assert {*components(every)} - NO_SCREEN == {shown.component for shown in SCREENS}


def test_every_picture_has_a_name_of_its_own_and_a_phone() -> None:
    names = [shown.name for shown in SCREENS]
    assert len(set(names)) == len(names)
    assert {shown.phone for shown in SCREENS} == set(PHONES)
