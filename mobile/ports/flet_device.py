"""What the Flet window gives the phone: position by tap, picked photo, dialler, share sheet, map.

Services are made once a session, after the page exists; every call may raise
(docs/sources.md#flet-services), so each error is caught and becomes "none". Positions are rounded
to 3 decimals here, before anything else sees them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import flet as ft
import flet_geolocator as fg
import flet_secure_storage as fs

from mobile.ports.device_secret import KeystoreSecret
from shared.records.base import Position

log = logging.getLogger("doorstep.device")
DECIMALS = 3
"""About 100 m: enough to order a round, too coarse to mark a dwelling.

Source: docs/sources.md#position-rounding.
"""
FIX_TIMEOUT_S = 20.0


def rounded(latitude_deg: float, longitude_deg: float, accuracy_m: float | None) -> Position:
    """Round a fix to what is kept of it (WGS-84)."""
    return Position(
        latitude_deg=round(latitude_deg, DECIMALS),
        longitude_deg=round(longitude_deg, DECIMALS),
        accuracy_m=None if accuracy_m is None else float(round(accuracy_m)),
    )


def keystore(page: ft.Page) -> KeystoreSecret | None:
    """Return the system's keystore behind a page.

    None on a computer, where it may ask for a password.
    """
    if page.web or page.platform not in (ft.PagePlatform.ANDROID, ft.PagePlatform.IOS):
        return None
    return KeystoreSecret(fs.SecureStorage())


class FletDevice:
    """The device behind one page. `on_fix` gets every fix, rounded."""

    def __init__(
        self,
        page: ft.Page,
        on_fix: Callable[[Position], None] = lambda _: None,
        unsaved: Callable[[bool], None] = lambda _: None,
    ) -> None:
        self._page = page
        self._on_fix = on_fix
        self._unsaved = unsaved
        self._geolocator = fg.Geolocator()
        self._picker = ft.FilePicker()
        self._launcher = ft.UrlLauncher()
        self.has_camera = bool(page.web) or page.platform in (
            ft.PagePlatform.ANDROID,
            ft.PagePlatform.IOS,
        )
        self._web = bool(page.web)
        self._share = ft.Share()
        self.can_share = self.has_camera and not self._web
        self.preview = bool(page.web) and not page.pyodide
        self.origin = _origin(page.url or "") if page.pyodide else ""
        self._window = _window() if page.pyodide else None
        in_a_tab = bool(page.pyodide) and not getattr(self._window, "standalone", False)
        self.home_screen_first = in_a_tab and page.platform == ft.PagePlatform.IOS

    @property
    def opened_with(self) -> str:
        """The link that opened or woke the app.

        In a browser the page's address with what follows its #.
        """
        return str((self._page.url if self._page.pyodide else self._page.route) or "")

    @property
    def update_waits(self) -> bool:
        """Whether the browser's window has a new version ready."""
        return bool(getattr(self._window, "update", False))

    def renew(self) -> None:
        """Start the new version, as the page's own strip does (mobile/packaging/web/offline.js)."""
        if self._window is not None:
            self._window.renew()

    async def fix(self) -> Position | None:
        """One position, only when asked; None when the device has none or the person says no."""
        try:
            wanted = fg.GeolocatorConfiguration(accuracy=fg.GeolocatorPositionAccuracy.MEDIUM)
            found = await asyncio.wait_for(
                self._geolocator.get_current_position(wanted), FIX_TIMEOUT_S
            )
        except Exception as error:  # permission, timeout, no sensor: no position
            log.info("no position: %s", error)
            return None
        if found is None or found.latitude is None or found.longitude is None:
            return None
        here = rounded(found.latitude, found.longitude, found.accuracy)
        self._on_fix(here)
        return here

    async def pick_photo(self) -> bytes | None:
        """The bytes of one picked image; None when nothing was picked."""
        files = await self._picker.pick_files(file_type=ft.FilePickerFileType.IMAGE, with_data=True)
        return files[0].bytes if files else None

    async def save_file(self, name: str, data: bytes) -> bool:
        """Hand a file to the system's save dialogue; False when it was not saved.

        A browser downloads it and does not report the outcome.
        """
        try:
            path = await self._picker.save_file(file_name=name, src_bytes=data)
        except Exception as error:
            log.info("not saved: %s", error)
            return False
        return bool(path) or self._web

    async def share_file(self, name: str, data: bytes) -> bool:
        """Hand a file to the system's share sheet; False when it was closed without a choice.

        Where the system does not report what was chosen, it counts as handed over.
        """
        file = ft.ShareFile.from_bytes(data, mime_type="application/octet-stream", name=name)
        try:
            result = await self._share.share_files(
                [file], download_fallback_enabled=False, mail_to_fallback_enabled=False
            )
        except Exception as error:
            log.info("not shared: %s", error)
            return False
        return result.status is not ft.ShareResultStatus.DISMISSED

    async def pick_file(self) -> bytes | None:
        """The bytes of one picked file; None when nothing was picked."""
        files = await self._picker.pick_files(with_data=True, cancel_upload_on_window_blur=False)
        return files[0].bytes if files else None

    async def dial(self, number: str) -> None:
        """Hand a number to the dialler; on a device without one nothing happens."""
        try:
            await self._launcher.launch_url(f"tel:{number}")
        except Exception as error:
            log.info("no dialler: %s", error)

    def unsaved(self, some: bool) -> None:
        """In a browser, hold back a new version until nothing is unsaved.

        Elsewhere nothing restarts the app.
        """
        self._unsaved(some)

    async def open_map(self, url: str) -> bool:
        """Hand a place to a map app or the browser; False when the device has none."""
        try:
            await self._launcher.launch_url(url, mode=ft.LaunchMode.EXTERNAL_APPLICATION)
        except Exception as error:
            log.info("no map: %s", error)
            return False
        return True


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


def _window() -> Any:
    """The web app's window in JavaScript (mobile/packaging/README.md), None where there is none."""
    from mobile.ports.browser.bridge import js  # only a browser's Python has it

    return getattr(js, "doorstep", None)
