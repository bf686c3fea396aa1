"""The ports: everything that differs between a phone's CPython, the browser and a headless run lives behind these.

Vault methods are async because a browser's WebCrypto is; disk writes are durable when they return.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import msgspec

from mobile.ports.clock import ticked_s
from shared.records.base import Position

Flush = Callable[[], Awaitable[None]]
"""Makes everything committed so far survive: awaited after a commit, before anything is called saved or sent.

Raises: ProblemError disk.full, disk.broken.
"""


async def nothing_to_flush() -> None:
    """The settling of a device with a file system: there SQLite's own commit is durable."""


class Clock(Protocol):
    """The only source of time. Data, never order."""

    demo: bool

    def now(self) -> datetime:
        """The moment, aware, China time."""


class Crypto(Protocol):
    """The arithmetic of keys, the same on every device: `cryptography` on a phone, WebCrypto in a browser.

    Keys are bytes: AES 32, a private key PKCS #8, a public key an uncompressed X9.62 P-256 point (65 bytes).
    """

    def random(self, size_bytes: int) -> bytes:
        """Random bytes fit for ids and keys."""

    def forget(self) -> None:
        """Let go of every key that was made ready for later calls: the phone is being locked."""

    async def stretch(self, secret: bytes, salt: bytes, iterations: int) -> bytes:
        """PBKDF2-HMAC-SHA256, 32 bytes."""

    async def derive(self, material: bytes, salt: bytes, info: bytes) -> bytes:
        """HKDF-SHA256 (RFC 5869), 32 bytes."""

    async def encrypt(self, key: bytes, nonce: bytes, data: bytes, aad: bytes) -> bytes:
        """AES-256-GCM: ciphertext and tag."""

    async def decrypt(self, key: bytes, nonce: bytes, data: bytes, aad: bytes) -> bytes:
        """Raises: ValueError when key, nonce, bytes or aad differ."""

    async def new_private_key(self) -> bytes:
        """A P-256 key, PKCS #8 with its public point."""

    async def public_point(self, private: bytes) -> bytes:
        """The point of a private key. Raises: ValueError for what is none."""

    async def sign(self, private: bytes, message: bytes) -> bytes:
        """ES256 over `message`: 64 bytes, raw r||s."""

    async def verify(self, public: bytes, message: bytes, signature: bytes) -> bool:
        """Whether `signature` (raw r||s) over `message` is by the holder of `public`; False for what is no key."""

    async def agree(self, private: bytes, public: bytes) -> bytes:
        """ECDH: the shared x-coordinate, 32 bytes. Raises: ValueError for a point off the curve."""


class DeviceSecret(Protocol):
    """A secret that stays on this device, so that a copied folder and the PIN together open nothing.

    `kind`: keystore (Android, iOS), webcrypto (a key the browser does not give out), file (a computer without either).
    """

    kind: str

    async def make(self) -> None:
        """Make it anew; what was bound to the old one opens no more."""

    async def mac(self, message: bytes) -> bytes:
        """HMAC-SHA256 under it, 32 bytes. Raises: ProblemError vault.secret_missing."""


class Vault(Protocol):
    """The phone's opened keys. Sealed form everywhere: 1 | nonce (12 bytes) | AES-256-GCM ciphertext and tag."""

    @property
    def crypto(self) -> Crypto:
        """The arithmetic underneath, for what is closed for others (a hand-over file)."""

    async def seal(self, data: bytes, aad: bytes) -> bytes:
        """Encrypt; `aad` names table, id and column, so a swapped cell does not open."""

    async def open(self, sealed: bytes, aad: bytes) -> bytes:
        """Decrypt. Raises: ProblemError vault.cannot_open when key, bytes or aad differ."""

    async def public_key(self) -> bytes:
        """The device's P-256 point, uncompressed X9.62, 65 bytes."""

    async def sign(self, message: bytes) -> bytes:
        """ES256 over `message`: 64 bytes, raw r||s."""

    async def verify(self, public_key: bytes, message: bytes, signature: bytes) -> bool:
        """Whether `signature` (raw r||s) over `message` is by the holder of `public_key`."""

    def random(self, size_bytes: int) -> bytes:
        """Random bytes fit for ids and keys."""


class Fitted(msgspec.Struct, frozen=True, kw_only=True):
    """A photo upright, without EXIF, at most 1600 px long, below it the caption strip if one was asked for.

    `data` is the whole of it: what is hashed, kept, sent and never changed; `width_px` x `height_px` are its size and
    `strip_px` the strip's share of the height, 0 when there is none (not asked for, no font here, too narrow).
    `sharpness` (variance of the Laplacian, grey 0-255) and `marks` (texts of QR codes) are of the picture alone.
    """

    data: bytes
    width_px: int
    height_px: int
    sharpness: float
    marks: tuple[str, ...] = ()
    strip_px: int = 0


class PhotoCodec(Protocol):
    async def fit(self, jpeg: bytes, caption: str = "") -> Fitted:
        """Shrink a camera's JPEG, judge it, read its QR codes; then write `caption` into a strip below the picture.

        Raises: ProblemError photo.unreadable, photo.too_large.
        """


class Disk(Protocol):
    """Files of the app's own folder by flat name."""

    async def write(self, name: str, data: bytes) -> None:
        """Durable and whole, or not there. Raises: ProblemError disk.full."""

    async def read(self, name: str) -> bytes | None: ...

    async def remove(self, name: str) -> None: ...

    def free_bytes(self) -> int: ...

    def quota_bytes(self) -> int:
        """The most the system gives the app; 0 where that is all there is."""

    def promised(self) -> bool | None:
        """Whether the system promised not to clear the app away; None where it never would (an app's own folder)."""


class Positions(Protocol):
    async def fix(self) -> Position | None:
        """One fix, rounded to 3 decimals; None when the device has or allows none."""


@dataclass(frozen=True)
class Ports:
    """What a device gives a phone. `files` holds keys and looks, `photos` the sealed photos.

    `transport`: an httpx transport of the port, None for the device's own network. `journal_mode`: of SQLite.
    `settle`: see Flush. `ticked_s`: seconds since some moment of this process; nobody can set them.
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
