"""The ports: everything that differs between a phone's CPython, the browser and a headless run.

Vault methods are async because a browser's WebCrypto is; disk writes are durable when they return.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import msgspec

from mobile.ports.clock import ticked_s

Cell = tuple[bytes, bytes, bytes]
"""What `Crypto.decrypt_many` opens: nonce, ciphertext with tag, aad."""
Flush = Callable[[], Awaitable[None]]
"""Makes everything committed so far durable: awaited after a commit, before anything is called
saved or sent.

Raises: ProblemError disk.full, disk.broken.
"""


ANSWER_LIMIT = "limit_bytes"
"""The extension of an httpx request that names the most bytes of its answer's body; a transport
that reads a body by itself stops there.
"""


async def nothing_to_flush() -> None:
    """Do nothing: on a device with a file system SQLite's own commit is durable."""


class Clock(Protocol):
    """The only source of time. It is data, never order."""

    demo: bool

    def now(self) -> datetime:
        """Return the current moment: aware, China time."""


class Crypto(Protocol):
    """Key arithmetic, the same on every device: `cryptography` on a phone, WebCrypto in a browser.

    Keys are bytes: AES 32, a private key PKCS #8, a public key an uncompressed X9.62 P-256 point
    (65 bytes).
    """

    def random(self, size_bytes: int) -> bytes:
        """Return random bytes fit for ids and keys."""

    def forget(self) -> None:
        """Drop every key that was prepared for later calls: the phone is being locked."""

    async def stretch(self, secret: bytes, salt: bytes, iterations: int) -> bytes:
        """PBKDF2-HMAC-SHA256, 32 bytes."""

    async def derive(self, material: bytes, salt: bytes, info: bytes) -> bytes:
        """HKDF-SHA256 (RFC 5869), 32 bytes."""

    async def encrypt(self, key: bytes, nonce: bytes, data: bytes, aad: bytes) -> bytes:
        """AES-256-GCM: ciphertext and tag."""

    async def decrypt(self, key: bytes, nonce: bytes, data: bytes, aad: bytes) -> bytes:
        """Decrypt AES-256-GCM.

        Raises:
            ValueError: When key, nonce, bytes or aad differ.
        """

    async def decrypt_many(self, key: bytes, cells: Sequence[Cell]) -> list[bytes]:
        """Decrypt many cells under one key, in their order: one call costs less than one a cell.

        Raises:
            ValueError: When any of them does not open.
        """

    async def new_private_key(self) -> bytes:
        """A P-256 key, PKCS #8 with its public point."""

    async def public_point(self, private: bytes) -> bytes:
        """Return the point of a private key.

        Raises:
            ValueError: When it is not a private key.
        """

    async def sign(self, private: bytes, message: bytes) -> bytes:
        """ES256 over `message`: 64 bytes, raw r||s."""

    async def verify(self, public: bytes, message: bytes, signature: bytes) -> bool:
        """Return whether `signature` (raw r||s) over `message` is by the holder of `public`.

        False for what is not a key.
        """

    async def agree(self, private: bytes, public: bytes) -> bytes:
        """Return the shared x-coordinate of ECDH, 32 bytes.

        Raises:
            ValueError: For a point off the curve.
        """


class DeviceSecret(Protocol):
    """A secret that stays on this device: a copied folder and the PIN together decrypt nothing.

    `kind`: keystore (Android, iOS), webcrypto (a key the browser does not give out), file (a
    computer without either).
    """

    kind: str

    async def make(self) -> None:
        """Make it anew; what was bound to the old one can no longer be decrypted."""

    async def mac(self, message: bytes) -> bytes:
        """Return the HMAC-SHA256 of a message under it, 32 bytes.

        Raises:
            ProblemError: vault.secret_missing.
        """


class Vault(Protocol):
    """The phone's opened keys.

    Encrypted form: 1 | nonce (12 bytes) | AES-256-GCM ciphertext and tag.
    """

    @property
    def crypto(self) -> Crypto:
        """The key arithmetic underneath, for what is encrypted for others (a hand-over file)."""

    async def encrypt(self, data: bytes, aad: bytes) -> bytes:
        """Encrypt; `aad` names table, id and column, so that a swapped cell cannot be decrypted."""

    async def decrypt(self, encrypted: bytes, aad: bytes) -> bytes:
        """Decrypt.

        Raises:
            ProblemError: vault.cannot_open when key, bytes or aad differ.
        """

    async def decrypt_many(self, cells: Sequence[tuple[bytes, bytes]]) -> list[bytes]:
        """Decrypt many cells, each (encrypted, aad), in their order.

        Raises:
            ProblemError: vault.cannot_open, which names the first that does not open.
        """

    async def keyed_hash(self, purpose: str, data: bytes) -> bytes:
        """Return 32 bytes that find `data` again and reveal nothing of it without the data key.

        `purpose` keeps the hashes of one column apart from those of another.
        """

    async def public_key(self) -> bytes:
        """Return the device's P-256 point, uncompressed X9.62, 65 bytes."""

    async def sign(self, message: bytes) -> bytes:
        """Return the ES256 signature of `message`: 64 bytes, raw r||s."""

    async def verify(self, public_key: bytes, message: bytes, signature: bytes) -> bool:
        """Return whether `signature` (raw r||s) over `message` is by the holder of `public_key`."""

    def random(self, size_bytes: int) -> bytes:
        """Return random bytes fit for ids and keys."""


