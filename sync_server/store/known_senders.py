"""Phones whose token was looked up a moment ago, so that a sync asks the database once.

It only decides whose body is read and with which key it is checked: whoever writes looks the token
up again, in the transaction that writes, and a phone stopped meanwhile is refused there.
"""

from __future__ import annotations

import time

from sync_server.store.devices import CONFIRMED, Device, hashed

KNOWN_S = 5.0
"""Seconds for which a token counts as looked up."""
MOST = 2000
"""Tokens remembered at a time."""


class KnownSenders:
    """Confirmed phones by the hash of their token."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[Device, float]] = {}

    def get(self, token: str) -> Device | None:
        """Return the phone of a token that was looked up a moment ago."""
        device, until = self._found.get(hashed(token), (None, 0.0))
        return device if time.monotonic() < until else None

    def note(self, token: str, device: Device) -> None:
        """Remember a phone that was looked up now; one that waits is looked up each time."""
        if device.state != CONFIRMED:
            return
        if len(self._found) >= MOST:
            self._found.clear()
        self._found[hashed(token)] = (device, time.monotonic() + KNOWN_S)
