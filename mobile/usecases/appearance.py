"""Language, text size and colour mode, kept unencrypted because the lock screen needs them."""

from __future__ import annotations

import msgspec

from mobile.ports.api import Disk

NAME = "looks.json"


class Appearance(msgspec.Struct, frozen=True, kw_only=True):
    """How the app looks.

    Attributes:
        language: `zh` or `en`.
        scale: Factor of the text size.
        mode: `system`, `light` or `dark`.

    """

    language: str = "zh"
    scale: float = 1.0
    mode: str = "system"


async def load(files: Disk) -> Appearance:
    """Return what was chosen; the defaults where the file is missing or damaged."""
    data = await files.read(NAME)
    try:
        return msgspec.json.decode(data, type=Appearance) if data else Appearance()
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Appearance()


async def save(files: Disk, appearance: Appearance) -> None:
    """Store the choice durably.

    Raises:
        ProblemError: disk.full.

    """
    await files.write(NAME, msgspec.json.encode(appearance))
