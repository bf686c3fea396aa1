"""The teacher's own settings: language, text size, dark, last companion. Sealed like everything."""

from __future__ import annotations

import msgspec

from mobile.usecases.phone import Phone

Value = str | int | float | bool | list[str]


class Setting(msgspec.Struct, frozen=True):
    value: Value


async def get(phone: Phone, key: str, default: Value) -> Value:
    """A setting, or `default` before it was ever put."""
    kept = await phone.store.meta.get(f"setting:{key}", Setting)
    return default if kept is None else kept.value


async def put(phone: Phone, key: str, value: Value) -> None:
    """Keep a setting."""
    await phone.store.meta.put(f"setting:{key}", Setting(value))
