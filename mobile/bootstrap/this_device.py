"""Which ports this process has: Pyodide's in a browser, native ones anywhere else.

Nothing else asks where it runs. Each side is imported only where it is used: a browser has no
`cryptography`, a native app no `js`.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import flet as ft

from mobile.ports.api import Ports
from mobile.ports.flet_device import keystore

IN_A_BROWSER = sys.platform == "emscripten"


def report_unsaved(some: bool) -> None:
    """Report to the browser's window whether something is not written; nothing in a native app."""
    if IN_A_BROWSER:
        from mobile.bootstrap.browser import report_unsaved as report

        report(some)


def on_leaving(write: Callable[[], Awaitable[None]]) -> None:
    """Set what the browser's window awaits before another window or version takes over."""
    if IN_A_BROWSER:
        from mobile.bootstrap.browser import on_leaving as register

        register(write)


async def ports_here(page: ft.Page, folder: Path) -> Ports:
    """The ports of this device; `folder` is where a native phone keeps everything.

    Raises: ProblemError disk.full, disk.broken.
    """
    if IN_A_BROWSER:
        from mobile.bootstrap.browser import browser_ports

        return await browser_ports()
    from mobile.bootstrap.native import native_ports

    return native_ports(folder, secret=keystore(page))
