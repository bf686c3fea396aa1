"""Makes a phone from native ports: the app on a device, the preview, the headless core."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

from mobile.ports.api import Alone, DeviceSecret, Ports
from mobile.ports.clock import SystemClock
from mobile.ports.device_secret import FileSecret
from mobile.ports.disk import FolderDisk
from mobile.ports.folder_lock import FolderLock
from mobile.ports.native_crypto import NativeCrypto
from mobile.ports.pillow_codec import PillowCodec
from mobile.usecases.phone import Phone
from mobile.usecases.unlock import PhoneLock
from shared.clock import VARIABLE
from shared.problems import ProblemError


def native_ports(
    directory: Path, clock_spec: str | None = None, secret: DeviceSecret | None = None
) -> Ports:
    """The ports of the phone kept in `directory`.

    `clock_spec`: see shared/clock.py; by default from the environment. `secret`: by default a file
    (mobile/ports/device_secret.py).
    """
    files = FolderDisk(directory)
    spec = os.environ.get(VARIABLE, "") if clock_spec is None else clock_spec
    return Ports(
        clock=SystemClock(spec),
        crypto=NativeCrypto(),
        secret=secret or FileSecret(files),
        codec=PillowCodec(),
        files=files,
        photos=FolderDisk(directory / "photos"),
        database=directory / "phone.db",
        writer=FolderLock(directory),
    )


async def native_phone(directory: Path, clock_spec: str | None = None) -> Phone:
    """Open (or make) a phone without a PIN; records still pending join its chain.

    For a caller who knows that nobody else uses the folder: its lock is not taken.

    Raises: ProblemError vault.locked (it has a PIN), vault.cannot_open, vault.secret_missing.
    """
    alone = dataclasses.replace(native_ports(directory, clock_spec), writer=Alone())
    phone_lock = await PhoneLock.at(alone)
    if phone_lock.phone is None:
        raise ProblemError("vault.locked")
    return phone_lock.phone
