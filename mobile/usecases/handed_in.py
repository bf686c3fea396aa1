"""Whether everything is handed in: one state, which Today and the outbox show.

Pure: from what waits, what came back and how the last sync went.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal

import msgspec

HandedIn = Literal["rejected", "waiting", "returned", "list_failed", "never", "done"]
REJECTED: Final = "rejected"
"""The office refused a record: it must be corrected."""
WAITING: Final = "waiting"
"""Records or photos wait on this phone."""
RETURNED: Final = "returned"
"""Everything arrived, and the school wants a record corrected."""
LIST_FAILED: Final = "list_failed"
"""Everything arrived, and the last sync did not bring the list."""
NEVER: Final = "never"
"""Nothing waits, and no sync ever ran to its end."""
DONE: Final = "done"
"""Everything arrived and nothing was returned: nothing is left to do."""

LONG_MS = 24 * 3600 * 1000
"""How long something waits before Today offers the hand-over file (ms): a whole day without a
network is more than a way through a valley.
"""


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """What decides it: numbers of records and photos, and how the last sync went."""

    rejected: int = 0
    unsent: int = 0
    photos_unsent: int = 0
    returned: int = 0
    failed: bool = False
    synced: bool = False


def handed_in(now: Situation) -> HandedIn:
    """Return the state: the most urgent of those that apply."""
    if now.rejected:
        return REJECTED
    if now.unsent or now.photos_unsent:
        return WAITING
    if now.returned:
        return RETURNED
    if now.failed:
        return LIST_FAILED
    return DONE if now.synced else NEVER


def waits_long(since_ms: Iterable[int], now_ms: int) -> bool:
    """Return whether something has waited for more than a day.

    A time in the future comes from a clock that was set back; it does not count.

    Args:
        since_ms: When each record that waits was saved, and each photo taken.
        now_ms: By the same clock.

    """
    return any(now_ms - since >= LONG_MS for since in since_ms)


NoList = Literal["failed", "not_fetched", "none_assigned"]


def no_list(last: Situation) -> NoList:
    """Return why a phone has no list; a failed sync leaves open whether one is assigned."""
    if last.failed:
        return "failed"
    return "none_assigned" if last.synced else "not_fetched"
