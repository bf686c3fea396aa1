"""The phone as use cases see it: its ports and its store, put together in mobile/bootstrap."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mobile.ports.api import Clock, Disk, PhotoCodec, Vault
from mobile.store.keyring import Keyring
from mobile.store.store import Store
from mobile.usecases.kept_lines import KeptLines
from mobile.usecases.search_texts import SearchTexts
from mobile.usecases.standings import Standings
from shared.ids import uuid7
from shared.problems import ProblemError
from shared.records.base import Position


@dataclass
class Phone:
    """A phone's ports, store and state.

    Attributes:
        ring: The keyring behind the vault, which makes a new signing key; None where the keys
            cannot change.
        transport: An httpx transport of the port; None for the device's own network.
        here: The last position the teacher asked for.
        syncing: Held while a sync, a hand-over or a sign-out runs.
        read_only: Another window or process writes to this phone's data; here it is only read, as
            it was when it was opened.
        covered: Names and addresses are masked, because somebody may be reading along
            (mobile/usecases/cover.py).

    """

    store: Store
    clock: Clock
    vault: Vault
    codec: PhotoCodec
    disk: Disk
    ring: Keyring | None = None
    transport: Any = None
    here: Position | None = None
    syncing: asyncio.Lock = field(default_factory=asyncio.Lock)
    standings: Standings = field(default_factory=Standings)
    searched: SearchTexts = field(default_factory=SearchTexts)
    lines: KeptLines[Any] = field(default_factory=KeptLines)
    read_only: bool = False
    covered: bool = False

    def to_write(self) -> Phone:
        """Return this phone, where it may write.

        Raises:
            ProblemError: phone.read_only.

        """
        if self.read_only:
            raise ProblemError("phone.read_only")
        return self

    def now(self) -> datetime:
        """Return the current moment: aware, China time, by the phone's clock."""
        return self.clock.now()

    def now_ms(self) -> int:
        """Return milliseconds since 1970 (UTC) by the phone's clock."""
        return int(self.now().timestamp() * 1000)

    def new_id(self) -> str:
        """Return a new UUIDv7 by this phone's clock. Ids are never used as order."""
        return uuid7(max(0, self.now_ms()), self.vault.random(10))
