"""The teacher's own settings, such as the last companion; stored encrypted."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from mobile.usecases.phone import Phone

Value = str | int | float | bool | list[str]


class Setting(msgspec.Struct, frozen=True):
    """One stored value."""

    value: Value


async def get(phone: Phone, key: str, default: Value) -> Value:
    """Return a setting, or `default` while it was never set."""
    kept = await phone.store.meta.get(f"setting:{key}", Setting)
    return default if kept is None else kept.value


async def put(phone: Phone, key: str, value: Value) -> None:
    """Store a setting."""
    await phone.store.meta.put(f"setting:{key}", Setting(value))


async def put_all(phone: Phone, values: Mapping[str, Value]) -> None:
    """Store several settings in one transaction."""
    await phone.store.meta.put_all({f"setting:{key}": Setting(v) for key, v in values.items()})
