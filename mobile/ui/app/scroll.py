"""Scrolls an answer into view.

On a small screen it would otherwise appear below the edge, and a tap would seem to do nothing.
"""

from __future__ import annotations

import asyncio
import logging

import flet as ft

log = logging.getLogger("doorstep.ui")
DRAWN_S = 0.12
"""Time for the answer to be drawn before it is scrolled to."""
SLIDE_MS = 250
MOST = 12


def key_of(name: str) -> ft.ScrollKey:
    """The key of a control that can be scrolled to."""
    return ft.ScrollKey(name)  # type: ignore[call-arg]  # mypy misses the dataclass


class ScrollColumns:
    """The scrolling columns of the open screens, by path.

    Not observable: rendering must not cause rendering.
    """

    def __init__(self) -> None:
        self._of: dict[str, ft.Column] = {}

    def register(self, path: str, column: ft.Column) -> None:
        """Note the column of a screen that was rendered."""
        self._of.pop(path, None)
        self._of[path] = column
        while len(self._of) > MOST:
            del self._of[next(iter(self._of))]

    async def scroll_to(self, path: str, key: str) -> None:
        """Scroll the screen at `path` until the control with `key_of(key)` is at its top.

        Never raises.
        """
        await asyncio.sleep(DRAWN_S)
        column = self._of.get(path)
        if column is None:
            return
        try:
            await column.scroll_to(scroll_key=key_of(key), duration=SLIDE_MS)
        except Exception as error:
            # the screen may have gone meanwhile: then there is nothing to show
            log.info("not scrolled: %s", error)
