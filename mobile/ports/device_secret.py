"""The device-bound secret of a native phone: in the system's keystore, or else in a file.

A keystore (Android Keystore, iOS Keychain, through flet-secure-storage) keeps it apart from the
app's folder. On a computer and in a headless run it is a file beside the folder's other files: no
protection against a copy of the whole folder (docs/threat-model.md).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
import os
from typing import Protocol

from mobile.ports.api import Disk
from shared.problems import ProblemError

log = logging.getLogger("doorstep.device")
SECRET_BYTES = 32
FILE = "device.secret"
ENTRY = "cn.doorstep.device-secret"


class Keystore(Protocol):
    """What flet_secure_storage.SecureStorage gives: text by name."""

    async def get(self, key: str) -> str | None:
        """Return the value of a key; None where there is none."""

    async def set(self, key: str, value: str) -> None:
        """Store a value under a key."""


class FileSecret:
    """32 random bytes in a file only the app may read."""

    kind = "file"

    def __init__(self, disk: Disk) -> None:
        self._disk = disk

    async def make(self) -> None:
        await self._disk.write(FILE, os.urandom(SECRET_BYTES))

    async def mac(self, message: bytes) -> bytes:
        return _mac(await self._disk.read(FILE), message)


class KeystoreSecret:
    """32 random bytes in the system's keystore."""

    kind = "keystore"

    def __init__(self, keystore: Keystore) -> None:
        self._keystore = keystore

    async def make(self) -> None:
        await self._keystore.set(ENTRY, base64.b64encode(os.urandom(SECRET_BYTES)).decode())

    async def mac(self, message: bytes) -> bytes:
        try:
            kept = await self._keystore.get(ENTRY)
        # every service call may raise (docs/sources.md#flet-services)
        except Exception as error:
            log.warning("keystore: %s", error)
            kept = None
        return _mac(base64.b64decode(kept) if kept else None, message)


def _mac(secret: bytes | None, message: bytes) -> bytes:
    if not secret:
        raise ProblemError("vault.secret_missing")
    return hmac.digest(secret, message, hashlib.sha256)
