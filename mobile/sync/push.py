"""Facts up: batches in chain order; each fact is marked from its own outcome, at the bytes that were sent."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from mobile.ports.api import Vault
from mobile.store.facts import PENDING, WAITING, Kept
from mobile.store.meta import Enrolment
from mobile.store.store import Store
from mobile.sync.client import Server
from mobile.sync.receipts import checked
from mobile.sync.schedule import Retry
from shared import wire
from shared.problems import ProblemError, details

BATCH = 100
"""Facts a request: small enough that a weak line repeats little (ADR 0005); the protocol allows 500."""


class Pushed(msgspec.Struct):
    """What a push did."""

    sent: int = 0
    duplicates: int = 0
    rejected: int = 0


async def join_all(store: Store) -> None:
    """Every pending fact joins the signed chain, in the order it was made; what has a number is settled on return.

    Raises: ProblemError disk.full, disk.broken: no number leaves that a kill could give out again.
    """
    for kept in store.facts.all():
        if kept.state == PENDING:
            await store.facts.join(kept.id)
    await store.flush()


async def push(
    store: Store,
    vault: Vault,
    enrolment: Enrolment,
    server: Server,
    retry: Retry,
    told: Callable[[int, int], None],
) -> Pushed:
    """Send everything that waits. `told(done, total)` hears of progress in facts.

    Raises: ProblemError net.unreachable, net.bad_answer, receipt.invalid; RemoteError.
    """
    await join_all(store)
    waiting, pushed, start, went_back = _waiting(store), Pushed(), 0, False
    while start < len(waiting):
        told(start, len(waiting))
        batch = _fitting(waiting[start : start + BATCH])
        request = wire.PushRequest(facts=[_packed(k) for k in batch])
        reply = await retry(server.push, request)
        lines = await checked(vault, enrolment, reply.receipt)
        expected = await _flush(store, batch, reply, lines, pushed)
        if expected is None:
            start += len(batch)
        elif went_back:
            break
        else:  # the server misses one we thought settled: once more from there, whatever became of it
            went_back = True
            store.facts.queue_again(expected)
            waiting, start = _waiting(store), 0
    told(len(waiting), len(waiting))
    return pushed


def _waiting(store: Store) -> list[Kept]:
    return sorted((k for k in store.facts.all() if k.state == WAITING), key=lambda k: k.n or 0)


def _packed(kept: Kept) -> wire.PushedFact:
    return wire.PushedFact(
        bytes=wire.b64(kept.data), n=kept.n or 0, link=wire.b64(kept.link), sig=wire.b64(kept.sig)
    )


def _fitting(batch: list[Kept]) -> list[Kept]:
    """As many as stay well under the protocol's 1 MiB; always at least one."""
    size = 0
    fitting: list[Kept] = []
    for kept in batch:
        size += len(kept.data) * 4 // 3 + 300
        if fitting and size > wire.MAX_PUSH_BYTES // 2:
            break
        fitting.append(kept)
    return fitting


async def _flush(
    store: Store,
    batch: list[Kept],
    reply: wire.PushReply,
    lines: dict[str, wire.ReceiptLine],
    pushed: Pushed,
) -> int | None:
    """Apply outcomes. After a gap the rest of the chain has to wait: the number the server expects."""
    if len(reply.outcomes) != len(batch):
        raise ProblemError("net.bad_answer")
    for kept, outcome in zip(batch, reply.outcomes, strict=True):
        if outcome.sha256 != kept.sha256:  # an answer to other bytes than ours: damaged on the way
            raise ProblemError("net.bad_answer")
        if outcome.outcome in (wire.CREATED, wire.DUPLICATE):
            line = lines.get(kept.sha256)
            if line is None or line.id != kept.id:
                raise ProblemError("receipt.invalid")
            store.facts.mark_sent(kept.id, line.seq)
            pushed.sent += 1
            pushed.duplicates += outcome.outcome == wire.DUPLICATE
        elif outcome.outcome == wire.GAP:
            return outcome.expect or 1
        else:
            why = outcome.problem or details(ProblemError("fact.conflict"))
            await store.facts.mark_rejected(kept.id, why)
            pushed.rejected += 1
    return None