THUMBNAIL_PX = 480
"""Longest side of the thumbnail that stays on the phone, in pixels: fills the width of a phone of
360 points, about 25 kB as a JPEG.
"""
THUMBNAIL_QUALITY = 60


class Fitted(msgspec.Struct, frozen=True, kw_only=True):
    """A photo upright, without EXIF, at most 1600 px long.

    Its caption strip if one was asked for.

    Attributes:
        data: The whole JPEG: what is hashed, stored, sent and never changed.
        width_px: Its width.
        height_px: Its height, the strip included.
        sharpness: Variance of the Laplacian of the picture alone, grey 0-255.
        marks: Texts of QR codes in the picture alone.
        strip_px: The strip's height; 0 when there is none (not asked for, no font here, too
            narrow).
    """

    data: bytes
    width_px: int
    height_px: int
    sharpness: float
    marks: tuple[str, ...] = ()
    strip_px: int = 0


class PhotoCodec(Protocol):
    """Fits and judges photos."""

    async def fit(self, jpeg: bytes, caption: str = "") -> Fitted:
        """Shrink a camera's photo, judge it, read its QR codes, add the caption strip below it.

        Raises:
            ProblemError: photo.unreadable, photo.too_large; photo.heic for a HEIC photo where this
                device cannot decode one.
        """

    async def screens(self, data: bytes, caption: str = "") -> tuple[Fitted, ...]:
        """Fit a screenshot (PNG, WebP, JPEG), legible, in parts where it is long.

        Raises:
            ProblemError: photo.unreadable, photo.too_large, photo.too_long.
        """

    async def thumbnail(self, jpeg: bytes) -> bytes:
        """Return a fitted photo as a JPEG at most THUMBNAIL_PX long, to read back what it shows.

        Raises:
            ProblemError: photo.unreadable.
        """


class WriterLock(Protocol):
    """Who may write to this phone's data: one process, or one window of a browser."""

    def take(self) -> bool:
        """Become the writer, or stay it; False while another process is."""

    def release(self) -> None:
        """Let another process write."""


class Alone:
    """Where nobody else can write: the browser's window has a lock of its own (window_lock.js)."""

    def take(self) -> bool:
        return True

    def release(self) -> None:
        return None


class Disk(Protocol):
    """Files of the app's own folder by flat name."""

    async def write(self, name: str, data: bytes) -> None:
        """Write a file: durable and whole on return, or not there.

        Raises:
            ProblemError: disk.full.
        """

    async def read(self, name: str) -> bytes | None:
        """Return a file's bytes; None where there is none."""

    async def remove(self, name: str) -> None:
        """Remove a file; nothing happens when it is missing."""

    def free_bytes(self) -> int:
        """Return the bytes that can still be written."""

    def quota_bytes(self) -> int:
        """Return the most bytes the system gives the app; 0 where only the free space limits it."""

    def promised(self) -> bool | None:
        """Return whether the system promised to keep the app's data; None where it always does."""


@dataclass(frozen=True)
class Ports:
    """What a device gives a phone.

    Attributes:
        files: Holds keys and appearance.
        photos: Holds the encrypted photos.
        transport: An httpx transport of the port; None for the device's own network.
        journal_mode: SQLite's.
        flush: See Flush.
        ticked_s: Seconds since some moment of this process; nobody can set them.
        writer: Lets one process write.
        read_only: Another process writes; these ports cannot (mobile/ports/read_only.py).
    """

    clock: Clock
    crypto: Crypto
    secret: DeviceSecret
    codec: PhotoCodec
    files: Disk
    photos: Disk
    database: Path
    transport: Any = None
    journal_mode: str = "WAL"
    flush: Flush = nothing_to_flush
    ticked_s: Callable[[], float] = ticked_s
    writer: WriterLock = field(default_factory=Alone)
    read_only: bool = False
