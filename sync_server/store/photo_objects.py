"""Photos and unfinished uploads in a store that replicas share, by the names they have on a disk.

photos/ab/<sha256> is written when the hash of all its bytes was checked: one request, whole or not
at all. Until then what a phone has sent lies in parts, uploads/<id>/<offset>-<random>: the upload's
row names those that count, so any replica goes on where another ended, and whatever a killed one
left beside them counts for nothing. A photo that comes in one piece is never a part.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from shared.digest import sha256_hex
from shared.problems import ProblemError
from sync_server.files.keys import name_of
from sync_server.files.protocol import FileStore
from sync_server.store.photo_files import YOUNG_S, check_photo, is_sha256

PHOTOS, UPLOADS = "photos", "uploads"
PART_BYTES = 1024 * 1024
"""How much of a photo is kept in memory until it is put aside: most photos come whole."""
LISTED = 1000


class PhotoObjects:
    """The photo store of servers that share it.

    Args:
        store: Where the objects are.
    """

    def __init__(self, store: FileStore) -> None:
        self._store = store
        self._coming: dict[str, bytearray] = {}

    def answers(self) -> bool:
        """Return whether the store answers now."""
        try:
            self._store.exists(f"{PHOTOS}/answers")
        except ProblemError:
            return False
        return True

    def path(self, sha256: str) -> Path:
        """Return a copy of a photo; a path at which nothing is where there is none."""
        return self._store.local(_key(sha256))

    def folder_of(self, hashes: Iterable[str], aside: Path) -> Path:
        """Return a folder with copies of these photos, named as on a disk.

        Args:
            hashes: The photos; one that is gone is left out.
            aside: Where to make it.
        """
        for sha256 in hashes:
            place = aside / sha256[:2] / sha256
            place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            try:
                place.write_bytes(self._store.read(_key(sha256)))
            except FileNotFoundError:
                continue
        return aside

    def append(self, upload_id: str, offset: int, chunk: bytes) -> None:
        """Take bytes that come after those taken so far; they are in memory alone.

        Args:
            upload_id: The upload.
            offset: Where they stand; what is before the first ones lies in parts.
            chunk: The bytes.
        """
        if offset == 0:
            self._coming.pop(upload_id, None)
        self._coming.setdefault(upload_id, bytearray()).extend(chunk)

    def coming_bytes(self, upload_id: str) -> int:
        """Return how much is in memory of an upload."""
        return len(self._coming.get(upload_id, b""))

    def put_aside(self, upload_id: str, offset: int) -> str:
        """Write what is in memory as a part; return its name for the row, "" for nothing.

        Args:
            upload_id: The upload.
            offset: Where in the photo its first byte stands.

        Raises:
            ProblemError: files.unreachable, files.denied.
        """
        data = bytes(self._coming.pop(upload_id, b""))
        if not data:
            return ""
        name = f"{offset}-{secrets.token_hex(4)}"
        self._store.put(f"{UPLOADS}/{upload_id}/{name}", data)
        return name

    def let_go(self, upload_id: str) -> None:
        """Forget what is in memory of an upload."""
        self._coming.pop(upload_id, None)

    def finish(self, upload_id: str, sha256: str, parts: Sequence[str] = ()) -> None:
        """Check the hash and that it is a JPEG, then write it under its name.

        Raises:
            ProblemError: photo.wrong_hash and photo.not_image (the upload is deleted),
                files.unreachable, files.denied.
        """
        try:
            before = b"".join(self._store.read(f"{UPLOADS}/{upload_id}/{name}") for name in parts)
        except FileNotFoundError as error:  # swept: the phone begins anew
            raise ProblemError("upload.unknown") from error
        data = before + bytes(self._coming.pop(upload_id, b""))
        try:
            check_photo(data, sha256)
        except ProblemError:
            self.forget(upload_id)
            raise
        self._store.put(_key(sha256), data)

    def store(self, source: Path, sha256: str) -> None:
        """Put a JPEG of ours, such as a slip's cut-out, in its place."""
        self._store.put_file(_key(sha256), source)

    def put(self, data: bytes) -> str:
        """Write a photo that the office made; return its hash. Raises: photo.not_image."""
        sha256 = sha256_hex(data)
        check_photo(data, sha256)
        self._store.put(_key(sha256), data)
        return sha256

    def forget(self, upload_id: str) -> None:
        """Delete what is held of an unfinished upload."""
        self.let_go(upload_id)
        self._store.delete_all(f"{UPLOADS}/{upload_id}")

    def upload_ids(self) -> list[str]:
        """Return the ids of the uploads of which parts are held for a while already."""
        before_s = time.time() - YOUNG_S
        young, old = set(), dict[str, None]()
        for found in self._store.below(UPLOADS):
            upload_id = found.key.split("/")[1]
            old[upload_id] = None
            if found.changed_s >= before_s:
                young.add(upload_id)
        return [upload_id for upload_id in old if upload_id not in young]

    def has(self, sha256: str) -> bool:
        """Return whether a photo is there."""
        return self._store.exists(_key(sha256))

    def remove(self, sha256: str) -> None:
        """Delete a photo."""
        self._store.delete(_key(sha256))

    def remove_each(self, hashes: Iterable[str]) -> None:
        """Delete these photos."""
        self._store.delete_each([_key(sha256) for sha256 in hashes])

    def in_folder(self, start: str) -> set[str]:
        """Return the hashes of the photos that are there and begin with two digits."""
        return {name_of(found.key) for found in self._store.below(f"{PHOTOS}/{start}")}

    def older(self) -> Iterator[list[str]]:
        """Yield the hashes of the photos that are not young, a thousand at a time."""
        return self._some(time.time() - YOUNG_S)

    def every(self) -> Iterator[list[str]]:
        """Yield the hashes of all photos, a thousand at a time."""
        return self._some(float("inf"))

    def _some(self, before_s: float) -> Iterator[list[str]]:
        some = list[str]()
        for found in self._store.below(PHOTOS):
            name = name_of(found.key)
            if is_sha256(name) and found.changed_s < before_s:
                some.append(name)
            if len(some) >= LISTED:
                yield some
                some = []
        if some:
            yield some

    def keep_only(self, hashes: set[str]) -> None:
        """Delete the photos that have none of these hashes."""
        self._store.delete_each(
            [f.key for f in self._store.below(PHOTOS) if name_of(f.key) not in hashes]
        )

    def read(self, sha256: str) -> bytes:
        """Return a photo's bytes, which its hash is asked of: others may write to the store.

        Raises:
            ProblemError: photo.unknown, files.damaged, files.unreachable, files.denied.
        """
        try:
            data = self._store.read(_key(sha256))
        except FileNotFoundError as error:
            raise ProblemError("photo.unknown") from error
        if sha256_hex(data) != sha256:
            raise ProblemError("files.damaged", key=_key(sha256))
        return data


def parts_of(text: str) -> tuple[str, ...]:
    """Return the names of an upload's parts, in order, as its row has them."""
    return msgspec.json.decode(text, type=tuple[str, ...]) if text else ()


def parts_text(parts: Sequence[str]) -> str:
    """Return the names of an upload's parts as its row keeps them."""
    return msgspec.json.encode(parts).decode() if parts else ""


def _key(sha256: str) -> str:
    """Return a photo's key. Raises ProblemError photo.unknown for what is not a hash."""
    if not is_sha256(sha256):
        raise ProblemError("photo.unknown")
    return f"{PHOTOS}/{sha256[:2]}/{sha256}"
