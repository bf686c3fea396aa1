"""The key file: every way to the phone's data key, and the signing key encrypted under it.

    bound    = HMAC-SHA256(device secret, salt)
    wrap key = HKDF-SHA256(PBKDF2-SHA256(PIN, salt, 600,000), salt = bound,
                           info = "doorstep/1/wrap/pin")
    sealed   = nonce (12) | AES-256-GCM(wrap key, nonce, data key, aad = "wrap|pin")

A `device` wrap leaves the PIN out (salt in place of PBKDF2's output): a phone before its PIN is
chosen, or one without a person. An `office` wrap is a box for the server's key (shared/box.py). In
the file's members `sealed` means encrypted. Vectors: tests/golden/at_rest.json, run against the
native and the browser's arithmetic.
"""

from __future__ import annotations

import msgspec

from mobile.ports.api import Crypto, DeviceSecret
from shared.box import NONCE, Box, context
from shared.problems import ProblemError
from shared.wire import b64, unb64

NAME = "keys.json"
FORMAT = 2
ITERATIONS = 600_000
"""OWASP's figure for PBKDF2-HMAC-SHA256 (docs/sources.md#pin-stretching)."""
SALT_BYTES = 16
NONCE_BYTES = 12
DEVICE, PIN = "device", "pin"


class Wrap(msgspec.Struct, frozen=True, kw_only=True):
    """One way to the data key. `iterations` 0: without a PIN."""

    kind: str
    salt: str
    sealed: str
    iterations: int = 0


class OfficeWrap(msgspec.Struct, frozen=True, kw_only=True):
    """The data key in a box only the office can decrypt; `url`, `ca`, `device` say whom to ask."""

    url: str
    device: str
    server_key: str
    box: Box
    ca: str = ""


class Tries(msgspec.Struct, frozen=True, kw_only=True):
    """Wrong PINs since the last right one, and when (ms since 1970) the next is accepted."""

    wrong: int = 0
    until_ms: int = 0


class NextKey(msgspec.Struct, frozen=True, kw_only=True):
    """A signing key made for a new chain: `signing` as in the key file, `public` its point."""

    public: str
    signing: str


class KeyFile(msgspec.Struct, frozen=True, kw_only=True):
    """The key file.

    Attributes:
        bound: The kind of device secret.
        signing: The private key (PKCS #8), encrypted under the data key.
        public: Its point.
        next: A key that the database may have turned to already; it names the one in use
            (mobile/usecases/renew.py). None where no new chain is under way.

    """

    format: int
    bound: str
    public: str
    signing: str
    wrap: Wrap
    office: OfficeWrap | None = None
    tries: Tries = Tries()
    next: NextKey | None = None


def read(data: bytes) -> KeyFile:
    """Read a key file.

    Raises:
        ProblemError: vault.cannot_open for what is not a key file, or one of another version.

    """
    try:
        keys = msgspec.json.decode(data, type=KeyFile)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ProblemError("vault.cannot_open", what=NAME) from error
    if keys.format != FORMAT:
        raise ProblemError("vault.cannot_open", what=f"{NAME} ({keys.format})")
    return keys


async def close(crypto: Crypto, secret: DeviceSecret, data_key: bytes, pin: str = "") -> Wrap:
    """Wrap the data key, with a PIN or ("") without."""
    salt, nonce = crypto.random(SALT_BYTES), crypto.random(NONCE_BYTES)
    draft = Wrap(
        kind=PIN if pin else DEVICE, salt=b64(salt), sealed="", iterations=ITERATIONS if pin else 0
    )
    key = await wrap_key(crypto, secret, draft, pin)
    sealed = nonce + await crypto.encrypt(key, nonce, data_key, _aad(draft))
    return msgspec.structs.replace(draft, sealed=b64(sealed))


async def open_wrap(crypto: Crypto, secret: DeviceSecret, wrap: Wrap, pin: str = "") -> bytes:
    """Return the data key.

    Raises:
        ValueError: For a wrong PIN or another device.
        ProblemError: vault.secret_missing.

    """
    key = await wrap_key(crypto, secret, wrap, pin)
    sealed = unb64(wrap.sealed)
    return await crypto.decrypt(key, sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _aad(wrap))


async def wrap_key(crypto: Crypto, secret: DeviceSecret, wrap: Wrap, pin: str) -> bytes:
    """Return the key that encrypts the data key in a wrap."""
    salt = unb64(wrap.salt)
    material = (
        await crypto.stretch(pin.encode(), salt, wrap.iterations) if wrap.iterations else salt
    )
    return await crypto.derive(
        material, await secret.mac(salt), f"doorstep/1/wrap/{wrap.kind}".encode()
    )


def _aad(wrap: Wrap) -> bytes:
    return f"wrap|{wrap.kind}".encode()


async def close_box(crypto: Crypto, purpose: bytes, recipient: bytes, data: bytes) -> Box:
    """Encrypt `data` for the holder of `recipient` (shared/box.py).

    Raises:
        ValueError: When `recipient` is not a point.

    """
    private = await crypto.new_private_key()
    point = await crypto.public_point(private)
    key = await crypto.derive(
        await crypto.agree(private, recipient), b"", context(purpose, point, recipient)
    )
    return Box(point=b64(point), sealed=b64(await crypto.encrypt(key, NONCE, data, b"")))


async def open_box(crypto: Crypto, purpose: bytes, private: bytes, box: Box) -> bytes:
    """Decrypt a box.

    Raises:
        ValueError: When it is not for this key or purpose, or was changed.

    """
    point, mine = unb64(box.point), await crypto.public_point(private)
    key = await crypto.derive(
        await crypto.agree(private, point), b"", context(purpose, point, mine)
    )
    return await crypto.decrypt(key, NONCE, unb64(box.sealed), b"")
