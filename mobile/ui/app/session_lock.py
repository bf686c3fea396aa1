"""Which stage is shown (first start, locked, open), and the lock after 10 minutes away."""

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
"""Time in the background before the app locks (docs/sources.md#lock-after-ten-minutes)."""
GONE = (ft.AppLifecycleState.HIDE, ft.AppLifecycleState.PAUSE)
HERE = (ft.AppLifecycleState.SHOW, ft.AppLifecycleState.RESUME, ft.AppLifecycleState.RESTART)


async def show_stage(app: App) -> None:
    """Show the stage the phone is in; when it is open, store the recovery key with the office."""
    phone_lock = app.phone_lock
    if phone_lock.phone is not None:
        app.scope = await enrol.enrolled(phone_lock.phone)
        await store_recovery_key(app)
    # what is only read takes no new PIN either
    first = phone_lock.pin_wanted and not phone_lock.read_only
    app.stage = FIRST if first else OPEN if phone_lock.phone is not None else LOCKED
    app.records_changed()


async def take_over(app: App) -> bool:
    """Write from this window, once the process that writes to the phone's folder has ended.

    Returns: False while it still runs.
    """
    await app.forms.flush_and_release()
    if not await app.phone_lock.take_over():
        return False
    await show_stage(app)
    return True


async def store_recovery_key(app: App) -> None:
    """Store what the office needs when the PIN is forgotten.

    A full disk or an invalid server key is only logged: it must not keep the teacher out.
    """
    try:
        await app.phone_lock.escrow_data_key()
    except (ProblemError, ValueError) as error:
        log.warning("no recovery key stored with the office: %s", error)


async def lock(app: App) -> None:
    """Lock now: the screen at once, the keys when a running sync has ended.

    Drafts are written first.
    """
    if app.stage != OPEN:
        return
    await app.forms.flush_and_release()
    app.stage = LOCKED
    await app.phone_lock.lock()


class InactivityLock:
    """Locks the app after 10 minutes in the background.

    The longer of two clocks counts: a sleeping phone stops one, a wrong date disturbs the other.
    """

    def __init__(self, app: App, away_s: float = AWAY_S) -> None:
        self._app = app
        self._away_s = away_s
        self._left: tuple[float, datetime] | None = None
        self._timer: asyncio.Task[None] | None = None

    async def on_lifecycle_change(self, event: ft.AppLifecycleStateChangeEvent) -> None:
        """Handle that the app went to the background, or came back."""
        if event.state in GONE:
            self.went_away()
        elif event.state in HERE:
            await self.came_back()

    def went_away(self) -> None:
        """Note the time, and lock on time if this process still runs then."""
        if self._left is None:
            self._left = self._moments()
            self._timer = asyncio.create_task(self._wait(), name="away")

    async def came_back(self) -> None:
        """Lock if it was too long."""
        left, self._left = self._left, None
        if self._timer is not None:
            self._timer.cancel()
        if left is not None and self._passed_s(left) >= self._away_s:
            await lock(self._app)
        self._app.note_activity()

    def stop(self) -> None:
        """Stop the timer: the window has ended."""
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
