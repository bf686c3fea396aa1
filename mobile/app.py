"""The composition root of the app: opens the one phone of this process and shows it in one window.

What passes through: a Flet page for every window that opens; the phone's folder from the
environment (`DOORSTEP_PHONE_DIR`, else the folder Flet gives the app, else the user's data folder).
It ends in `Window`: the screens for the first window, a kind page for any other while the first is
alive.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import flet as ft

from mobile.bootstrap.this_device import before_leaving, notify_unsaved, ports_here
from mobile.ports.flet_device import FletDevice
from mobile.ui.app.appearance import restore
from mobile.ui.app.auto_sync import QuietSync
from mobile.ui.app.session_lock import Away, enter
from mobile.ui.app.state import OPEN, App, Seat
from mobile.ui.app.theme import dress, speak
from mobile.ui.routes import Window
from mobile.usecases.unlock import PhoneLock
from shared.records.base import Position

ASSETS = Path(__file__).resolve().parent.parent / "assets"
PORT_VARIABLE = "DOORSTEP_APP_PORT"
FOLDER_VARIABLE = "DOORSTEP_PHONE_DIR"


class OnePhone:
    """One process is one phone: two windows over one chain of records would break it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._gate: PhoneLock | None = None
        self._opening = asyncio.Lock()
        self._holder: Seat | None = None
        self._gone = False
        self._auto_syncs: list[QuietSync] = []

    async def main(self, page: ft.Page) -> None:
        """Show the app in a new window."""
        phone_lock = await self._open(page)
        device = FletDevice(
            page, on_fix=lambda here: _remember(phone_lock, here), unsaved=notify_unsaved
        )
        app = App(phone_lock, device)
        seat = Seat(mine=False)
        self._take(seat)
        await restore(app, page)
        await enter(app)
        before_leaving(lambda: self._write(app, phone_lock))
        away = Away(app)
        page.on_app_lifecycle_state_change = away.changed

        async def back(_: object) -> None:
            await away.back()
            self._take(seat)

        page.on_disconnect = lambda _: self._left(seat, away)
        page.on_connect = back
        page.render_views(Window, seat, app, lambda: self._take_over(seat, app))
        auto_sync = QuietSync(
            app, may=lambda: seat.mine and app.stage == OPEN and app.scope is not None
        )
        self._auto_syncs.append(auto_sync)
        auto_sync.attend(page)

    async def _write(self, app: App, phone_lock: PhoneLock) -> None:
        """The last keystrokes too, then everything to the disk."""
        await app.forms.write()
        await phone_lock.ports.flush()

    async def close(self) -> None:
        """Close the phone's files."""
        for auto_sync in self._auto_syncs:
            auto_sync.stop()
        if self._gate is not None:
            await self._gate.close()
            self._gate = None

    async def _open(self, page: ft.Page) -> PhoneLock:
        async with self._opening:
            if self._gate is None:
                self._gate = await PhoneLock.at(await ports_here(page, self._folder))
        return self._gate

    def _take(self, seat: Seat) -> bool:
        """Hold the phone from this window, unless another still does."""
        if self._holder is not None and self._holder is not seat and not self._gone:
            return False
        if self._holder is not None and self._holder is not seat:
            self._holder.mine = False
        self._holder, self._gone, seat.mine = seat, False, True
        return True

    async def _take_over(self, seat: Seat, app: App) -> bool:
        """The other window has gone, and may have set a PIN or locked meanwhile."""
        if not self._take(seat):
            return False
        await enter(app)
        return True

    def _left(self, seat: Seat, away: Away) -> None:
        away.gone()
        if self._holder is seat:
            self._gone = True


def _remember(phone_lock: PhoneLock, here: Position) -> None:
    if phone_lock.phone is not None:
        phone_lock.phone.here = here


def dress_early(page: ft.Page) -> None:
    """Our colours from the first frame on, while the phone is still being opened."""
    dress(page, scale=1.0, mode="system")
    speak(page, "zh")


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
    """Run the app on a device, or (`DOORSTEP_APP_PORT`) as a preview in a browser."""
    where = folder(os.environ)
    if os.environ.get(PORT_VARIABLE):
        from mobile.preview import serve  # the web server is no part of a phone

        serve(
            OnePhone(where).main,
            dress_early,
            where / "preview",
            ASSETS,
            port=int(os.environ[PORT_VARIABLE]),
        )
    else:
        ft.run(OnePhone(where).main, before_main=dress_early, assets_dir=str(ASSETS))
