"""A phone whose chain is broken: noticing it, and what to send.

Its data went back to an earlier state or was copied, or the server waits for a number whose record
is no longer on the phone.

Its records stay as they are, waiting. It asks the server by hash which of them it holds from the
other copy; the rest is sent once the phone has a new key (mobile/usecases/renew.py).
"""

from __future__ import annotations

import msgspec

from mobile.ports.api import Vault
from mobile.store.kept import FORKED, PENDING, WAITING
from mobile.store.meta import REWOUND, ChainHead, Enrolment, Rewound
from mobile.store.store import Store
from mobile.sync.client import Server
from mobile.sync.receipts import checked
from mobile.sync.schedule import Retry
from shared import wire
from shared.problems import ProblemError


async def mark_chain_broken(store: Store, missing: int = 0) -> None:
    """Note that this phone's chain does not continue the server's; durable on return.

    Args:
        store: The phone's store.
        missing: See `Rewound`.

    Raises:
        ProblemError: disk.full, disk.broken.

    """
    if await store.meta.rewound() is None:
        await store.meta.put(REWOUND, Rewound(missing=missing))


async def compare(store: Store, place: wire.ChainPlace | msgspec.UnsetType) -> None:
    """Compare the server's head of this device's chain with the phone's.

    Every number is given out by this phone, so a server that is ahead has records of another copy.
    One that is behind, as after a restore, needs the next record from this phone.

    Args:
        store: The phone's store.
        place: The server's head; unset from a server of 0.1.

    Raises:
        ProblemError: disk.full, disk.broken.

    """
    if not isinstance(place, wire.ChainPlace):
        return
    head = await store.meta.chain_head()
    if ahead(place, head):
        await mark_chain_broken(store)
    elif place.n < head.n and not store.facts.has_number(place.n + 1):
        await mark_chain_broken(store, place.n + 1)


def ahead(place: wire.ChainPlace, head: ChainHead) -> bool:
    """Return whether the server has more of this device's chain than the phone, or another end."""
    return place.n > head.n or (place.n == head.n and place.link != head.link)


def forked(outcome: wire.Outcome) -> bool:
    """Return whether an outcome says that the fact does not continue the device's chain."""
    problem = outcome.problem or {}
    return outcome.outcome == wire.CONFLICT and problem.get("code") == FORKED


async def mark_held(
    store: Store, vault: Vault, enrolment: Enrolment, server: Server, retry: Retry
) -> int:
    """Ask which waiting records the server holds, and mark those as sent, by its receipt.

    Returns:
        How many were marked.

    Raises:
        ProblemError: net.unreachable, net.bad_answer, receipt.invalid.
        RemoteError: The server refused.

    """
    waiting, marked = [k for k in store.facts.all() if k.state == WAITING], 0
    for start in range(0, len(waiting), wire.MAX_HASHES):
        part = waiting[start : start + wire.MAX_HASHES]
        reply = await retry(server.held, [k.sha256 for k in part])
        lines = await checked(vault, enrolment, reply.receipt)
        for kept in part:
            line = lines.get(kept.sha256)
            if line is not None and line.id == kept.id and kept.state == WAITING:
                store.facts.mark_sent(kept.id, line.seq)
                marked += 1
    return marked


async def refuse_unless_new_key(store: Store) -> None:
    """Refuse to call a sync done while records wait for a new key.

    Raises:
        ProblemError: device.rewound, sync.gap.

    """
    count = sum(k.state in (PENDING, WAITING) for k in store.facts.all())
    broken = await store.meta.rewound()
    if not count or broken is None:
        return
    if broken.missing:
        raise ProblemError("sync.gap", number=broken.missing, count=count)
    raise ProblemError("device.rewound")
