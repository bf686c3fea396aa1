"""Facts up: batches in chain order, each fact marked by its own outcome."""

from __future__ import annotations

from collections.abc import Callable

from mobile.ports.api import Vault
from mobile.store.kept import PENDING, WAITING, Kept
from mobile.store.meta import Enrolment
from mobile.store.store import Store
from mobile.sync.client import RemoteError, Server
from mobile.sync.outcomes import Applied, apply_outcome, is_full
from mobile.sync.receipts import checked
from mobile.sync.rewound import mark_chain_broken, mark_held
from mobile.sync.schedule import Retry
from shared import wire
from shared.problems import ProblemError

BATCH = 100
"""Facts in a request: few enough that a weak line repeats little (ADR 0005); the protocol allows
500.
"""


async def join_all(store: Store) -> None:
    """Join every pending fact to the signed chain, in the order it was made, and flush.

    What lost its number when a new chain began is signed anew first.

    Raises:
        ProblemError: disk.full, disk.broken: no number may be sent that a kill could give out
            again.

    """
    await store.facts.sign_again()
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
    on_progress: Callable[[int, int], None],
) -> Applied:
    """Send every fact that waits.

    A phone whose chain is broken sends none: it asks which the server holds. Where the server takes
    no more refused records, what it did not take waits for the next sync.

    Args:
        store: The phone's store.
        vault: Its keys.
        enrolment: The device and its server.
        server: The server.
        retry: How to repeat a failed request.
        on_progress: Called with facts done and facts in all.

    Raises:
        ProblemError: net.unreachable, net.bad_answer, receipt.invalid.
        RemoteError: The server refused.

    """
    pushed = Applied()
    if store.facts.queue_forked():
        await mark_chain_broken(store)
    if await store.meta.rewound() is not None or store.facts.unnumbered():
        await _ask(store, vault, enrolment, server, retry, pushed)
    if await store.meta.rewound() is not None:
        return pushed
    await join_all(store)
    waiting, start, went_back = _waiting(store), 0, False
    while start < len(waiting):
        on_progress(start, len(waiting))
        batch = _fitting(waiting[start : start + BATCH])
        request = wire.PushRequest(facts=[_packed(k) for k in batch])
        try:
            reply = await retry(server.push, request)
        except RemoteError as problem:
            if not is_full(problem.details):
                raise
            pushed.full = problem.details
            break
        lines = await checked(vault, enrolment, reply.receipt)
        expected = await _apply(store, batch, reply, lines, pushed)
        if pushed.full:
            break
        if pushed.forked:
            await _ask(store, vault, enrolment, server, retry, pushed)
            break
        if expected is None:
            start += len(batch)
        elif went_back or not store.facts.has_number(expected):
            await mark_chain_broken(store, expected)
            await _ask(store, vault, enrolment, server, retry, pushed)
            break
        else:  # the server misses one we thought stored: once more from there
            went_back = True
            store.facts.queue_again(expected)
            waiting, start = _waiting(store), 0
    on_progress(len(waiting), len(waiting))
    return pushed


async def _ask(
    store: Store,
    vault: Vault,
    enrolment: Enrolment,
    server: Server,
    retry: Retry,
    pushed: Applied,
) -> None:
    """Ask which waiting facts the server holds, and count those as sent before."""
    held = await mark_held(store, vault, enrolment, server, retry)
    pushed.sent += held
    pushed.duplicates += held


def _waiting(store: Store) -> list[Kept]:
    return sorted((k for k in store.facts.all() if k.state == WAITING), key=lambda k: k.n or 0)


def _packed(kept: Kept) -> wire.PushedFact:
    return wire.PushedFact(
        bytes=wire.b64(kept.data), n=kept.n or 0, link=wire.b64(kept.link), sig=wire.b64(kept.sig)
    )


def _fitting(batch: list[Kept]) -> list[Kept]:
    """As many facts as stay well under the protocol's 1 MiB; always at least one."""
    size = 0
    fitting: list[Kept] = []
    for kept in batch:
        size += len(kept.data) * 4 // 3 + 300
        if fitting and size > wire.MAX_PUSH_BYTES // 2:
            break
        fitting.append(kept)
    return fitting


async def _apply(
    store: Store,
    batch: list[Kept],
    reply: wire.PushReply,
    lines: dict[str, wire.ReceiptLine],
    pushed: Applied,
) -> int | None:
    """Apply the outcomes of a batch.

    Returns:
        The number the server expects after a gap, where the rest of the chain has to wait; else
            None.

    """
    if len(reply.outcomes) != len(batch):
        raise ProblemError("net.bad_answer")
    for kept, outcome in zip(batch, reply.outcomes, strict=True):
        if outcome.sha256 != kept.sha256:  # an answer to other bytes than ours: damaged on the way
            raise ProblemError("net.bad_answer")
        if is_full(outcome.problem):
            pushed.full = outcome.problem or {}
            return None
        expected = await apply_outcome(store, kept, outcome, lines, pushed)
        if expected is not None:
            return expected
    return None
