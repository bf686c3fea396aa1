"""What the database knows of photos and uploads; the bytes are files (photo_files.py).

What a phone may send is counted here, in the transaction that begins an upload (quotas.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import ColumnElement, Connection, bindparam, func, select, update

from shared.problems import ProblemError
from sync_server import quotas
from sync_server.store import device_days, locks
from sync_server.store import tables as t
from sync_server.store.ids import new_id
from sync_server.store.parts import parts
from sync_server.store.prepared import Prepared, inserting
from sync_server.store.rows import as_struct
from sync_server.store.writer import refresh_later

_HASH = re.compile(rb"[0-9a-f]{64}")

# Built once: making a statement costs more than running it, and every photo of a phone runs them.
_THESE = Prepared(
    select(t.photo.c.sha256).where(t.photo.c.sha256.in_(bindparam("hashes", expanding=True)))
)
_STORED = Prepared(select(t.photo.c.sha256).where(t.photo.c.sha256 == bindparam("hash")))
_NAMED = Prepared(
    select(t.fact_photo.c.fact_id).where(t.fact_photo.c.sha256 == bindparam("hash")).limit(1)
)
_OF_HASH = Prepared(
    select(t.upload).where(
        t.upload.c.device == bindparam("of_device"), t.upload.c.sha256 == bindparam("hash")
    )
)
_OF_ID = Prepared(
    select(t.upload).where(
        t.upload.c.id == bindparam("of_id"), t.upload.c.device == bindparam("of_device")
    )
)
_HELD = Prepared(
    select(func.count(), func.coalesce(func.sum(t.upload.c.size_bytes), 0)).where(
        t.upload.c.device == bindparam("of_device")
    )
)
_FORGET = Prepared(t.upload.delete().where(t.upload.c.id == bindparam("of_id")))
_KEEP = inserting(t.photo)


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """An unfinished upload of one device.

    Attributes:
        id: Its id.
        device: The phone's.
        sha256: The photo's hash.
        size_bytes: The photo's size.
        created_at: When it was begun or asked for last.
        held_bytes: How much of it lies in parts of a shared store.
        parts: Their names, as photo_objects.parts_of reads them.
    """

    id: str
    device: str
    sha256: str
    size_bytes: int
    created_at: str = ""
    held_bytes: int = 0
    parts: str = ""

    @property
    def expires_at(self) -> datetime:
        """When it can no longer be resumed."""
        return datetime.fromisoformat(self.created_at) + quotas.UNFINISHED_FOR


_BEGIN = Prepared(
    t.upload.insert().values({name: bindparam(name) for name in Upload.__struct_fields__})
)


def stored_of(connection: Connection, hashes: Sequence[str]) -> set[str]:
    """Which of these photos are stored."""
    found: set[str] = set()
    for part in parts(hashes):
        found |= {sha256 for (sha256,) in _THESE.rows(connection, {"hashes": part})}
    return found


def hashes(connection: Connection) -> set[str]:
    """The hashes of all stored photos."""
    return set(connection.execute(select(t.photo.c.sha256)).scalars())


def hashes_from(connection: Connection, start: str) -> set[str]:
    """The hashes of the stored photos that begin with these digits."""
    c = t.photo.c.sha256
    return set(connection.execute(select(c).where(c >= start, c < f"{start}g")).scalars())


def asked_for(device: str, sha256: str, size_bytes: int, now: str) -> Upload:
    """Return an upload as a phone asks for it; it has no row."""
    return Upload(id=new_id(), device=device, sha256=sha256, size_bytes=size_bytes, created_at=now)


def start_upload(
    connection: Connection, device: str, sha256: str, size_bytes: int, now: str
) -> Upload:
    """Start an upload and count it, or return the one this device had started of the same photo.

    Raises:
        ProblemError: upload.quota, upload.unfinished, upload.unnamed.
    """
    asked = {"of_device": device, "hash": sha256}
    row = _OF_HASH.first(connection, asked)
    if row is not None and row["size_bytes"] == size_bytes:
        same = update(t.upload).where(t.upload.c.id == row["id"])
        connection.execute(same.values(created_at=now))
        return msgspec.structs.replace(as_struct(row, Upload), created_at=now)
    if row is not None:
        forget_upload(connection, row["id"])
    _check_unfinished(connection, device, size_bytes)
    count(connection, device, sha256, size_bytes, now)
    made = asked_for(device, sha256, size_bytes, now)
    _BEGIN.run(connection, msgspec.structs.asdict(made))
    return made


def count(connection: Connection, device: str, sha256: str, size_bytes: int, now: str) -> None:
    """Count a photo that a phone begins to send; one that is stored already takes no room.

    Raises:
        ProblemError: upload.quota, upload.unnamed.
    """
    if _is_stored(connection, sha256):
        return
    if not _is_named(connection, sha256):
        _check_unnamed(connection, device, sha256, size_bytes)
    if not device_days.add_photo(connection, device, now, size_bytes):
        raise ProblemError("upload.quota", photos=quotas.DAY_PHOTOS)


def find_upload(connection: Connection, upload_id: str, device: str) -> Upload | None:
    """Return an upload of this device."""
    asked = {"of_id": upload_id, "of_device": device}
    row = _OF_ID.first(connection, asked)
    return None if row is None else as_struct(row, Upload)


def forget_upload(connection: Connection, upload_id: str) -> None:
    """Delete the row of an upload."""
    _FORGET.run(connection, {"of_id": upload_id})


def upload_ids(connection: Connection) -> set[str]:
    """The ids of all unfinished uploads."""
    return set(connection.execute(select(t.upload.c.id)).scalars())


def forget_expired_uploads(
    connection: Connection, before: str, busy: Collection[str], now: str = ""
) -> list[str]:
    """Delete the uploads begun before a moment, but none that is busy; return their ids.

    Args:
        connection: The writer's.
        before: UTC ISO.
        busy: Those that this process receives.
        now: The real clock, UTC ISO: one that another process claims beyond it is busy too.
    """
    upload = t.upload.c
    old = select(upload.id).where(upload.created_at < before, upload.claim_until <= now)
    gone = [found for found in connection.execute(old).scalars() if found not in busy]
    for part in parts(gone):
        connection.execute(t.upload.delete().where(t.upload.c.id.in_(part)))
    return gone


def complete(
    connection: Connection, upload: Upload, now: str, is_there: Callable[[str], bool]
) -> None:
    """Record a photo that is in its place on disk: from now on it is stored.

    Args:
        connection: The writer's.
        upload: Its upload.
        now: UTC ISO.
        is_there: Whether a photo's file is in its place.

    Raises:
        ProblemError: upload.unknown where its file went meanwhile, with a photo of the same hash
            that expired: it is sent again.
    """
    _record(connection, upload, now, is_there)
    forget_upload(connection, upload.id)


def complete_whole(
    connection: Connection, photo: Upload, now: str, is_there: Callable[[str], bool]
) -> str:
    """Count and record a photo that came whole with its request, as `complete` does.

    Args:
        connection: The writer's.
        photo: The upload it would have been; it has no row.
        now: UTC ISO.
        is_there: Whether a photo's file is in its place.

    Returns:
        The id of an upload of it that this phone had begun before, and that is forgotten now; "".

    Raises:
        ProblemError: upload.quota, upload.unnamed, upload.unknown.
    """
    before = _OF_HASH.first(connection, {"of_device": photo.device, "hash": photo.sha256})
    if before is None or before["size_bytes"] != photo.size_bytes:
        # else it was counted when it was begun
        count(connection, photo.device, photo.sha256, photo.size_bytes, now)
    _record(connection, photo, now, is_there)
    if before is None:
        return ""
    forget_upload(connection, before["id"])
    return str(before["id"])


def _record(
    connection: Connection, upload: Upload, now: str, is_there: Callable[[str], bool]
) -> None:
    refresh_later(connection)
    lock_files(connection)
    if not is_there(upload.sha256):
        raise ProblemError("upload.unknown")
    if _is_stored(connection, upload.sha256):  # a phone that sends it again has just got a receipt
        same = update(t.photo).where(t.photo.c.sha256 == upload.sha256, unnamed())
        connection.execute(same.values(received_at=now))
    else:
        row = {k: getattr(upload, k) for k in ("sha256", "size_bytes", "device")}
        _KEEP.run(connection, {**row, "received_at": now})


def keep(connection: Connection, device: str, sha256: str, size_bytes: int, now: str) -> None:
    """Record a photo that the office itself put in its place; one that is stored stays.

    One that no record names is kept on as one that came now.
    """
    if stored_of(connection, [sha256]):
        same = update(t.photo).where(t.photo.c.sha256 == sha256, unnamed())
        connection.execute(same.values(received_at=now))
        return
    row = {"sha256": sha256, "size_bytes": size_bytes, "device": device, "received_at": now}
    connection.execute(t.photo.insert(), row)


def add(connection: Connection, device: str, sizes: Mapping[str, int], now: str) -> None:
    """Record photos whose files are in their place, by hash; those that are stored stay."""
    stored = stored_of(connection, list(sizes))
    fresh = [
        {"sha256": sha256, "size_bytes": size, "device": device, "received_at": now}
        for sha256, size in sizes.items()
        if sha256 not in stored
    ]
    if fresh:
        connection.execute(t.photo.insert(), fresh)


def may_see(connection: Connection, unit: str, sha256: str) -> bool:
    """Whether a fact of this school refers to the photo."""
    c = t.fact_photo.c
    return (
        connection.execute(
            select(c.fact_id).where(c.sha256 == sha256, c.unit == unit).limit(1)
        ).first()
        is not None
    )


def lock_files(connection: Connection) -> None:
    """Let nobody else record or remove photos' files until this transaction ends."""
    locks.hold(connection, locks.PHOTO_FILES)


