"""Language, text size, light or dark: kept in the clear, for the lock screen must be readable before anything opens."""

from __future__ import annotations

import msgspec

from mobile.ports.api import Disk

NAME = "looks.json"


class Appearance(msgspec.Struct, frozen=True, kw_only=True):
    """`language`: zh or en; `scale`: factor of the text size; `mode`: system, light or dark."""

    language: str = "zh"
    scale: float = 1.0
    mode: str = "system"


async def load(files: Disk) -> Appearance:
    """What was chosen, or the defaults: a torn file must not keep her from her records."""
    data = await files.read(NAME)
    try:
        return msgspec.json.decode(data, type=Appearance) if data else Appearance()
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Appearance()


async def save(files: Disk, appearance: Appearance) -> None:
    """Raises: ProblemError disk.full."""
    await files.write(NAME, msgspec.json.encode(appearance))
