"""Puts a phone together from native ports: the app on a device, the preview in a browser, the headless core."""

from __future__ import annotations

import os
from pathlib import Path

from mobile.ports.clock import SystemClock
from mobile.ports.disk import FolderDisk
from mobile.ports.pillow_codec import PillowCodec
from mobile.ports.vault import NativeVault
from mobile.store.store import Store
from mobile.usecases.phone import Phone
from mobile.usecases.save import join_due
from shared.clock import VARIABLE


async def native_phone(directory: Path, clock_spec: str | None = None) -> Phone:
    """Open (or make) the phone kept in `directory`; what was pending at the last end joins its chain.

    `clock_spec`: shared.clock; by default the environment's. Raises: ProblemError vault.cannot_open.
    """
    directory.mkdir(parents=True, exist_ok=True)
    vault = NativeVault(directory)
    disk = FolderDisk(directory / "photos")
    store = await Store.open(directory / "phone.db", vault, disk)
    spec = os.environ.get(VARIABLE, "") if clock_spec is None else clock_spec
    phone = Phone(store=store, clock=SystemClock(spec), vault=vault, codec=PillowCodec(), disk=disk)
    await join_due(phone, everything=True)
    return phone