class QuarantineNames:
    """The photos that quarantined records name, whatever else these say; read in two steps.

    All of them are read before the writer's transaction, and in it only those that came since.
    """

    def __init__(self) -> None:
        self._read: set[str] = set()
        self.hashes: set[str] = set()

    def read(self, connection: Connection, device: str = "") -> None:
        """Read the records not read before, of one phone or of all."""
        q = t.quarantine.c
        ids = select(q.id) if not device else select(q.id).where(q.device == device)
        new = [found for found in connection.execute(ids).scalars() if found not in self._read]
        for part in parts(new):
            rows = connection.execute(select(q.data).where(q.id.in_(part))).scalars()
            for data in rows:
                self.hashes |= {name.decode() for name in _HASH.findall(data)}
        self._read |= set(new)


def forget_unnamed(connection: Connection, before: str, names: QuarantineNames) -> int:
    """Delete the rows of photos that came before a moment and that no record names.

    In the writer: a record that comes later makes its phone send the photo again. The files follow
    (office/expiry.py).

    Returns:
        How many.
    """
    names.read(connection)
    photo = t.photo.c
    old = select(photo.sha256).where(photo.received_at < before, unnamed())
    gone = [sha for sha in connection.execute(old).scalars() if sha not in names.hashes]
    for part in parts(gone):
        connection.execute(t.photo.delete().where(photo.sha256.in_(part)))
    return len(gone)


