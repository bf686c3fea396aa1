"""Photos up, apart from facts.

Sent with the request that begins them, resumed at the byte where they stopped, marked sent only
with the server's receipt.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

import msgspec

from mobile.ports.api import Vault
from mobile.store.meta import Enrolment
from mobile.store.photos import PhotoRow
from mobile.store.store import Store
from mobile.sync.client import UPLOADS, RemoteError, Server
from mobile.sync.receipts import checked
from mobile.sync.schedule import Retry
from shared.problems import ProblemError
from shared.wire import MAX_HASHES, Receipt


class Uploaded(msgspec.Struct):
    """What an upload did. `resumed`: photos continued where they had stopped.

    `failed`: the problem code of each photo left for the next sync, by its hash.
    """

    photos: int = 0
    bytes: int = 0
    resumed: int = 0
    failed: dict[str, str] = {}


NOT_NOW = ("disk.full", "disk.low", "disk.used_up", "upload.quota")
"""A server's problem codes that concern every photo: none is tried again before the next sync."""
NOT_IMAGE = "photo.not_image"
"""The server's problem code of a photo that it never accepts: it is not sent again."""
OF_ONE_PHOTO = ("photo.unknown", "upload.offset_conflict", "vault.cannot_open")
"""Problem codes that concern one photo alone."""


async def upload(
    store: Store,
    vault: Vault,
    enrolment: Enrolment,
    server: Server,
    retry: Retry,
    on_progress: Callable[[int, int], None],
    refused: Collection[str] = (),
) -> Uploaded:
    """Send every photo that waits; one that cannot be sent does not stop the others.

    Where the server accepts no photo now, the rest waits for the next sync.

    Args:
        store: The phone's store.
        vault: Its keys.
        enrolment: The device and its server.
        server: The server.
        retry: How to repeat a failed request.
        on_progress: Called with photos done and photos in all.
        refused: Photos (sha256) that the server refused for good.

    Raises:
        ProblemError: net.unreachable, net.bad_answer, receipt.invalid.
        RemoteError: The server refused more than one photo.

    """
    done = Uploaded()
    waiting = store.photos.waiting()
    for start in range(0, len(waiting), MAX_HASHES):
        rows = waiting[start : start + MAX_HASHES]
        reply = await retry(server.missing, [r.sha256 for r in rows])
        held = await checked(vault, enrolment, reply.receipt)
        missing = set(reply.missing)
        for number, row in enumerate(rows):
            on_progress(start + number, len(waiting))
            if row.sha256 in missing and row.sha256 in refused:
                done.failed[row.sha256] = NOT_IMAGE
            elif row.sha256 in missing:
                try:
                    await retry(_send, store, vault, enrolment, server, row, done)
                    done.photos += 1
                except (RemoteError, ProblemError) as problem:
                    if isinstance(problem, RemoteError) and problem.code in NOT_NOW:
                        left = waiting[start + number :]
                        done.failed |= {r.sha256: problem.code for r in left}
                        return done
                    if not _of_one_photo(problem):
                        raise
                    done.failed[row.sha256] = problem.code
            elif row.sha256 in held:
                store.photos.mark_sent(row.sha256)
    on_progress(len(waiting), len(waiting))
    return done


def _of_one_photo(problem: RemoteError | ProblemError) -> bool:
    if isinstance(problem, RemoteError):
        return problem.status in (404, 409, 413, 422)
    return problem.code in OF_ONE_PHOTO


async def _send(
    store: Store, vault: Vault, enrolment: Enrolment, server: Server, row: PhotoRow, done: Uploaded
) -> None:
    data = await store.photos.read(row.sha256)
    path = await store.photos.upload_of(row.sha256)
    offset = await server.upload_offset(path) if path not in ("", UPLOADS) else None
    if path and offset is None and await _arrived(vault, enrolment, server, row.sha256):
        store.photos.mark_sent(row.sha256)  # only the answer had been lost
        return
    if offset is None:
        along = b"" if path else data
        if along:  # cut midway, it is asked where to go on
            await store.photos.started(row.sha256, UPLOADS)
        path, offset, receipt = await server.create_upload(row.sha256, row.size_bytes, along)
        if receipt is not None:
            done.bytes += len(data)
            await _take(store, vault, enrolment, row, receipt)
            return
        await store.photos.started(row.sha256, path)
        if offset is None:
            offset = await server.upload_offset(path) or 0
    if offset > len(data):  # no server holds more of a photo than there is
        await store.photos.started(row.sha256, "")  # the next sync begins another upload
        raise ProblemError("upload.offset_conflict", expected=len(data))
    done.resumed += offset > 0
    receipt = await server.upload(path, offset, data[offset:])
    done.bytes += len(data) - offset
    await _take(store, vault, enrolment, row, receipt)


async def _take(
    store: Store, vault: Vault, enrolment: Enrolment, row: PhotoRow, receipt: Receipt | None
) -> None:
    """Mark a photo as sent by its receipt. Raises: ProblemError receipt.invalid."""
    if row.sha256 not in await checked(vault, enrolment, receipt):
        raise ProblemError("receipt.invalid")
    store.photos.mark_sent(row.sha256)


async def _arrived(vault: Vault, enrolment: Enrolment, server: Server, sha256: str) -> bool:
    """Whether the server holds a photo whose upload it no longer knows."""
    reply = await server.missing([sha256])
    return sha256 in await checked(vault, enrolment, reply.receipt)
