"""Makes the phone of the web app. Its data is in two databases of the browser, for this origin."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from mobile.ports.api import Ports
from mobile.ports.browser.bridge import Refused, js, lasting
from mobile.ports.browser.codec import CanvasCodec
from mobile.ports.browser.crypto import WebCrypto
from mobile.ports.browser.disk import ShelfDisk
from mobile.ports.browser.indexed_db import FILES, PHOTOS, Shelf
from mobile.ports.browser.quota import trouble
from mobile.ports.browser.secret import WebCryptoSecret
from mobile.ports.browser.storage import Storage
from mobile.ports.browser.transport import FetchTransport
from mobile.ports.clock import SystemClock

NAME = "doorstep"


def report_unsaved(some: bool) -> None:
    """Report whether something is not written; the window then holds back a new version."""
    window = getattr(js, "doorstep", None)
    if window is not None:
        window.unsaved(some)


def on_leaving(write: Callable[[], Awaitable[None]]) -> None:
    """Set what the window awaits before another window or version takes over."""
    window = getattr(js, "doorstep", None)
    if window is not None:
        window.leaving = lasting(write)


async def browser_ports(clock_spec: str = "", name: str = NAME) -> Ports:
    """The ports of the phone `name` in this browser; call it once a worker.

    Raises: ProblemError disk.full, disk.broken.
    """
    storage = await Storage.open(Path("/") / name)
    try:
        shelf = await Shelf.open(name)
    except Refused as error:
        raise trouble(error) from error
    on_leaving(storage.flush)
    window = getattr(js, "doorstep", None)
    return Ports(
        clock=SystemClock(clock_spec or str(getattr(window, "clock", None) or "")),
        crypto=WebCrypto(),
        secret=WebCryptoSecret(shelf),
        codec=CanvasCodec(),
        files=ShelfDisk(shelf, FILES, storage.quota),
        photos=ShelfDisk(shelf, PHOTOS, storage.quota),
        database=storage.file,
        transport=FetchTransport(),
        journal_mode="TRUNCATE",
        flush=storage.flush,
    )
