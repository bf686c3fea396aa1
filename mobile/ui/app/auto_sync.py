"""Syncs by itself from time to time, without a word on the screen.

One background task a window. It never raises and shows no failure, because nobody asked for it;
when to sync is decided in mobile/usecases/auto_sync.py.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import flet as ft

from mobile.ui.app.state import App
from mobile.usecases import auto_sync
from mobile.usecases.auto_sync import Tried

log = logging.getLogger("doorstep.ui")
TASK = "auto-sync"
SETTLE_S = 2.0
"""Wait after the start, so that the first screen is drawn first."""
IDLE_S = 900.0
"""How long to wait with nothing to do: on a new day the list is to be refreshed."""


class AutoSync:
    """The task of one window; `allowed`: it is the active one, and the phone is enrolled."""

    def __init__(
        self, app: App, *, allowed: Callable[[], bool], settle_s: float = SETTLE_S
    ) -> None:
        self._app = app
        self._allowed = allowed
        self._settle_s = settle_s
        self._task: asyncio.Task[None] | None = None
        self._failures = 0
        self._activity = False
        self._tried_at = 0.0
        self._jitter = 0.0

    def start(self, page: ft.Page) -> None:
        """Run until the page's session ends."""
        page.on_close = lambda _: self.stop()
        self._task = asyncio.create_task(self._run(), name=TASK)

    def stop(self) -> None:
        """End now, even in the middle of a sync: what was not sent stays on the phone."""
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        await asyncio.sleep(self._settle_s)
        while True:
            try:
                wait_s = await self._step()
            except Exception as error:
                # a full disk, a store closed meanwhile: nobody asked, so nothing is shown
                log.warning("auto sync: %s", error)
                wait_s = IDLE_S
            if wait_s > 0 and await self._app.wait_for_activity(wait_s):
                self._activity = True

    async def _step(self) -> float:
        """Sync if it is time; the seconds to wait before the next step, 0 after a try."""
        if not self._allowed():
            return IDLE_S
        ago_s = asyncio.get_running_loop().time() - self._tried_at
        tried = Tried(
            failures=self._failures, ago_s=ago_s, active=self._activity, jitter=self._jitter
        )
        wait_s = auto_sync.next_try_s(await auto_sync.todo(self._app.phone), tried)
        if wait_s is None:
            return IDLE_S
        if wait_s == 0:
            await self._try()
        return wait_s

    async def _try(self) -> None:
        self._activity, self._jitter = False, self._app.phone.vault.random(1)[0] / 256
        try:
            if await auto_sync.sync_in_background(self._app.phone):
                self._app.records_changed(by_sync=True)
            done = not (await auto_sync.todo(self._app.phone)).anything
            self._failures = 0 if done else self._failures + 1
        except Exception:
            self._failures += 1
            raise
        finally:
            self._tried_at = asyncio.get_running_loop().time()
