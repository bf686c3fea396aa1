"""The phone as use cases see it: its ports and its store. Built by the composition roots (app.py, headless.py)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mobile.ports.api import Clock, Disk, PhotoCodec, Vault
from mobile.store.store import Store
from mobile.usecases.standings import Standings
from shared.ids import uuid7
from shared.records.base import Position


@dataclass
class Phone:
    """`transport`: an httpx transport of the port, None for the device's own network. `here`: the last fix."""

    store: Store
    clock: Clock
    vault: Vault
    codec: PhotoCodec
    disk: Disk
    transport: Any = None
    here: Position | None = None
    syncing: asyncio.Lock = field(default_factory=asyncio.Lock)
    standings: Standings = field(default_factory=Standings)

    def now(self) -> datetime:
        return self.clock.now()

    def now_ms(self) -> int:
        return int(self.now().timestamp() * 1000)

    def new_id(self) -> str:
        """A UUIDv7 by this phone's clock; only its order of magnitude is read, never its order."""
        return uuid7(max(0, self.now_ms()), self.vault.random(10))
