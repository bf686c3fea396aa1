"""The keyring: makes the phone's keys, opens them by PIN or without, changes the ways to them.

Every change is one whole new key file (Disk.write is all or nothing), so a kill leaves the old way
or the new one. The data key is never lost.
"""

from __future__ import annotations

import logging
from typing import Any

import msgspec

from mobile.ports.api import Crypto, DeviceSecret, Disk
from mobile.store import keyfile
from mobile.store.keyfile import KeyFile, OfficeWrap, Tries
from mobile.store.vault import KeyVault, decrypt_with, encrypt_with
from shared.box import escrow_of
from shared.problems import ProblemError
from shared.wire import b64, unb64

log = logging.getLogger("doorstep.keys")
_DATA_KEY_BYTES = 32
_SIGNING = b"keys|signing"


class Keyring:
    """Use `await Keyring.load(...)`. `vault` is None while the phone is locked."""

    def __init__(self, crypto: Crypto, secret: DeviceSecret, disk: Disk, keys: KeyFile) -> None:
        self._crypto = crypto
        self._secret = secret
        self._disk = disk
        self._keys = keys
        self._data_key: bytes | None = None
        self.vault: KeyVault | None = None

    @classmethod
    async def load(cls, crypto: Crypto, secret: DeviceSecret, disk: Disk) -> Keyring:
        """Return the keys of this folder, made on the first start; without a PIN they open at once.

        Raises:
            ProblemError: vault.cannot_open, vault.secret_missing, disk.full.

        """
        data = await disk.read(keyfile.NAME)
        ring = cls(
            crypto, secret, disk, keyfile.read(data) if data else await _first(crypto, secret, disk)
        )
        if not ring.has_pin:
            await ring._take(await ring._unwrap(""))
        return ring

    @property
    def has_pin(self) -> bool:
        """Whether a PIN is set."""
        return self._keys.wrap.kind == keyfile.PIN

    @property
    def bound(self) -> str:
        """Where the device secret is: keystore, webcrypto or file."""
        return self._keys.bound

    @property
    def tries(self) -> Tries:
        """Wrong PINs so far."""
        return self._keys.tries

    @property
    def office(self) -> OfficeWrap | None:
        """The escrowed data key, or None."""
        return self._keys.office

    async def unlock(self, pin: str) -> bool:
        """Open the keys and return whether `pin` was right.

        Raises:
            ProblemError: vault.secret_missing.

        """
        try:
            data_key = await self._unwrap(pin)
        except ValueError:
            return False
        await self._take(data_key)
        return True

    def lock(self) -> None:
        """Forget the opened keys."""
        self._data_key = self.vault = None
        self._crypto.forget()

    async def count(self, tries: Tries) -> None:
        """Store the wrong tries.

        On a full disk in memory only, so that the teacher can still unlock.
        """
        try:
            await self._write(tries=tries)
        except ProblemError as error:
            log.warning("tries not kept: %s", error.code)
            self._keys = msgspec.structs.replace(self._keys, tries=tries)

    async def set_pin(self, pin: str) -> None:
        """Set the PIN.

        Raises:
            ProblemError: vault.locked, disk.full.

        """
        wrap = await keyfile.close(self._crypto, self._secret, self._opened(), pin)
        await self._write(wrap=wrap, tries=Tries())

    async def escrow_data_key(
        self, *, url: str, device: str, server_key: bytes, ca: str = ""
    ) -> None:
        """Encrypt the data key for the office, too.

        Raises:
            ProblemError: vault.locked, disk.full.

        """
        box = await keyfile.close_box(self._crypto, escrow_of(device), server_key, self._opened())
        await self._write(
            office=OfficeWrap(url=url, device=device, server_key=b64(server_key), box=box, ca=ca)
        )

    async def forget_office(self) -> None:
        """Delete the escrowed data key."""
        await self._write(office=None)

    async def restore(self, data_key: bytes, pin: str) -> None:
        """Open with the data key the office returned and set a new PIN on this device.

        Raises:
            ProblemError: vault.cannot_open when it is another phone's key.

        """
        await self._take(data_key)
        await self._secret.make()
        await self.set_pin(pin)

    def _opened(self) -> bytes:
        if self._data_key is None:
            raise ProblemError("vault.locked")
        return self._data_key

    async def _unwrap(self, pin: str) -> bytes:
        return await keyfile.open_wrap(self._crypto, self._secret, self._keys.wrap, pin)

    async def _take(self, data_key: bytes) -> None:
        private = await decrypt_with(self._crypto, data_key, unb64(self._keys.signing), _SIGNING)
        self._data_key = data_key
        self.vault = KeyVault(self._crypto, data_key, private, unb64(self._keys.public))

    async def _write(self, **changes: Any) -> None:
        keys = msgspec.structs.replace(self._keys, **changes)
        await self._disk.write(keyfile.NAME, msgspec.json.encode(keys))
        self._keys = keys


async def _first(crypto: Crypto, secret: DeviceSecret, disk: Disk) -> KeyFile:
    await secret.make()
    data_key, private = crypto.random(_DATA_KEY_BYTES), await crypto.new_private_key()
    keys = KeyFile(
        format=keyfile.FORMAT,
        bound=secret.kind,
        public=b64(await crypto.public_point(private)),
        signing=b64(await encrypt_with(crypto, data_key, private, _SIGNING)),
        wrap=await keyfile.close(crypto, secret, data_key),
    )
    await disk.write(keyfile.NAME, msgspec.json.encode(keys))
    return keys
