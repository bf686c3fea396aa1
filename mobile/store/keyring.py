"""The keyring: makes the phone's keys, opens them by PIN or without, changes the ways to them.

Every change is one whole new key file (Disk.write is all or nothing), so a kill leaves the old way
or the new one. The data key is never lost.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import msgspec

from mobile.ports.api import Crypto, DeviceSecret, Disk
from mobile.store import keyfile
from mobile.store.keyfile import KeyFile, NextKey, OfficeWrap, Tries
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
        self._writing = asyncio.Lock()
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

    async def next_key(self) -> bytes:
        """Return the point of the key made for a new chain; it is made and kept on the first call.

        Raises:
            ProblemError: vault.locked, disk.full.

        """
        if self._next_in_use():  # the last change was not written yet
            await self.keep_next()
        if self._keys.next is None:
            data_key, private = self._opened(), await self._crypto.new_private_key()
            made = NextKey(
                public=b64(await self._crypto.public_point(private)),
                signing=b64(await encrypt_with(self._crypto, data_key, private, _SIGNING)),
            )
            await self._write(next=made)
            return unb64(made.public)
        return unb64(self._keys.next.public)

    async def sign_next(self, message: bytes) -> bytes:
        """Sign with the key made for a new chain (`next_key` comes first).

        Raises:
            ProblemError: vault.locked, vault.cannot_open.

        """
        return await self._crypto.sign(await self._private_next(), message)

    async def drop_next(self) -> None:
        """Forget a key made for a new chain that was never used.

        Raises:
            ProblemError: disk.full.

        """
        if not self._next_in_use():
            await self._write(next=None)

    async def use_next(self) -> Callable[[], None]:
        """Return what makes the vault sign with the next key, at once and without waiting.

        Raises:
            ProblemError: vault.locked, vault.cannot_open.

        """
        vault, following, private = self.vault, self._keys.next, await self._private_next()
        if vault is None or following is None:
            raise ProblemError("vault.locked")
        public = unb64(following.public)
        return lambda: vault.sign_with(private, public)

    async def keep_next(self) -> None:
        """Write the next key in the place of the one before, once the database has turned to it.

        Raises:
            ProblemError: disk.full; the key file then still has both, and the next start finishes.

        """
        following = self._keys.next
        if following is not None:
            await self._write(public=following.public, signing=following.signing, next=None)

    async def finish_key_change(self, in_use: str) -> None:
        """Sign with the key that the database names; finish a change of keys that was interrupted.

        Called at every start.

        Args:
            in_use: The point (base64url) of the key the chain is signed with; "" where the
                database never turned to another.

        """
        if self._keys.next is None or self._keys.next.public != in_use:
            return
        (await self.use_next())()
        try:
            await self.keep_next()
        except ProblemError as problem:
            log.warning("change of keys not finished: %s", problem.code)

    def _next_in_use(self) -> bool:
        following, vault = self._keys.next, self.vault
        return following is not None and vault is not None and vault.signs_as(following.public)

    async def _private_next(self) -> bytes:
        if self._keys.next is None:
            raise ProblemError("vault.locked")
        signing = unb64(self._keys.next.signing)
        return await decrypt_with(self._crypto, self._opened(), signing, _SIGNING)

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
        async with self._writing:  # two changes at once would each drop the other's
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
