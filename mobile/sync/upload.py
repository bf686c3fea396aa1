"""Photos up, apart from facts: resumed at the byte, let go of only with the server's receipt."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from mobile.ports.api import Vault
from mobile.store.meta import Enrolment
from mobile.store.photos import PhotoRow
from mobile.store.store import Store
from mobile.sync.client import Server
from mobile.sync.receipts import checked
from mobile.sync.schedule import Retry
from shared.problems import ProblemError
from shared.wire import MAX_HASHES


class Uploaded(msgspec.Struct):
    """What an upload did. `resumed`: photos that went on where they had stopped."""

    photos: int = 0
    bytes: int = 0
    resumed: int = 0


async def upload(
    store: Store, vault: Vault, enrolment: Enrolment, server: Server, retry: Retry, told: Callable[[int, int], None]
) -> Uploaded:
    """Send every photo a record owes. Raises: ProblemError net.unreachable, receipt.invalid; RemoteError."""
    done = Uploaded()
    waiting = store.photos.waiting()
    for start in range(0, len(waiting), MAX_HASHES):
        rows = waiting[start : start + MAX_HASHES]
        reply = await retry(server.missing, [r.sha256 for r in rows])
        held = await checked(vault, enrolment, reply.receipt)
        missing = set(reply.missing)
        for number, row in enumerate(rows):
            told(start + number, len(waiting))
            if row.sha256 in missing:
                await retry(_send, store, vault, enrolment, server, row, done)
                done.photos += 1
            elif row.sha256 in held:
                store.photos.mark_sent(row.sha256)
    told(len(waiting), len(waiting))
    return done


async def _send(
    store: Store, vault: Vault, enrolment: Enrolment, server: Server, row: PhotoRow, done: Uploaded
) -> None:
    data = await store.photos.read(row.sha256)
    path, offset = await _place(store, server, row, done)
    store.photos.progress(row.sha256, offset)
    receipt = await server.upload(path, offset, data[offset:])
    done.bytes += len(data) - offset
    if row.sha256 not in await checked(vault, enrolment, receipt):
        raise ProblemError("receipt.invalid")
    store.photos.mark_sent(row.sha256)


async def _place(store: Store, server: Server, row: PhotoRow, done: Uploaded) -> tuple[str, int]:
    """Where to send to and from which byte: a started upload goes on, a forgotten one starts anew."""
    path = await store.photos.upload_of(row.sha256)
    offset = await server.upload_offset(path) if path else None
    if offset is not None:
        done.resumed += offset > 0
        return path, offset
    path = await server.create_upload(row.sha256, row.size_bytes)
    await store.photos.started(row.sha256, path)
    return path, await server.upload_offset(path) or 0
