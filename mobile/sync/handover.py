"""The hand-over file on the phone's side (shared/handover.py): written a frame at a time, its answer taken back.

Nothing counts as sent because it was written: only the answer's receipt does that, checked as after a push.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec

from mobile.ports.api import Crypto, Vault
from mobile.store.facts import PENDING, WAITING, Kept
from mobile.store.meta import Enrolment
from mobile.store.photos import WAITING as OWED
from mobile.store.store import Store
from mobile.sync.push import join_all
from mobile.sync.receipts import checked
from shared import handover as form
from shared import wire
from shared.box import HANDOVER, context
from shared.problems import ProblemError, details

LIMIT_BYTES = 64 * 1024 * 1024
"""Photos in one file: a browser saves it from memory. The rest goes into the next, after the answer."""


class Written(msgspec.Struct):
    """What a file holds, filled in while it is written. `left`: photos that did not fit."""

    facts: int = 0
    photos: int = 0
    left: int = 0


class Taken(msgspec.Struct):
    """What an answer settled. `again`: the office misses earlier records, so another file is needed."""

    sent: int = 0
    duplicates: int = 0
    rejected: int = 0
    photos: int = 0
    again: bool = False


async def pieces(
    store: Store,
    vault: Vault,
    enrolment: Enrolment,
    made_at: str,
    written: Written,
    limit_bytes: int = LIMIT_BYTES,
) -> AsyncIterator[bytes]:
    """The file's bytes in order: the head, then frames. Holds one frame and one photo at a time.

    Raises: ProblemError handover.nothing, disk.full (records join the chain first), receipt.invalid (no server key).
    """
    await join_all(store)
    facts = sorted((k for k in store.facts.all() if k.state == WAITING), key=lambda k: k.n or 0)
    if not facts and not store.photos.waiting():
        raise ProblemError("handover.nothing")
    head, key = await _begin(store, vault, enrolment, made_at)
    yield head
    pending, number = bytearray(), 0
    async for record in _records(store, facts, written, limit_bytes):
        pending += record
        while len(pending) > form.FRAME_BYTES:
            frame = bytes(pending[: form.FRAME_BYTES])
            yield await vault.crypto.encrypt(key, form.nonce(number, last=False), frame, head)
            del pending[: form.FRAME_BYTES]
            number += 1
    yield await vault.crypto.encrypt(key, form.nonce(number, last=True), bytes(pending), head)


async def _begin(
    store: Store, vault: Vault, enrolment: Enrolment, made_at: str
) -> tuple[bytes, bytes]:
    """The signed head and the file's key; its private half is forgotten at once."""
    state = await store.meta.sync_state()
    try:
        server = wire.unb64(enrolment.server_key)
        point, key = await _agreed(vault.crypto, server)
    except ValueError as error:
        raise ProblemError("receipt.invalid") from error
    plain = form.head_bytes(
        form.Head(
            device=enrolment.device,
            to=enrolment.server_key,
            point=wire.b64(point),
            epoch=state.epoch,
            made_at=made_at,
        )
    )
    return plain + await vault.sign(form.signed(plain)), key


async def _agreed(crypto: Crypto, server: bytes) -> tuple[bytes, bytes]:
    private = await crypto.new_private_key()
    point = await crypto.public_point(private)
    return point, await crypto.derive(
        await crypto.agree(private, server), b"", context(HANDOVER, point, server)
    )


async def _records(
    store: Store, facts: list[Kept], written: Written, limit_bytes: int
) -> AsyncIterator[bytes]:
    for kept in facts:
        packed = wire.PushedFact(
            bytes=wire.b64(kept.data),
            n=kept.n or 0,
            link=wire.b64(kept.link),
            sig=wire.b64(kept.sig),
        )
        yield form.fact_record(packed)
        written.facts += 1
    room = limit_bytes
    for row in store.photos.waiting():
        if row.size_bytes > wire.MAX_PHOTO_BYTES or (room < row.size_bytes and written.photos):
            written.left += 1
            continue
        try:
            data = await store.photos.read(row.sha256)
        except ProblemError:  # of one photo: it stays on the list, the others go
            written.left += 1
            continue
        yield form.photo_record(row.sha256, data)
        room -= len(data)
        written.photos += 1


async def take(store: Store, vault: Vault, enrolment: Enrolment, data: bytes) -> Taken:
    """Take an answer back: what its receipt names is sent, what was refused stays with its reason.

    Raises: ProblemError handover.answer_unreadable, handover.answer_other, handover.answer_old, receipt.invalid,
    disk.full.
    """
    answer = await _signed(vault, enrolment, data)
    lines = await checked(vault, enrolment, answer.receipt)
    taken = Taken(again=await _meet_epoch(store, answer))
    known = {k.sha256: k for k in store.facts.all() if k.state != PENDING}
    for outcome in answer.facts:
        kept = known.get(outcome.sha256)
        if kept is not None:
            await _flush(store, kept, outcome, lines, taken)
        elif outcome.outcome == wire.GAP:
            taken.again = True
    for outcome in answer.photos:
        row = store.photos.row(outcome.sha256)
        if row is not None and row.state == OWED and outcome.sha256 in lines:
            store.photos.mark_sent(outcome.sha256)
            taken.photos += 1
    return taken


async def _signed(vault: Vault, enrolment: Enrolment, data: bytes) -> form.Answer:
    """The answer, after the server's signature and for whom it is were checked."""
    try:
        text, signature = form.split_answer(data)
        answer, key = form.read_answer(text), wire.unb64(enrolment.server_key)
    except ValueError as error:
        raise ProblemError("handover.answer_unreadable") from error
    if not await vault.verify(key, form.ANSWER + text, signature):
        raise ProblemError("handover.answer_unreadable")
    if answer.device != enrolment.device:
        raise ProblemError("handover.answer_other")
    return answer


async def _meet_epoch(store: Store, answer: form.Answer) -> bool:
    """A server put back from a backup has another epoch and may have lost what it once held (P8).

    An answer to a file made before this phone heard of the present epoch proves nothing of the present server. One
    from an epoch not heard of yet does: everything is owed again first, then the answer lets go of what arrived.
    True when something became owed again.
    """
    state = await store.meta.sync_state()
    if answer.epoch == state.epoch:
        return False
    if answer.knew != state.epoch:
        raise ProblemError("handover.answer_old")
    if state.epoch:
        store.facts.queue_again()
        store.photos.queue_again()
    await store.meta.put("sync", msgspec.structs.replace(state, epoch=answer.epoch, cursor=""))
    return bool(state.epoch)


async def _flush(
    store: Store,
    kept: Kept,
    outcome: wire.Outcome,
    lines: dict[str, wire.ReceiptLine],
    taken: Taken,
) -> None:
    if outcome.outcome in (wire.CREATED, wire.DUPLICATE):
        line = lines.get(kept.sha256)
        if line is None or line.id != kept.id:
            raise ProblemError("receipt.invalid")
        if kept.state == WAITING:
            taken.sent += 1
            taken.duplicates += outcome.outcome == wire.DUPLICATE
        store.facts.mark_sent(kept.id, line.seq)
    elif kept.state != WAITING:
        return  # settled since, or refused before: an old answer takes nothing back
    elif outcome.outcome == wire.GAP:
        store.facts.queue_again(outcome.expect or 1)
        taken.again = True
    else:
        await store.facts.mark_rejected(
            kept.id, outcome.problem or details(ProblemError("fact.conflict"))
        )
        taken.rejected += 1
