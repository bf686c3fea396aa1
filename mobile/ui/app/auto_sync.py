"""The timer of quiet syncs: one task a window, asleep nearly always, that never raises and shows no failure."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import flet as ft

from mobile.ui.app.state import App
from mobile.usecases import auto_sync
from mobile.usecases.auto_sync import Tried

log = logging.getLogger("doorstep.ui")
TASK = "quiet-sync"
SETTLE_S = 2.0
"""After the start: the first screen comes first."""
IDLE_S = 900.0
"""With nothing to do, look again: a new day makes the list old."""


class QuietSync:
    """`may` says whether this window is the phone, and the phone somebody's."""

    def __init__(self, app: App, *, may: Callable[[], bool], settle_s: float = SETTLE_S) -> None:
        self._app = app
        self._may = may
        self._settle_s = settle_s
        self._task: asyncio.Task[None] | None = None
        self._failures = 0
        self._stirred = False
        self._tried_at = 0.0
        self._jitter = 0.0

    def attend(self, page: ft.Page) -> None:
        """Run from now until the page's session ends."""
        page.on_close = lambda _: self.stop()
        self._task = asyncio.create_task(self._run(), name=TASK)

    def stop(self) -> None:
        """End, also in the middle of a sync: what was under way is whole on the phone and goes next time."""
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        await asyncio.sleep(self._settle_s)
        while True:
            try:
                wait_s = await self._step()
            except Exception as error:
                # a full disk, a store closed meanwhile: nobody asked, so nobody is told
                log.warning("quiet sync: %s", error)
                wait_s = IDLE_S
            if wait_s > 0 and await self._app.stirred(wait_s):
                self._stirred = True

    async def _step(self) -> float:
        """Try when it is time; seconds to sleep before looking again, 0 when a try may have changed that."""
        if not self._may():
            return IDLE_S
        ago_s = asyncio.get_running_loop().time() - self._tried_at
        tried = Tried(
            failures=self._failures, ago_s=ago_s, active=self._stirred, jitter=self._jitter
        )
        wait_s = auto_sync.next_try_s(await auto_sync.todo(self._app.phone), tried)
        if wait_s is None:
            return IDLE_S
        if wait_s == 0:
            await self._try()
        return wait_s

    async def _try(self) -> None:
        self._stirred, self._jitter = False, self._app.phone.vault.random(1)[0] / 256
        try:
            if await auto_sync.sync_in_background(self._app.phone):
                self._app.touch(by_sync=True)
            done = not (await auto_sync.todo(self._app.phone)).anything
            self._failures = 0 if done else self._failures + 1
        except Exception:
            self._failures += 1
            raise
        finally:
            self._tried_at = asyncio.get_running_loop().time()
