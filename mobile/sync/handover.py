"""The hand-over file (shared/handover.py) on the phone's side.

Written a frame at a time, its answer applied.

Writing a file marks nothing as sent: only the answer's receipt does, checked as after a push.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec

from mobile.ports.api import Crypto, Vault
from mobile.store.kept import PENDING, WAITING, Kept
from mobile.store.meta import Enrolment
from mobile.store.photos import WAITING as PHOTO_WAITING
from mobile.store.store import Store
from mobile.sync.answers import fits
from mobile.sync.outcomes import Applied, apply_outcome, queue_after_restore
from mobile.sync.push import join_all
from mobile.sync.receipts import checked
from mobile.sync.rewound import mark_chain_broken
from shared import handover as form
from shared import wire
from shared.box import HANDOVER, context
from shared.problems import ProblemError

LIMIT_BYTES = 64 * 1024 * 1024
"""The most bytes of photos in one file: a browser saves it from memory. The rest goes into the
next, after the answer.
"""

MAX_ANSWER_BYTES = 16 * 1024 * 1024
"""An answer is two hundred bytes for each record and photo of a file."""


class Written(msgspec.Struct):
    """What a file holds, counted while it is written. `left`: photos that did not fit."""

    facts: int = 0
    photos: int = 0
    left: int = 0


class AnswerApplied(Applied):
    """What an answer changed.

    Attributes:
        photos: Photos the office has.
        again: The office lacks earlier records, so another file is needed.
        answered: The facts and photos it is about, by id and hash.
        refused: The problem code of each photo it refuses, by its hash.

    """

    photos: int = 0
    again: bool = False
    answered: set[str] = msgspec.field(default_factory=set)
    refused: dict[str, str] = msgspec.field(default_factory=dict)


async def pieces(
    store: Store,
    vault: Vault,
    enrolment: Enrolment,
    made_at: str,
    written: Written,
    limit_bytes: int = LIMIT_BYTES,
) -> AsyncIterator[bytes]:
    """Yield the file's bytes in order: the head, then frames.

    Holds one frame and one photo in memory.

    Args:
        store: The phone's store.
        vault: Its keys.
        enrolment: Whose file it is, and for which server.
        made_at: The phone's time (ISO 8601), for the head.
        written: Counts, filled in on the way.
        limit_bytes: The most bytes of photos.

    Raises:
        ProblemError: handover.nothing; disk.full (records join the chain first); receipt.invalid
            (no server key).

    """
    await join_all(store)
    facts = sorted((k for k in store.facts.all() if k.state == WAITING), key=lambda k: k.n or 0)
    facts = facts[: form.MAX_FILE_RECORDS]  # the rest goes into the next file
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
    """The signed head, and the file's key; the private half of the key pair is dropped at once."""
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
    left_bytes = limit_bytes
    for row in store.photos.waiting():
        full = written.photos >= form.MAX_FILE_RECORDS or left_bytes < row.size_bytes
        if row.size_bytes > wire.MAX_PHOTO_BYTES or (full and written.photos):
            written.left += 1
            continue
        try:
            data = await store.photos.read(row.sha256)
        except ProblemError:  # of one photo: it stays on the list, the others go
            written.left += 1
            continue
        yield form.photo_record(row.sha256, data)
        left_bytes -= len(data)
        written.photos += 1


async def take(store: Store, vault: Vault, enrolment: Enrolment, data: bytes) -> AnswerApplied:
    """Apply an answer: what its receipt lists is sent, what was refused stays with its reason.

    Raises:
        ProblemError: handover.answer_unreadable, handover.answer_other, handover.answer_old,
            receipt.invalid, disk.full.

    """
    answer = await _signed(vault, enrolment, data)
    lines = await checked(vault, enrolment, answer.receipt)
    taken = AnswerApplied(again=await _meet_epoch(store, answer))
    known = {k.sha256: k for k in store.facts.all() if k.state != PENDING}
    for outcome in answer.facts:
        kept = known.get(outcome.sha256)
        if kept is not None:
            taken.answered.add(kept.id)
            expected = await apply_outcome(store, kept, outcome, lines, taken)
            if expected is not None and store.facts.has_number(expected):
                store.facts.queue_again(expected)
                taken.again = True
            elif expected is not None:
                await mark_chain_broken(store, expected)
        elif outcome.outcome == wire.GAP:
            taken.again = True
    for outcome in answer.photos:
        taken.answered.add(outcome.sha256)
        row = store.photos.row(outcome.sha256)
        if row is not None and outcome.problem and outcome.sha256 not in lines:
            taken.refused[outcome.sha256] = str(outcome.problem.get("code", ""))
        if row is not None and row.state == PHOTO_WAITING and outcome.sha256 in lines:
            store.photos.mark_sent(outcome.sha256)
            taken.photos += 1
    return taken


async def _signed(vault: Vault, enrolment: Enrolment, data: bytes) -> form.Answer:
    """The answer, after its signature and its device were checked."""
    if len(data) > MAX_ANSWER_BYTES:
        raise ProblemError("handover.answer_unreadable")
    try:
        text, signature = form.split_answer(data)
        answer, key = form.read_answer(text), wire.unb64(enrolment.server_key)
    except (ValueError, RecursionError) as error:
        raise ProblemError("handover.answer_unreadable") from error
    if not await vault.verify(key, form.ANSWER + text, signature) or not fits(answer):
        raise ProblemError("handover.answer_unreadable")
    if answer.device != enrolment.device:
        raise ProblemError("handover.answer_other")
    return answer


async def _meet_epoch(store: Store, answer: form.Answer) -> bool:
    """Compare the answer's epoch.

    A server restored from a backup has another and may have lost facts (P8).

    An answer to a file made before this phone knew the present epoch proves nothing of the present
    server. One from an epoch not known yet does: everything is queued again first, then the
    answer's receipt marks what arrived.

    Returns:
        Whether everything was queued again.

    """
    state = await store.meta.sync_state()
    if answer.epoch == state.epoch:
        return False
    if answer.knew != state.epoch:
        raise ProblemError("handover.answer_old")
    restored = queue_after_restore(store, state, answer.epoch)
    await store.meta.put("sync", msgspec.structs.replace(state, epoch=answer.epoch, cursor=""))
    return restored