def unnamed() -> ColumnElement[bool]:
    """Whether neither a record nor a scanned slip names a photo."""
    named = select(t.fact_photo.c.fact_id).where(t.fact_photo.c.sha256 == t.photo.c.sha256)
    scanned = select(t.slip_page.c.id).where(t.slip_page.c.sha256 == t.photo.c.sha256)
    return ~named.exists() & ~scanned.exists()


def _is_named(connection: Connection, sha256: str) -> bool:
    return _NAMED.one(connection, {"hash": sha256}) is not None


def _is_stored(connection: Connection, sha256: str) -> bool:
    return _STORED.one(connection, {"hash": sha256}) is not None


def _check_unfinished(connection: Connection, device: str, size_bytes: int) -> None:
    number, held_bytes = _HELD.rows(connection, {"of_device": device})[0]
    if number >= quotas.UNFINISHED_UPLOADS or held_bytes + size_bytes > quotas.UNFINISHED_BYTES:
        raise ProblemError("upload.unfinished", count=number)


def _check_unnamed(connection: Connection, device: str, sha256: str, size_bytes: int) -> None:
    """Refuse a photo that no record names where too many of this phone are stored or on their way.

    What its quarantined records name is looked up only then: that takes longer.
    """
    c = t.photo.c
    held = select(c.sha256, c.size_bytes).where(c.device == device, unnamed())
    on_way = t.upload.c
    named = select(t.fact_photo.c.fact_id).where(t.fact_photo.c.sha256 == on_way.sha256)
    coming = select(on_way.sha256, on_way.size_bytes).where(
        on_way.device == device, ~named.exists()
    )
    found = {row.sha256: row.size_bytes for row in connection.execute(held.union_all(coming))}
    if _fits_unnamed(found.values(), size_bytes):
        return
    names = QuarantineNames()
    names.read(connection, device)
    left = [size for sha, size in found.items() if sha not in names.hashes]
    if sha256 not in names.hashes and not _fits_unnamed(left, size_bytes):
        raise ProblemError("upload.unnamed", count=len(left))


def _fits_unnamed(sizes: Collection[int], size_bytes: int) -> bool:
    return len(sizes) < quotas.UNNAMED_PHOTOS and sum(sizes) + size_bytes <= quotas.UNNAMED_BYTES
