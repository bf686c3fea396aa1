"""Navigation: paths are nested, so that the way back is always the parent path."""

from __future__ import annotations

from collections.abc import Callable

import flet as ft

from mobile.ui.app.guard import Handler, guard
from mobile.ui.app.state import App


def navigate(path: str) -> None:
    """Open a path. Call it only in handlers and effects."""
    ft.context.page.navigate(path)


def path_handler(app: App, path: str) -> Handler:
    """A handler that opens `path`."""
    return guard(app, lambda: navigate(path))


def parent_path(path: str, levels: int = 1) -> str:
    """The path `levels` up: `/cases/7/visit` -> `/cases/7`."""
    for _ in range(levels):
        path = path.rstrip("/").rpartition("/")[0]
    return path or "/"


def choice_handler(app: App, act: Callable[[str], object]) -> Callable[[str], Handler]:
    """For chips: code -> guarded handler that calls `act(code)`."""

    def handler(code: str) -> Handler:
        def run() -> object:
            return act(code)

        return guard(app, run)

    return handler
