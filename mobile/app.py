"""The composition root of the app: opens the one phone of this process and shows it in one window.

A Flet page comes in for every window. The phone's folder is `DOORSTEP_PHONE_DIR`, else the folder
Flet gives the app, else the user's data folder. The first window shows the screens; any other,
while the first is open, a page that says so.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import flet as ft

from mobile.bootstrap.this_device import on_leaving, ports_here, report_unsaved
from mobile.i18n import Tongue
from mobile.ports.flet_device import FletDevice
from mobile.ui.app.appearance import restore
from mobile.ui.app.auto_sync import AutoSync
from mobile.ui.app.session_lock import InactivityLock, show_stage
from mobile.ui.app.state import OPEN, App, WindowRole
from mobile.ui.app.theme import apply_theme, set_locale
from mobile.ui.window import Busy, Window, load_screens
from mobile.usecases.unlock import PhoneLock
from shared.assets import ASSETS
from shared.problems import ProblemError
from shared.records.base import Position

FIRST_LANGUAGE = "zh"
"""Before the phone is open, and its choice known."""
PORT_VARIABLE = "DOORSTEP_APP_PORT"
FOLDER_VARIABLE = "DOORSTEP_PHONE_DIR"


class OnePhone:
    """The phone of this process: two windows writing one chain of records would break it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._phone_lock: PhoneLock | None = None
        self._opening = asyncio.Lock()
        self._active_role: WindowRole | None = None
        self._active_left = False
        self._auto_syncs: list[AutoSync] = []
        self._loading: asyncio.Task[None] | None = None

    async def main(self, page: ft.Page) -> None:
        """Show the app in a new window; a page that says why while the phone cannot be opened."""
        if not await self._show(page):
            page.render_views(Busy, Tongue(FIRST_LANGUAGE), lambda: self._show(page))

    async def _show(self, page: ft.Page) -> bool:
        """Show the app; False while another process is making this phone."""
        try:
            phone_lock = await self._open(page)
        except ProblemError as problem:
            if problem.code != "phone.in_use":
                raise
            return False
        await self._show_app(page, phone_lock)
        return True

    async def _show_app(self, page: ft.Page, phone_lock: PhoneLock) -> None:
        device = FletDevice(
            page, on_fix=lambda here: _remember(phone_lock, here), unsaved=report_unsaved
        )
        app = App(phone_lock, device)
        role = WindowRole(active=False)
        self._activate(role)
        await restore(app, page)
        await show_stage(app)
        on_leaving(lambda: self._write(app, phone_lock))
        inactivity = InactivityLock(app)
        page.on_app_lifecycle_state_change = inactivity.on_lifecycle_change

        async def back(_: object) -> None:
            await inactivity.came_back()
            self._activate(role)

        page.on_disconnect = lambda _: self._left(role, inactivity)
        page.on_connect = back
        page.render_views(Window, role, app, lambda: self._take_over(role, app))
        self._loading = asyncio.create_task(load_screens())
        auto_sync = AutoSync(app, allowed=lambda: _may_sync(role, app))
        self._auto_syncs.append(auto_sync)
        auto_sync.start(page)

    async def _write(self, app: App, phone_lock: PhoneLock) -> None:
        """Write the drafts, then everything to the disk."""
        await app.forms.flush()
        await phone_lock.ports.flush()

    async def close(self) -> None:
        """Close the phone's files."""
        if self._loading is not None:
            self._loading.cancel()
        for auto_sync in self._auto_syncs:
            auto_sync.stop()
        if self._phone_lock is not None:
            await self._phone_lock.close()
            self._phone_lock = None

    async def _open(self, page: ft.Page) -> PhoneLock:
        async with self._opening:
            if self._phone_lock is None:
                self._phone_lock = await PhoneLock.at(await ports_here(page, self._folder))
        return self._phone_lock

    def _activate(self, role: WindowRole) -> bool:
        """Let this window use the phone, unless another is still open; whether it does now."""
        if (
            self._active_role is not None
            and self._active_role is not role
            and not self._active_left
        ):
            return False
        if self._active_role is not None and self._active_role is not role:
            self._active_role.active = False
        self._active_role, self._active_left, role.active = role, False, True
        return True

    async def _take_over(self, role: WindowRole, app: App) -> bool:
        """Use the phone from this window; the other may have set a PIN or locked meanwhile."""
        if not self._activate(role):
            return False
        await show_stage(app)
        return True

    def _left(self, role: WindowRole, inactivity: InactivityLock) -> None:
        inactivity.went_away()
        if self._active_role is role:
            self._active_left = True


def _may_sync(role: WindowRole, app: App) -> bool:
    return (
        role.active and app.stage == OPEN and app.scope is not None and not app.phone_lock.read_only
    )


def _remember(phone_lock: PhoneLock, here: Position) -> None:
    if phone_lock.phone is not None:
        phone_lock.phone.here = here


def apply_early_theme(page: ft.Page) -> None:
    """Our colours from the first frame on, while the phone is being opened."""
    apply_theme(page, scale=1.0, mode="system")
    set_locale(page, "zh")


def folder(environ: Mapping[str, str]) -> Path:
    """Where this phone keeps everything."""
    given = environ.get(FOLDER_VARIABLE) or environ.get("FLET_APP_STORAGE_DATA")
    if given:
        return Path(given)
    home = Path.home()
    base = {
        "win32": Path(environ.get("LOCALAPPDATA", home / "AppData" / "Local")),
        "darwin": home / "Library" / "Application Support",
    }.get(sys.platform, Path(environ.get("XDG_DATA_HOME", home / ".local" / "share")))
    return base / "doorstep"


def start() -> None:
    """Run the app on a device or under `flet run`; with `DOORSTEP_APP_PORT` as a preview."""
    where = folder(os.environ)
    if os.environ.get(PORT_VARIABLE):
        from mobile.preview import serve  # a phone has no web server

        serve(
            OnePhone(where).main,
            apply_early_theme,
            where / "preview" / os.environ[PORT_VARIABLE],
            ASSETS,
            port=int(os.environ[PORT_VARIABLE]),
        )
    else:
        ft.run(OnePhone(where).main, before_main=apply_early_theme, assets_dir=str(ASSETS))
