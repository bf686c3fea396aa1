"""The ports: everything that differs between a phone's CPython, the browser and a headless run lives behind these.

Vault methods are async because a browser's WebCrypto is; disk writes are durable when they return.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

import msgspec

from shared.facts import Position


class Clock(Protocol):
    """The only source of time. Data, never order."""

    demo: bool

    def now(self) -> datetime:
        """The moment, aware, China time."""


class Vault(Protocol):
    """Keys never leave it. Sealed form everywhere: 1 | nonce (12 bytes) | AES-256-GCM ciphertext and tag."""

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
    """A photo upright, without EXIF, at most 1600 px long. `sharpness`: variance of the Laplacian, grey 0-255."""

    data: bytes
    width_px: int
    height_px: int
    sharpness: float
    marks: tuple[str, ...] = ()


class PhotoCodec(Protocol):
    async def fit(self, jpeg: bytes) -> Fitted:
        """Shrink a camera's JPEG. Raises: ProblemError photo.unreadable."""


class Disk(Protocol):
    """Files of the app's own folder by flat name."""

    async def write(self, name: str, data: bytes) -> None:
        """Durable and whole, or not there. Raises: ProblemError disk.full."""

    async def read(self, name: str) -> bytes | None: ...

    async def remove(self, name: str) -> None: ...

    def free_bytes(self) -> int: ...


class Positions(Protocol):
    async def fix(self) -> Position | None:
        """One fix, rounded to 3 decimals; None when the device has or allows none."""
