"""A season's settings by the bytes they were read from: decoded where these are others than before.

Every push reads them, and they rarely change. To compare bytes costs a fiftieth of what it costs to
make a text of them, which is why SQLite is asked for bytes.
"""

from __future__ import annotations

import msgspec

from shared.season import Season

MOST = 32
"""Seasons that are remembered."""
_known: dict[str, tuple[bytes, Season]] = {}


def settings_of(season: str, body: bytes) -> Season:
    """Return the settings that these bytes are. `season`: under what they are remembered."""
    known = _known.get(season)
    if known is None or known[0] != body:
        if len(_known) >= MOST:
            _known.clear()
        known = _known[season] = (body, msgspec.json.decode(body, type=Season))
    return known[1]
