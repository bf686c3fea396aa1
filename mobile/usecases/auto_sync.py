"""Background sync: whether there is anything to sync, when to try next, and one silent try.

The policy is pure; the timer is the app's (mobile/ui/app/auto_sync.py). A record within its undo
time waits, because a sync would join it to the signed chain.
"""

from __future__ import annotations

import math

import msgspec

from mobile.store.kept import PENDING, REJECTED
from mobile.sync.schedule import wait_s
from mobile.usecases.phone import Phone
from mobile.usecases.save import UNDO_S
from mobile.usecases.sync_now import sync_now
from shared.season import china_day

SPACING_S = 30.0
"""The shortest pause after a try that left something to do, whatever the teacher did since."""
FIRST_DOUBLING = 7
"""Where in the schedule's doubling background tries begin: 32 to 64 s after the first failure, 15
minutes at most.
"""
MOST_DOUBLINGS = 20


class Todo(msgspec.Struct, frozen=True, kw_only=True):
    """What there is to sync.

    Attributes:
        unsent: Whether a record or photo waits.
        stale: Whether the list is older than today.
        undo_left_s: Seconds until no record can be undone any more.

    """

    unsent: bool = False
    stale: bool = False
    undo_left_s: float = 0.0

    @property
    def anything(self) -> bool:
        """Whether there is anything to sync."""
        return self.unsent or self.stale


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """The tries before.

    Attributes:
        failures: Tries in a row that left something to do.
        ago_s: Seconds since the last of them.
        active: Whether the teacher has used the app since.
        jitter: In [0, 1); spreads many phones.

    """

    failures: int = 0
    ago_s: float = math.inf
    active: bool = False
    jitter: float = 0.0


def next_try_s(todo: Todo, tried: Tried) -> float | None:
    """Return the seconds until the next background try.

    0 is now, None while there is nothing to sync.
    """
    if not todo.anything:
        return None
    pause_s = 0.0
    if tried.failures:
        doublings = min(FIRST_DOUBLING + tried.failures, MOST_DOUBLINGS)
        pause_s = SPACING_S if tried.active else max(SPACING_S, wait_s(doublings, tried.jitter))
    return max(0.0, pause_s - tried.ago_s, todo.undo_left_s)


async def todo(phone: Phone) -> Todo:
    """Return what there is to sync now.

    A refused record does not count: it must be corrected, not sent again.
    """
    unsent = [kept for kept in phone.store.facts.unsent() if kept.state != REJECTED]
    ages_s = [(phone.now_ms() - kept.saved_ms) / 1000 for kept in unsent if kept.state == PENDING]
    refreshed_at = (await phone.store.meta.sync_state()).refreshed_at
    return Todo(
        unsent=bool(unsent or phone.store.photos.waiting()),
        stale=refreshed_at[:10] != china_day(phone.now()).isoformat(),
        # A save time in the future is a clock set back: nothing waits for that (save.py).
        undo_left_s=max((UNDO_S - age_s for age_s in ages_s if 0 <= age_s < UNDO_S), default=0.0),
    )


async def sync_in_background(phone: Phone) -> bool:
    """Run one sync that nobody asked for.

    Where one is running already, wait for its end and do nothing: screens are updated by that one.

    Returns:
        Whether it changed what screens show.

    """
    if phone.syncing.locked():
        async with phone.syncing:
            return False
    before = _outbox(phone)
    report = await sync_now(phone, background=True)
    return report.through or _outbox(phone) != before


def _outbox(phone: Phone) -> tuple[list[tuple[str, str]], int]:
    return [(kept.id, kept.state) for kept in phone.store.facts.unsent()], len(
        phone.store.photos.waiting()
    )
