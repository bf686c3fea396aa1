"""What screens share: who we are, how it looks, a counter that says "something changed", and the open forms.

Made once by mobile/app.py and handed down through `AppContext`. Domain records stay frozen; only this is observable.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import Protocol

import flet as ft

from mobile.i18n import Tongue
from mobile.ui.app.notice import Notices
from mobile.ui.app.open_forms import OpenForms
from mobile.ui.app.scroll import ScrollColumns
from mobile.usecases.phone import Phone
from mobile.usecases.unlock import PhoneLock
from shared.problems import ProblemError
from shared.records.base import Position
from shared.wire import Scope

FIRST, LOCKED, OPEN = "first", "locked", "open"
log = logging.getLogger("doorstep.ui")


class Device(Protocol):
    """What a screen may ask of the device it runs on; mobile/ports answers.

    `origin`: the server the web app came from, the only one it can reach; "" anywhere else. `opened_with`: the address
    or link the app was opened with. `home_screen_first`: an iPhone's browser tab, whose storage the home-screen app
    does not share: an enrolment here would be lost there.
    """

    has_camera: bool
    preview: bool
    origin: str
    home_screen_first: bool

    @property
    def opened_with(self) -> str:
        """See above."""

    @property
    def update_waits(self) -> bool:
        """Whether a new version of the web app lies ready; never in an installed app."""

    def renew(self) -> None:
        """Let that version in: the window starts again. Nothing may be unsaved then."""

    async def fix(self) -> Position | None:
        """One position, rounded to 3 decimals, asked for by a tap; None when the device has or allows none."""

    async def pick_photo(self) -> bytes | None:
        """A JPEG the person picks from the gallery; None when nothing was picked."""

    async def save_file(self, name: str, data: bytes) -> bool:
        """Let the person save a file where she likes; False when she did not."""

    async def pick_file(self) -> bytes | None:
        """The bytes of a file the person picks; None when nothing was picked."""

    async def dial(self, number: str) -> None:
        """Hand a number to the dialler."""

    def unsaved(self, some: bool) -> None:
        """Tell the device that keystrokes are not written yet, or are: nothing may restart the app meanwhile."""

    async def open_map(self, url: str) -> bool:
        """Hand a place to a map; False when nothing on the device takes it."""


@ft.observable
@dataclass(eq=False)
class App:
    """One phone in one window. `version` goes up whenever a record may have changed; screens reload on it.

    `stage`: first (text size and PIN are asked), locked (the PIN is), open. `list_filter` is the filter of the list
    (mobile/usecases/cases.py), kept while one goes in and out of cases.
    """

    phone_lock: PhoneLock
    device: Device
    stage: str = OPEN
    scope: Scope | None = None
    language: str = "zh"
    scale: float = 1.0
    mode: str = "system"
    list_filter: str = ""
    version: int = 0
    notices: Notices = field(default_factory=Notices)
    scroll_columns: ScrollColumns = field(default_factory=ScrollColumns)
    forms: OpenForms = field(init=False)
    _activity: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.forms = OpenForms(self.device.unsaved)

    @property
    def phone(self) -> Phone:
        """The opened phone. Raises: ProblemError vault.locked."""
        if self.phone_lock.phone is None:
            raise ProblemError("vault.locked")
        return self.phone_lock.phone

    @property
    def t(self) -> Tongue:
        """The sentences in the language chosen."""
        return Tongue(self.language)

    def records_changed(self, *, by_sync: bool = False) -> None:
        """Say that records changed; unless a sync did it, a quiet sync may be worth it now (mobile/ui/app/auto_sync.py)."""
        self.version += 1
        if not by_sync:
            self.note_activity()

    def note_activity(self) -> None:
        """Say that she is here again or did something; redraws nothing."""
        self._activity.set()

    async def wait_for_activity(self, within_s: float) -> bool:
        """Wait for the next `note_activity`, at most so long; whether there was one."""
        try:
            await asyncio.wait_for(self._activity.wait(), within_s)
        except TimeoutError:
            return False
        self._activity.clear()
        return True


NO_APP: App | None = None
AppContext = ft.create_context(NO_APP)


@ft.observable
@dataclass(eq=False)
class WindowRole:
    """Whether a window is the one that holds the phone (one process is one phone)."""

    active: bool


def use_app() -> App:
    """The app of this session; the component re-renders when it changes."""
    app = ft.use_context(AppContext)
    if not isinstance(app, App):
        raise TypeError("no App in AppContext")
    return app
