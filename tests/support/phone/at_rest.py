"""Makes tests/golden/at_rest.json from the native side, once: `python -m tests.support.phone.at_rest`. Never written over."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from pathlib import Path

import msgspec

from mobile.ports.native_crypto import NativeCrypto
from mobile.store import keyfile
from mobile.store.vault import encrypt_with
from shared.box import ESCROW
from shared.wire import b64

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "at_rest.json"
PIN = "724613"


class GivenSecret:
    """A device secret of known bytes."""

    kind = "file"

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    async def make(self) -> None:
        raise AssertionError("it is given")

    async def mac(self, message: bytes) -> bytes:
        return hmac.digest(self._secret, message, hashlib.sha256)


async def vectors() -> dict[str, object]:
    """Fresh ones; what is random differs each time."""
    crypto = NativeCrypto()
    secret, data_key = crypto.random(32), crypto.random(32)
    given = GivenSecret(secret)
    signing, office = await crypto.new_private_key(), await crypto.new_private_key()
    message, plain, aad = "link of a record", '{"met":"self","note":"母亲在家"}', "fact|f1|body"
    office_point = await crypto.public_point(office)
    return {
        "device_secret": b64(secret),
        "mac": b64(await given.mac(b"message")),
        "pin": PIN,
        "data_key": b64(data_key),
        "wrap": msgspec.to_builtins(await keyfile.close(crypto, given, data_key, PIN)),
        "device_wrap": msgspec.to_builtins(await keyfile.close(crypto, given, data_key)),
        "cell": {
            "aad": aad,
            "plain": plain,
            "sealed": b64(await encrypt_with(crypto, data_key, plain.encode(), aad.encode())),
        },
        "signing": {
            "private": b64(signing),
            "public": b64(await crypto.public_point(signing)),
            "message": message,
            "signature": b64(await crypto.sign(signing, message.encode())),
        },
        "box": {
            "purpose": ESCROW.decode(),
            "private": b64(office),
            "public": b64(office_point),
            "box": msgspec.to_builtins(
                await keyfile.close_box(crypto, ESCROW, office_point, data_key)
            ),
        },
    }


if __name__ == "__main__" and not GOLDEN.exists():
    GOLDEN.write_text(
        json.dumps(asyncio.run(vectors()), ensure_ascii=False, indent=1) + "\n", "utf-8"
    )
