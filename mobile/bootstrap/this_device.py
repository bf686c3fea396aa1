"""Which ports this process has: Pyodide's in a browser, the system's everywhere else.

Each side is imported only where it is used: a browser has no `cryptography`, a phone no `js`.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import flet as ft

from mobile.ports.api import Ports
from mobile.ports.flet_device import keystore

IN_A_BROWSER = sys.platform == "emscripten"


def notify_unsaved(some: bool) -> None:
    """Tell the browser's window whether something is not written yet (mobile/packaging/README.md)."""
    if IN_A_BROWSER:
        from mobile.bootstrap.browser import notify_unsaved as notify

        notify(some)


def before_leaving(write: Callable[[], Awaitable[None]]) -> None:
    """What to await before the browser's window hands over to another tab or a new version."""
    if IN_A_BROWSER:
        from mobile.bootstrap.browser import before_leaving as await_before

        await_before(write)


async def ports_here(page: ft.Page, folder: Path) -> Ports:
    """The ports of this device; `folder` is where a native phone keeps everything.

    Raises: ProblemError disk.full, disk.broken.
    """
    if IN_A_BROWSER:
        from mobile.bootstrap.browser import browser_ports

        return await browser_ports()
    from mobile.bootstrap.native import native_ports

    return native_ports(folder, secret=keystore(page))
