"""Create ids: UUIDv7 by the real clock, so that index pages fill in order."""

from __future__ import annotations

import os
import time

from shared.ids import uuid7


def new_id() -> str:
    """A new UUIDv7."""
    return uuid7(_now_ms(), os.urandom(10))


def new_ids(count: int) -> list[str]:
    """Create UUIDv7s in ascending text order: a counter in rand_a (RFC 9562 §6.2, method 1)."""
    start_ms = _now_ms()
    made = []
    for number in range(count):
        turn, place = divmod(number, 4096)
        made.append(
            uuid7(start_ms + turn, (place << 4 | os.urandom(1)[0] & 15).to_bytes(2) + os.urandom(8))
        )
    return made


def _now_ms() -> int:
    """Milliseconds since 1970; a computer whose clock lies before that counts from there."""
    return max(0, time.time_ns() // 1_000_000)
