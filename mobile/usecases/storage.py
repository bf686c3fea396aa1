"""What this phone stores.

How much of it the office has, the space it takes, when it will be deleted.
"""

from __future__ import annotations

import logging
from contextlib import suppress

import msgspec

from mobile.store.database import size_bytes
from mobile.store.kept import REJECTED
from mobile.store.photos import DRAFT, SENT, WAITING, PhotoRow
from mobile.usecases.phone import Phone
from mobile.usecases.retention import is_over, office_day, photos_in, photos_of
from shared.problems import ProblemError
from shared.season import phone_keeps_until

log = logging.getLogger("doorstep.storage")
KEPT_MS = 24 * 3600 * 1000
"""How long the copy of a photo is kept although the office has it (ms): a night with its backup."""
MOST_AT_ONCE = 20
"""Photos released after one sync: a thumbnail takes up to a tenth of a second on a cheap phone."""


class StorageView(msgspec.Struct, frozen=True, kw_only=True):
    """The storage page. Counts are of records, photos and (`unfinished`) forms.

    Attributes:
        records_refused: Refused by the office; in no other count.
        photos_gone: Photos only the office has; the copy here was deleted.
        quota_bytes: What a browser grants the app (mobile/ports/api.py Disk).
        promised: Whether the browser promised to keep it.
        freeable: Photos whose copy may be deleted; `freeable_bytes` their size.
        keeps_until: A day in China (ISO); empty before the season is known.
        over: Whether that day has passed.

    """

    records_unsent: int = 0
    records_refused: int = 0
    records_sent: int = 0
    photos_unsent: int = 0
    photos_sent: int = 0
    photos_gone: int = 0
    photos_open: int = 0
    unfinished: int = 0
    cases: int = 0
    used_bytes: int = 0
    free_bytes: int = 0
    quota_bytes: int = 0
    promised: bool | None = None
    freeable: int = 0
    freeable_bytes: int = 0
    refreshed_at: str = ""
    keeps_until: str = ""
    over: bool = False


class Freed(msgspec.Struct, frozen=True, kw_only=True):
    """How many copies of photos were deleted, and their size."""

    photos: int
    size_bytes: int


async def storage(phone: Phone) -> StorageView:
    """Return the storage page."""
    store = phone.store
    briefing = await store.meta.briefing()
    until = phone_keeps_until(briefing.season) if briefing else None
    rows, freeable = store.photos.all(), await _freeable(phone)
    here = [row for row in rows if row.state in (DRAFT, WAITING, SENT)]
    unsent = [kept.state for kept in store.facts.unsent()]
    return StorageView(
        records_unsent=len(unsent) - unsent.count(REJECTED),
        records_refused=unsent.count(REJECTED),
        records_sent=len(store.facts.all()) - len(unsent),
        photos_unsent=sum(row.state == WAITING for row in rows),
        photos_sent=sum(row.state == SENT for row in rows),
        photos_gone=len(rows) - len(here),
        photos_open=sum(row.state == DRAFT for row in rows),
        unfinished=len(await store.drafts.all()),
        cases=store.cases.count(),
        used_bytes=size_bytes(store.db)
        + sum(row.size_bytes for row in here)
        + sum(row.thumbnail_bytes for row in rows),
        free_bytes=phone.disk.free_bytes(),
        quota_bytes=phone.disk.quota_bytes(),
        promised=phone.disk.promised(),
        freeable=len(freeable),
        freeable_bytes=sum(row.size_bytes for row in freeable),
        refreshed_at=(await store.meta.sync_state()).refreshed_at,
        keeps_until=until.isoformat() if until else "",
        over=briefing is not None and is_over(briefing.season, await office_day(phone)),
    )


async def free_now(phone: Phone) -> Freed:
    """Delete the copies of photos whose signed receipt is held.

    Raises:
        ProblemError: disk.full.

    """
    return await _release(phone, await _freeable(phone.to_write()))


async def release_sent(phone: Phone) -> Freed:
    """Delete the copies of photos that the office has had for a day; after every whole sync.

    A day from the first sync that found them sent, whenever they were taken: a server restored from
    last night's backup gets them once more (P8). A time in the future is a clock set back (P9). A
    disk problem is logged: releasing can wait.
    """
    now_ms, rows = phone.now_ms(), await _freeable(phone)
    new = [r.sha256 for r in rows if r.sent_ms is None]
    old = [r for r in rows if r.sent_ms is not None and abs(now_ms - r.sent_ms) >= KEPT_MS]
    try:
        if new:
            phone.store.photos.note_sent(new, now_ms)
            await phone.store.flush()
        return await _release(phone, old[:MOST_AT_ONCE])
    except ProblemError as problem:
        log.warning("nothing released: %s", problem.code)
        return Freed(photos=0, size_bytes=0)


async def _release(phone: Phone, rows: list[PhotoRow]) -> Freed:
    """Keep a thumbnail of each where that can be done, then delete the copies."""
    photos = phone.store.photos
    for row in rows:
        if not row.thumbnail_bytes:
            with suppress(ProblemError):  # not readable any more, or no room: the office has it
                small = await phone.codec.thumbnail(await photos.read(row.sha256))
                await photos.add_thumbnail(row.sha256, small)
    photos.release(row.sha256 for row in rows)
    await photos.sweep()
    return Freed(photos=len(rows), size_bytes=sum(row.size_bytes for row in rows))


async def _freeable(phone: Phone) -> list[PhotoRow]:
    """Photos with a receipt, except those shown in an unfinished form or named by a waiting record.

    Until a record names it, the server keeps a photo for some weeks only.
    """
    used = photos_in(await phone.store.drafts.all())
    for kept in phone.store.facts.unsent():
        used |= set() if kept.state == REJECTED else set(photos_of(kept))
    return [row for row in phone.store.photos.all() if row.state == SENT and row.sha256 not in used]
