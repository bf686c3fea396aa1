"""The key of a school's office device: made at the first record from paper, in a file of its own.

All of it happens in the writer's transaction that stores the record, so that two who type at the
same time get one device, and one place each in its chain.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import msgspec

from shared import digest
from sync_server.crypto.keys import SigningKey
from sync_server.disk_errors import disk_problems
from sync_server.office import made_keys
from sync_server.services import Services
from sync_server.settings import Settings
from sync_server.store import office_devices
from sync_server.store.database import Connection
from sync_server.store.devices import Device
from sync_server.store.ids import new_id
from sync_server.store.received_fact import ReceivedFact

PREFIX, ENDING = "office-", ".pem"
"""What stands around a device's id in the name of its key's file."""


class OfficeDevice(msgspec.Struct, frozen=True, kw_only=True):
    """A school's office device with its key, ready to sign the next record of its chain."""

    device: Device
    key: SigningKey

    def signed(self, data: bytes) -> ReceivedFact:
        """Return a record's bytes signed at the next place of the chain."""
        at = digest.link(self.device.link, digest.sha256_hex(data))
        return ReceivedFact(
            data=data, n=self.device.n + 1, link=at, sig=self.key.sign(at), signed=True
        )


def ready(services: Services, connection: Connection, unit: str) -> OfficeDevice:
    """Return a school's office device, made where there is none.

    Another one with a new key is made after a restore, in a copied data folder, and where the key's
    file is gone, broken or another's: a chain that was continued elsewhere is never continued here.

    Args:
        services: The server's services.
        connection: The writer's, whose transaction then stores the record.
        unit: The school.

    Raises:
        ProblemError: disk.full, disk.broken.
    """
    settings, epoch = services.settings, services.database.epoch
    found = office_devices.current(connection, services.season, unit, epoch)
    if found is not None and settings.keys_dir and not key_path(settings, found.id).exists():
        made_keys.bring(connection, settings, removes=False)
    held = None if found is None else _held(settings, found)
    if held is not None:
        return held
    device_id = new_id()
    with disk_problems():
        _remove_unused(settings, office_devices.ids(connection))
        key = _key(settings, device_id)
        made_keys.keep(connection, settings, key_path(settings, device_id))
    made = office_devices.make(
        connection,
        services.season,
        unit,
        epoch,
        device_id=device_id,
        public_key=key.public(),
        now=settings.real_now(),
    )
    return OfficeDevice(device=made, key=key)


def key_path(settings: Settings, device_id: str) -> Path:
    """Return where the key of an office device lies."""
    return settings.path("keys") / f"{PREFIX}{device_id}{ENDING}"


def remove_keys(settings: Settings, device_ids: Iterable[str]) -> None:
    """Delete the keys of these devices: nobody can sign with them any more."""
    for device_id in device_ids:
        key_path(settings, device_id).unlink(missing_ok=True)


def _held(settings: Settings, device: Device) -> OfficeDevice | None:
    """A device with its key; None where the file is gone, broken, or another's."""
    if not key_path(settings, device.id).exists():
        return None
    try:
        key = _key(settings, device.id)
    except ValueError:
        return None
    return OfficeDevice(device=device, key=key) if key.public() == device.public_key else None


def _key(settings: Settings, device_id: str) -> SigningKey:
    return SigningKey(key_path(settings, device_id), settings.secret("passphrase"))


def _remove_unused(settings: Settings, known: set[str]) -> None:
    """Delete keys whose device was never stored: their transaction failed or was killed."""
    for path in settings.path("keys").glob(f"{PREFIX}*{ENDING}"):
        if path.name.removeprefix(PREFIX).removesuffix(ENDING) not in known:
            with suppress(FileNotFoundError):
                path.unlink()
