"""What the database knows of photos and uploads; the bytes are files (photo_files.py)."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, select

from sync_server.store import tables as t
from sync_server.store.ids import new_id
from sync_server.store.parts import parts
from sync_server.store.rows import as_struct


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """An unfinished upload of one device."""

    id: str
    device: str
    sha256: str
    size_bytes: int


def stored_of(connection: Connection, hashes: Sequence[str]) -> set[str]:
    """Which of these photos are stored."""
    found: set[str] = set()
    for part in parts(hashes):
        found |= set(
            connection.execute(select(t.photo.c.sha256).where(t.photo.c.sha256.in_(part))).scalars()
        )
    return found


def hashes(connection: Connection) -> set[str]:
    """The hashes of all stored photos."""
    return set(connection.execute(select(t.photo.c.sha256)).scalars())


def start_upload(
    connection: Connection, device: str, sha256: str, size_bytes: int, now: str
) -> Upload:
    """Start an upload, or return the one this device had started of the same photo."""
    c = t.upload.c
    row = (
        connection.execute(select(t.upload).where(c.device == device, c.sha256 == sha256))
        .mappings()
        .first()
    )
    if row is not None and row["size_bytes"] == size_bytes:
        return as_struct(row, Upload)
    if row is not None:
        forget_upload(connection, row["id"])
    made = Upload(id=new_id(), device=device, sha256=sha256, size_bytes=size_bytes)
    connection.execute(t.upload.insert(), {**msgspec.structs.asdict(made), "created_at": now})
    return made


def find_upload(connection: Connection, upload_id: str, device: str) -> Upload | None:
    """Return an upload of this device."""
    c = t.upload.c
    row = (
        connection.execute(select(t.upload).where(c.id == upload_id, c.device == device))
        .mappings()
        .first()
    )
    return None if row is None else as_struct(row, Upload)


def forget_upload(connection: Connection, upload_id: str) -> None:
    """Delete the row of an upload."""
    connection.execute(t.upload.delete().where(t.upload.c.id == upload_id))


def upload_ids(connection: Connection) -> set[str]:
    """The ids of all unfinished uploads."""
    return set(connection.execute(select(t.upload.c.id)).scalars())


def complete(connection: Connection, upload: Upload, now: str) -> None:
    """The photo is in its place on disk: from now on it is stored."""
    if not stored_of(connection, [upload.sha256]):
        connection.execute(
            t.photo.insert(),
            {
                "sha256": upload.sha256,
                "size_bytes": upload.size_bytes,
                "device": upload.device,
                "received_at": now,
            },
        )
    forget_upload(connection, upload.id)


def may_see(connection: Connection, unit: str, sha256: str) -> bool:
    """Whether a fact of this school refers to the photo."""
    c = t.fact_photo.c
    return (
        connection.execute(
            select(c.fact_id).where(c.sha256 == sha256, c.unit == unit).limit(1)
        ).first()
        is not None
    )
