"""The server's outcomes of facts, applied to the store after a push or a hand-over file alike."""

from __future__ import annotations

from typing import Any

import msgspec

from mobile.store.kept import WAITING, Kept
from mobile.store.meta import SyncState
from mobile.store.store import Store
from mobile.sync.rewound import forked, mark_chain_broken
from shared import wire
from shared.problems import ProblemError, details

FULL = ("quarantine.day_full", "quarantine.full")
"""Problem codes of a server that takes no record more now, neither this one nor what follows it."""


class Applied(msgspec.Struct):
    """How many facts the outcomes moved.

    Attributes:
        sent: Facts the server holds now; `duplicates` of them it held before.
        duplicates: Facts the server held already.
        rejected: Facts it refused.
        forked: Facts that do not continue the chain the server has; they still wait.
        full: Why the server takes no more now (problem details); what it did not take still waits.

    """

    sent: int = 0
    duplicates: int = 0
    rejected: int = 0
    forked: int = 0
    full: dict[str, Any] = {}


def is_full(problem: dict[str, Any] | None) -> bool:
    """Return whether a problem says that a server has too many refused records of this phone."""
    return (problem or {}).get("code") in FULL


async def apply_outcome(
    store: Store,
    kept: Kept,
    outcome: wire.Outcome,
    lines: dict[str, wire.ReceiptLine],
    applied: Applied,
) -> int | None:
    """Apply the outcome of one fact. A late answer never moves back a fact that no longer waits.

    Args:
        store: The phone's store.
        kept: The fact the outcome is about.
        outcome: The server's outcome of that fact.
        lines: The lines of the checked receipt, by sha256.
        applied: Counts, which are raised.

    Returns:
        The number the server expects next where the outcome is a gap, else None.

    Raises:
        ProblemError: receipt.invalid when the receipt does not list a fact said to be stored;
            disk.full.

    """
    if outcome.outcome in (wire.CREATED, wire.DUPLICATE):
        line = lines.get(kept.sha256)
        if line is None or line.id != kept.id:
            raise ProblemError("receipt.invalid")
        if kept.state == WAITING:
            applied.sent += 1
            applied.duplicates += outcome.outcome == wire.DUPLICATE
        store.facts.mark_sent(kept.id, line.seq)
    elif kept.state != WAITING:
        return None
    elif forked(outcome):
        if not applied.forked:
            await mark_chain_broken(store)
        applied.forked += 1
    elif outcome.outcome == wire.GAP:
        # after a fork the missing number is another copy's: nothing here fills it
        return None if applied.forked else outcome.expect or 1
    else:
        why = outcome.problem or details(ProblemError("fact.conflict"))
        await store.facts.mark_rejected(kept.id, why)
        applied.rejected += 1
    return None


def queue_after_restore(store: Store, state: SyncState, epoch: str) -> bool:
    """Queue everything again when the server's epoch says that it was restored from a backup (P8).

    Call it before the new epoch is stored: a kill in between must not lose what the server lost.

    Args:
        store: The phone's store.
        state: The sync state, with the epoch this phone knows ("" before the first sync).
        epoch: The epoch the server names now.

    Returns:
        Whether the server was restored.

    """
    if not state.epoch or epoch == state.epoch:
        return False
    store.facts.queue_again()
    store.facts.queue_earlier_chain()
    store.photos.queue_again()
    return True
