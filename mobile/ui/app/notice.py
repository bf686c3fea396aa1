"""One sentence at the foot of the screen, above the main button; with an action it stays ten seconds.

Our own bar, not Flet's SnackBar: that one shares a list with dialogs and date pickers, and in 1.0.5 the two disturb
each other (a dialog that was open when a SnackBar left could not be closed any more).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import flet as ft

SHORT_S, PER_CHARACTER_S, MOST_S = 5.0, 0.2, 15.0
"""A mere sentence stays as long as it takes to find one's glasses and read it."""
LONG_S = 10.0
"""As long as undo stays possible (mobile/usecases/save.py)."""


@dataclass(frozen=True, eq=False)
class Notice:
    """Words, and what one may do about them. `on_action` is a guarded handler."""

    words: str
    action: str = ""
    on_action: Callable[[Any], Awaitable[None]] | None = None


@ft.observable
@dataclass(eq=False)
class Notices:
    """The one place a notice hangs. Only the bar itself redraws when it changes."""

    notice: Notice | None = None
    _clearing: asyncio.Task[None] | None = None

    def show(self, notice: Notice) -> None:
        """Show it; the one before goes."""
        self.notice = notice
        if self._clearing is not None:
            self._clearing.cancel()
        reading_s = min(max(SHORT_S, len(notice.words) * PER_CHARACTER_S), MOST_S)
        self._clearing = asyncio.create_task(self._clear(LONG_S if notice.action else reading_s))

    def clear(self) -> None:
        """Take it down."""
        self.notice = None

    def drop_action(self) -> None:
        """She is at the next thing: an offer to act on the one before goes, a mere sentence stays its time."""
        if self.notice is not None and self.notice.action:
            self.notice = None

    async def _clear(self, after_s: float) -> None:
        await asyncio.sleep(after_s)
        self.notice = None
