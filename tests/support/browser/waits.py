"""Waiting for what a page will show: asked again and again until one generous deadline, never looked at once.

A page, the app behind it and the browser's own bookkeeping go on after the words a test waited for. What is asked once,
right after them, is there on a quiet machine and not yet there on a busy one (tests/shared/test_browser_looks.py).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

from playwright.sync_api import Error, Page

WAIT_S = 60.0
"""What anything awaited may take on a busy machine. A failure takes so long as well; a success none of it."""
LOOK_MS = 60
RESTS = "document.readyState === 'complete' && !document.querySelector('meta[http-equiv=refresh]')"
"""Whether a page is whole and does not load itself again: asked of one document at once, for the next may have come."""


def eventually(
    page: Page, ask: Callable[[], object], wanted: object = True, *, wait_s: float = WAIT_S
) -> None:
    """Ask until the answer is `wanted`. Raises: AssertionError with the last answer at the deadline."""
    until, found = time.monotonic() + wait_s, object()
    while True:
        try:
            found = ask()
        except Error as error:  # a page on its way to the next has nobody to ask
            found = error
        if not isinstance(found, Error) and found == wanted:
            return
        if time.monotonic() > until:
            raise AssertionError(f"not {wanted!r} in {wait_s:.0f} s but {found!r}")
        page.wait_for_timeout(LOOK_MS)


def loaded(page: Page) -> None:
    """Wait for a page that loads itself again while something is made, to its end."""
    until = time.monotonic() + WAIT_S
    while time.monotonic() < until:
        with suppress(Error):  # asked in the moment of its next load
            if page.evaluate(RESTS):
                return
        page.wait_for_timeout(LOOK_MS)
    raise AssertionError(f"{page.url} still loads itself again")
