"""The phone lock: a PIN unlocks the phone's keys and store, and locking forgets them.

Unsent records are never wiped.

Wrong PINs slow down: the first four cost nothing, then each next one waits longer. The wait is
stored in the key file, so a restart does not shorten it, and a clock set back does not lengthen it
(P9). While the app runs it is also measured by a clock nobody can set: a date put ahead helps only
together with a restart (docs/threat-model.md).
"""

from __future__ import annotations

import asyncio
import logging
import math

from mobile.ports.api import Ports
from mobile.ports.read_only import read_only
from mobile.store.keyfile import NAME, Tries
from mobile.store.keyring import Keyring
from mobile.store.store import Store
from mobile.usecases.phone import Phone
from mobile.usecases.retention import delete_expired
from mobile.usecases.save import join_due
from shared.problems import ProblemError
from shared.wire import unb64

log = logging.getLogger("doorstep.unlock")
PIN_DIGITS = 6
FREE_TRIES = 4
WAITS_S = (30, 60, 120, 300, 900)
"""Waits after the fifth wrong PIN, the sixth and so on, in seconds; the last for every further one.
An attacker guesses 1 in 10^6 at 96 tries a day.
"""


class PhoneLock:
    """The keys of one folder and, while unlocked, its phone. Use `await PhoneLock.at(ports)`."""

    def __init__(self, ports: Ports, ring: Keyring) -> None:
        self.ports = ports
        self.ring = ring
        self._to_write = ports
        self.phone: Phone | None = None
        # the private key of a recovery not answered yet (mobile/usecases/recover.py)
        self.asking: bytes | None = None
        self._turning = asyncio.Lock()
        self._free_from_s = -math.inf  # by `ports.ticked_s`

    @classmethod
    async def at(cls, ports: Ports) -> PhoneLock:
        """Return the lock of a folder; a phone without a PIN is unlocked at once.

        While another process writes to the folder, this one only reads (`read_only`).

        Raises:
            ProblemError: vault.cannot_open, vault.secret_missing; phone.in_use while another
                process makes the phone.

        """
        here = ports if ports.writer.take() else read_only(ports)
        try:
            phone_lock = cls(here, await _ring(here))
            phone_lock._to_write = ports
            if phone_lock.ring.vault is not None:
                phone_lock.phone = await phone_lock._open()
        except ProblemError:
            if not here.read_only:
                ports.writer.release()
            raise
        return phone_lock

    @property
    def read_only(self) -> bool:
        """Whether another process writes to this folder."""
        return self.ports.read_only

    async def take_over(self) -> bool:
        """Open for writing what could only be read; its keys are read anew, and the PIN asked.

        Returns:
            False while the other process still runs.

        Raises:
            ProblemError: as `at`.

        """
        async with self._turning:
            if not self.read_only:
                return True
            if not self._to_write.writer.take():
                return False
            if self.phone is not None:
                self.phone.store.close()
                self.phone = None
            self.ring.lock()
            self.ports, self.ring = self._to_write, await _ring(self._to_write)
            if self.ring.vault is not None:
                self.phone = await self._open()
            return True

    @property
    def pin_wanted(self) -> bool:
        """Whether this phone has no PIN yet."""
        return not self.ring.has_pin

    @property
    def wait_s(self) -> int:
        """Seconds until a PIN is accepted again; 0 is now."""
        tries = self.ring.tries
        by_date_s = (tries.until_ms - self._now_ms()) / 1000
        by_tick_s = self._free_from_s - self.ports.ticked_s()
        return math.ceil(max(0.0, min(max(by_date_s, by_tick_s), wait_after_s(tries.wrong))))

    async def unlock(self, pin: str) -> Phone:
        """Unlock with a PIN.

        Raises:
            ProblemError: pin.wait, pin.wrong, vault.secret_missing, vault.cannot_open.

        """
        async with self._turning:
            if self.phone is not None:
                return self.phone
            await self._try(pin)
            self.phone = await self._open()
            return self.phone

    async def opened(self) -> Phone:
        """Return the phone after its keyring was opened by another way than the PIN.

        Raises:
            ProblemError: vault.locked.

        """
        async with self._turning:
            if self.phone is None:
                self.phone = await self._open()
            return self.phone

    async def check(self, pin: str) -> None:
        """Check that the teacher knows the PIN, before it is changed.

        Raises:
            ProblemError: as `unlock`.

        """
        async with self._turning:
            await self._try(pin)

    async def lock(self) -> None:
        """Forget keys and records, after a running sync has ended.

        A phone without a PIN stays unlocked.
        """
        async with self._turning:
            phone = self.phone
            if phone is None or self.pin_wanted:
                return
            async with phone.syncing:
                self.phone = None
                phone.store.close()
                self.ring.lock()

    async def set_pin(self, pin: str) -> None:
        """Set the PIN.

        Raises:
            ProblemError: pin.too_plain, pin.digits, vault.locked.

        """
        check_pin(pin)
        await self.ring.set_pin(pin)

    async def escrow_data_key(self) -> None:
        """Escrow the data key with the office, for a forgotten PIN.

        Does nothing when it is escrowed already or the phone is not enrolled.

        Raises:
            ProblemError: disk.full.

        """
        enrolment = await self.phone.store.meta.enrolment() if self.phone else None
        kept = self.ring.office
        if enrolment is None or self.read_only:
            return
        same = kept and (kept.device, kept.url, kept.ca) == (
            enrolment.device,
            enrolment.url,
            enrolment.ca,
        )
        if same:
            return
        key = unb64(enrolment.server_key)
        await self.ring.escrow_data_key(
            url=enrolment.url, device=enrolment.device, server_key=key, ca=enrolment.ca
        )

    async def close(self) -> None:
        """Close the files and let another process write."""
        if self.phone is not None:
            self.phone.store.close()
            self.phone = None
        if not self.read_only:
            self.ports.writer.release()

    async def _try(self, pin: str) -> None:
        if self.wait_s:
            raise ProblemError("pin.wait", seconds=self.wait_s)
        wrong = self.ring.tries.wrong + 1
        if self.read_only and wrong > FREE_TRIES:
            raise ProblemError("phone.read_only")  # further tries are counted where it is written
        # Counted before it is tried: pulling the battery at the right moment gains no guess.
        wait_s = wait_after_s(wrong)
        self._free_from_s = self.ports.ticked_s() + wait_s
        await self.ring.count(Tries(wrong=wrong, until_ms=self._now_ms() + wait_s * 1000))
        if not await self.ring.unlock(pin):
            raise (
                ProblemError("pin.wait", seconds=self.wait_s)
                if self.wait_s
                else ProblemError("pin.wrong")
            )
        await self.ring.count(Tries())
        self._free_from_s = -math.inf

    async def _open(self) -> Phone:
        vault = self.ring.vault
        if vault is None:
            raise ProblemError("vault.locked")
        ports = self.ports
        store = await Store.open(
            ports.database,
            vault,
            ports.photos,
            ports.journal_mode,
            ports.flush,
            read_only=ports.read_only,
        )
        await self.ring.finish_key_change(await store.meta.key_in_use())
        phone = Phone(
            store=store,
            clock=ports.clock,
            vault=vault,
            codec=ports.codec,
            disk=ports.photos,
            ring=self.ring,
            transport=ports.transport,
            read_only=ports.read_only,
        )
        if phone.read_only:
            return phone
        try:
            await join_due(phone, everything=True)
        except ProblemError as problem:
            # a full disk must not keep the phone locked; the next record or sync joins them
            log.warning("not joined: %s", problem.code)
        await delete_expired(phone)
        return phone

    def _now_ms(self) -> int:
        return int(self.ports.clock.now().timestamp() * 1000)


async def _ring(ports: Ports) -> Keyring:
    if ports.read_only and await ports.files.read(NAME) is None:
        raise ProblemError("phone.in_use")  # the other process is making its keys
    return await Keyring.load(ports.crypto, ports.secret, ports.files)


def wait_after_s(wrong: int) -> int:
    """Return the seconds to wait after so many wrong PINs in a row."""
    return 0 if wrong <= FREE_TRIES else WAITS_S[min(wrong - FREE_TRIES, len(WAITS_S)) - 1]


def check_pin(pin: str) -> None:
    """Check that a PIN may be set.

    Raises:
        ProblemError: pin.digits; pin.too_plain (one digit six times, or counting up or down).

    """
    if len(pin) != PIN_DIGITS or not (pin.isascii() and pin.isdigit()):
        raise ProblemError("pin.digits", digits=PIN_DIGITS)
    if pin in "01234567890" or pin in "09876543210" or len(set(pin)) == 1:
        raise ProblemError("pin.too_plain")
