"""The notice: one sentence at the bottom of the screen, above the main button.

Our own bar, not Flet's SnackBar: that one shares a list with dialogs and date pickers, and in 1.0.5
the two disturb each other (a dialog that was open when a SnackBar closed could not be closed any
more).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

import flet as ft

SHORT_S, PER_CHARACTER_S, MOST_S = 5.0, 0.2, 15.0
"""How long a sentence stays, by its length: enough time to put on glasses and read it."""
LONG_S = 10.0
"""As long as undo is possible (mobile/usecases/save.py)."""


@dataclass(frozen=True, eq=False)
class Notice:
    """A sentence and, with `action`, a button. `on_action` is a guarded handler.

    `masked`: what it reads while names are masked, where it names somebody.
    """

    words: str
    action: str = ""
    on_action: Callable[[Any], Awaitable[None]] | None = None
    masked: str = ""


@ft.observable
@dataclass(eq=False)
class Notices:
    """The notice shown now, one at a time. Only the bar itself renders again when it changes."""

    notice: Notice | None = None
    _clearing: asyncio.Task[None] | None = None

    def show(self, notice: Notice) -> None:
        """Show a notice in place of the one before."""
        self.notice = notice
        if self._clearing is not None:
            self._clearing.cancel()
        reading_s = min(max(SHORT_S, len(notice.words) * PER_CHARACTER_S), MOST_S)
        self._clearing = asyncio.create_task(self._clear(LONG_S if notice.action else reading_s))

    def clear(self) -> None:
        """Remove the notice."""
        self.notice = None

    def mask(self) -> None:
        """Mask the name in the notice, for its time: somebody may be reading along."""
        if self.notice is not None and self.notice.masked:
            self.notice = replace(self.notice, words=self.notice.masked)

    def drop_action(self) -> None:
        """Remove a notice that offers an action, because the teacher has begun something else.

        A plain sentence stays for its time.
        """
        if self.notice is not None and self.notice.action:
            self.notice = None

    async def _clear(self, after_s: float) -> None:
        await asyncio.sleep(after_s)
        self.notice = None
