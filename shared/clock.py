"""How `DOORSTEP_CLOCK` is read: a demonstration's clock as a shift from the real one. Pure.

`2026-12-12T10:00+08:00` starts there when the process starts; `2026-12-12T10:00+08:00@1795000000`
started there at that Unix second, so that several processes, and one that was killed and restarted,
agree.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

VARIABLE = "DOORSTEP_CLOCK"


def shift(spec: str, started: datetime) -> timedelta:
    """Return what to add to the real clock; zero for an empty spec.

    Args:
        spec: The value of the variable.
        started: When this process started (aware).

    Raises:
        ValueError: When the spec is not a moment with an offset.

    """
    if not spec:
        return timedelta(0)
    moment, _, anchor = spec.partition("@")
    at = datetime.fromisoformat(moment)
    if at.tzinfo is None:
        raise ValueError(f"{VARIABLE} needs an offset such as +08:00: {spec}")
    try:
        origin = datetime.fromtimestamp(float(anchor), UTC) if anchor else started
    except (OverflowError, OSError) as error:
        raise ValueError(f"{VARIABLE} has an anchor beyond all clocks: {spec}") from error
    return at - origin


def anchored(spec: str, started: datetime) -> str:
    """Return the spec with its anchor written out, for other processes."""
    return spec if "@" in spec or not spec else f"{spec}@{started.timestamp():.3f}"
