"""Files of a phone that another window or process is writing to: read, never written."""

from __future__ import annotations

from dataclasses import replace

from mobile.ports.api import Disk, Ports
from shared.problems import ProblemError


class ReadOnlyDisk:
    """A disk on which every write is refused; see mobile.ports.api.Disk."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk

    async def write(self, name: str, data: bytes) -> None:
        raise ProblemError("phone.read_only")

    async def read(self, name: str) -> bytes | None:
        return await self._disk.read(name)

    async def remove(self, name: str) -> None:
        raise ProblemError("phone.read_only")

    def free_bytes(self) -> int:
        return self._disk.free_bytes()

    def quota_bytes(self) -> int:
        return self._disk.quota_bytes()

    def promised(self) -> bool | None:
        return self._disk.promised()


def read_only(ports: Ports) -> Ports:
    """Return the same ports without a way to write a file."""
    return replace(
        ports, files=ReadOnlyDisk(ports.files), photos=ReadOnlyDisk(ports.photos), read_only=True
    )
