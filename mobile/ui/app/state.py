"""What all screens share: the phone, its device, how the app looks, notices and open forms.

Made once by mobile/app.py and passed down through `AppContext`. Records stay frozen; only this is
observable.
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
from mobile.usecases import cover
from mobile.usecases.phone import Phone
from mobile.usecases.unlock import PhoneLock
from shared.problems import ProblemError
from shared.records.base import Position
from shared.wire import Scope

FIRST, LOCKED, OPEN = "first", "locked", "open"
log = logging.getLogger("doorstep.ui")


class Device(Protocol):
    """What a screen may ask of the device; mobile/ports implements it.

    `origin`: the server the web app came from, the only one it can reach; "" anywhere else.
    `opened_with`: the address or link the app was opened with. `home_screen_first`: an iPhone's
    browser tab, whose storage the home-screen app does not share: an enrolment here would be lost
    there.
    """

    has_camera: bool
    can_share: bool
    preview: bool
    origin: str
    home_screen_first: bool

    @property
    def opened_with(self) -> str:
        """See above."""

    @property
    def update_waits(self) -> bool:
        """Whether a new version of the web app is ready; never in an installed app."""

    def renew(self) -> None:
        """Install that version: the window restarts. Nothing may be unsaved then."""

    async def fix(self) -> Position | None:
        """One position, rounded to 3 decimals; None when the device has or allows none."""

    async def pick_photo(self) -> bytes | None:
        """A JPEG the person picks from the gallery; None when nothing was picked."""

    async def save_file(self, name: str, data: bytes) -> bool:
        """Let the person choose where to save a file; False when they did not."""

    async def share_file(self, name: str, data: bytes) -> bool:
        """Offer a file to other apps, where `can_share`; False when none was chosen."""

    async def pick_file(self) -> bytes | None:
        """The bytes of a file the person picks; None when nothing was picked."""

    async def dial(self, number: str) -> None:
        """Hand a number to the dialler."""

    def unsaved(self, some: bool) -> None:
        """Report whether typed text is not written yet: nothing may restart the app meanwhile."""

    async def open_map(self, url: str) -> bool:
        """Open an address in a map; False when no app on the device takes it."""


@ft.observable
@dataclass(eq=False)
class App:
    """One phone in one window. `version` rises whenever records changed; screens load again.

    `stage`: first (text size and PIN are asked), locked (the PIN is asked) or open. `list_filter`
    is the filter of the list (mobile/usecases/cases.py), kept while cases are opened and closed.
    `just_saved` is the case of the last record, whose screen offers the next door of its village.
    """

    phone_lock: PhoneLock
    device: Device
    stage: str = OPEN
    scope: Scope | None = None
    language: str = "zh"
    scale: float = 1.0
    mode: str = "system"
    list_filter: str = ""
    just_saved: str = ""
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
        """The sentences in the chosen language."""
        return Tongue(self.language)

    def records_changed(self, *, by_sync: bool = False) -> None:
        """Make the screens load again.

        Unless a sync did it, there may be something to send (mobile/ui/app/auto_sync.py).
        """
        self.version += 1
        if not by_sync:
            self.note_activity()

    @property
    def covered(self) -> bool:
        """Whether names and addresses are masked now, because somebody may be reading along."""
        return self.phone_lock.phone is not None and self.phone_lock.phone.covered

    def cover(self, covered: bool) -> None:
        """Mask names and addresses on every screen, or show them again."""
        if cover.cover(self.phone, covered):
            if covered:
                self.notices.mask()
            self.records_changed(by_sync=True)

    def note_activity(self) -> None:
        """Note that the teacher is back or did something; renders nothing."""
        self._activity.set()

    async def wait_for_activity(self, within_s: float) -> bool:
        """Wait for the next `note_activity`, at most `within_s`; whether there was one."""
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
    """Whether this window is the one that uses the phone (one process is one phone)."""

    active: bool


def use_app() -> App:
    """Hook: the app of this session; the component renders again when it changes."""
    app = ft.use_context(AppContext)
    if not isinstance(app, App):
        raise TypeError("no App in AppContext")
    return app
