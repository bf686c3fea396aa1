"""Hand-over without a network.

Everything unsent in one encrypted file for the office, and the office's answer.

The file is a backup, too: only the office's key decrypts it, and handing it in twice stores nothing
twice.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path

import msgspec

from mobile.store.meta import Enrolment
from mobile.sync import handover as file
from mobile.sync.handover import LIMIT_BYTES, AnswerApplied, Written
from mobile.usecases.handin_views import SyncReport
from mobile.usecases.phone import Phone
from mobile.usecases.retention import delete_expired
from mobile.usecases.stuck import count_try, failed, urgent_problem
from shared.handover import SUFFIX
from shared.problems import ProblemError


class HandoverFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file to save.

    Attributes:
        name: Its suggested name.
        data: Its bytes.
        records: How many records it holds.
        photos: How many photos it holds.
        photos_left: Photos that did not fit or could not be read; they still wait.

    """

    name: str
    data: bytes
    records: int
    photos: int
    photos_left: int = 0


class TakenReport(SyncReport, frozen=True, kw_only=True):
    """What an answer changed, as after a sync.

    `again`: the office misses earlier records and needs another file.
    """

    again: bool = False


async def make_handover(phone: Phone, limit_bytes: int = LIMIT_BYTES) -> HandoverFile:
    """Return everything unsent as one file in memory. Nothing is marked as sent by this.

    Args:
        phone: The phone.
        limit_bytes: The most bytes of photos in the file.

    Raises:
        ProblemError: device.not_enrolled, handover.nothing, disk.full.

    """
    written = Written()
    data = bytearray()
    async with aclosing(_pieces(phone, written, limit_bytes)) as found:
        async for piece in found:
            data += piece
    return HandoverFile(
        name=await file_name(phone),
        data=bytes(data),
        records=written.facts,
        photos=written.photos,
        photos_left=written.left,
    )


async def write_handover(phone: Phone, path: Path) -> Written:
    """Write everything unsent to a file on disk, one frame at a time.

    Raises:
        ProblemError: as `make_handover`.
        OSError: When the file cannot be written.

    """
    written = Written()
    async with aclosing(_pieces(phone, written, 1 << 40)) as found:
        with path.open("wb") as out:
            async for piece in found:
                out.write(piece)
    return written


async def take_answer(phone: Phone, data: bytes) -> TakenReport:
    """Apply the office's answer.

    What its receipt lists is sent, what it refused stays with its reason. It counts as a try of
    what the file held (mobile/usecases/stuck.py).

    Returns:
        What it changed; not ok while anything is stuck or waits for a new key.

    Raises:
        ProblemError: device.not_enrolled, handover.answer_unreadable, handover.answer_other,
            handover.answer_old, receipt.invalid, disk.full.

    """
    async with phone.syncing:
        taken: AnswerApplied = await file.take(
            phone.store, phone.vault, await _enrolment(phone), data
        )
        report = TakenReport(
            ok=True,
            through=True,
            sent=taken.sent,
            duplicates=taken.duplicates,
            rejected=taken.rejected,
            photos=taken.photos,
            again=taken.again,
        )
        if await phone.store.meta.rewound() is None:
            await count_try(phone.store, taken.answered, taken.refused)
        urgent = await urgent_problem(phone.store)
        await delete_expired(phone)
    return failed(report, urgent) if urgent else report


async def file_name(phone: Phone) -> str:
    """Return a file name with the teacher's name and the time."""
    name = "".join(c for c in (await _enrolment(phone)).scope.staff_name if c.isalnum() or c == "·")
    return f"交接-{name}-{phone.now():%m%d-%H%M}{SUFFIX}"


async def _pieces(phone: Phone, written: Written, limit_bytes: int) -> AsyncGenerator[bytes, None]:
    async with phone.syncing:
        enrolment = await _enrolment(phone)
        made = file.pieces(
            phone.store, phone.vault, enrolment, phone.now().isoformat(), written, limit_bytes
        )
        async for piece in made:
            yield piece


async def _enrolment(phone: Phone) -> Enrolment:
    found = await phone.store.meta.enrolment()
    if found is None:
        raise ProblemError("device.not_enrolled")
    return found
