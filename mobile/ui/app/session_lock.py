"""Over the threshold: what is shown before the screens, locking after 10 minutes away, and what follows an unlocking."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime

import flet as ft

from mobile.ui.app.state import FIRST, LOCKED, OPEN, App
from mobile.usecases import enrol
from shared.problems import ProblemError

log = logging.getLogger("doorstep.ui")
AWAY_S = 600.0
"""Out of sight before the app locks (docs/sources.md#lock-after-ten-minutes)."""
GONE = (ft.AppLifecycleState.HIDE, ft.AppLifecycleState.PAUSE)
HERE = (ft.AppLifecycleState.SHOW, ft.AppLifecycleState.RESUME, ft.AppLifecycleState.RESTART)


async def enter(app: App) -> None:
    """Show what the phone_lock allows; an open phone leaves a way in with its office."""
    phone_lock = app.phone_lock
    if phone_lock.phone is not None:
        app.scope = await enrol.enrolled(phone_lock.phone)
        await escrow_data_key(app)
    app.stage = FIRST if phone_lock.pin_wanted else OPEN if phone_lock.phone is not None else LOCKED
    app.touch()


async def escrow_data_key(app: App) -> None:
    """For a forgotten PIN; a full disk or an odd server key must not keep her out."""
    try:
        await app.phone_lock.escrow_data_key()
    except (ProblemError, ValueError) as error:
        log.warning("no way in left with the office: %s", error)


async def lock(app: App) -> None:
    """Lock now: the screen at once, the keys when a sync under way has ended. Drafts are written first."""
    if app.stage != OPEN:
        return
    await app.forms.leave()
    app.stage = LOCKED
    await app.phone_lock.lock()


class Away:
    """Locks after 10 minutes away, by whichever clock shows them: a sleeping phone stops one, a wrong date the other."""

    def __init__(self, app: App, away_s: float = AWAY_S) -> None:
        self._app = app
        self._away_s = away_s
        self._left: tuple[float, datetime] | None = None
        self._timer: asyncio.Task[None] | None = None

    async def changed(self, event: ft.AppLifecycleStateChangeEvent) -> None:
        """The app went to the background, or came back."""
        if event.state in GONE:
            self.gone()
        elif event.state in HERE:
            await self.back()

    def gone(self) -> None:
        """She left: note when, and lock on time if this process still runs then."""
        if self._left is None:
            self._left = self._moments()
            self._timer = asyncio.create_task(self._wait(), name="away")

    async def back(self) -> None:
        """She is back: lock if it was too long."""
        left, self._left = self._left, None
        if self._timer is not None:
            self._timer.cancel()
        if left is not None and self._passed_s(left) >= self._away_s:
            await lock(self._app)
        self._app.stir()

    def stop(self) -> None:
        """The window has ended."""
        if self._timer is not None:
            self._timer.cancel()

    async def _wait(self) -> None:
        await asyncio.sleep(self._away_s)
        await lock(self._app)

    def _passed_s(self, left: tuple[float, datetime]) -> float:
        ticked_s, at = self._moments()
        return max(ticked_s - left[0], (at - left[1]).total_seconds())

    def _moments(self) -> tuple[float, datetime]:
        return asyncio.get_running_loop().time(), self._app.phone_lock.ports.clock.now()
