"""How `DOORSTEP_CLOCK` is read: a demonstration's clock as a shift from the real one. Pure.

`2026-12-12T10:00+08:00` starts there when the process starts; `2026-12-12T10:00+08:00@1795000000`
started there at that Unix second, so that several processes, and one that was killed and restarted,
agree.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

VARIABLE = "DOORSTEP_CLOCK"
EARLIEST = datetime(1970, 1, 2, tzinfo=UTC)
LATEST = datetime(9000, 1, 1, tzinfo=UTC)
"""What a server's clock is taken for beyond: every lifetime can be added to it, and every zone has
its day."""


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


def moved(now: datetime, by: timedelta) -> datetime:
    """Return the real clock moved, and held between `EARLIEST` and `LATEST`.

    A computer whose clock is set to the end of the calendar must still answer.
    """
    try:
        found = now + by
    except OverflowError:
        return LATEST if by > timedelta(0) else EARLIEST
    return min(max(found, EARLIEST), LATEST)


def has_ended(ends_at: str, now: datetime, *, longest: timedelta | None = None) -> bool:
    """Return whether what was good until a stored moment (ISO with offset) is good no longer.

    What cannot be read has ended, and so has what ends later than anything given out now could: the
    clock was ahead when it was given out.

    Args:
        ends_at: The stored moment.
        now: The clock (aware).
        longest: The longest lifetime there is; None where there is none.

    """
    try:
        left = datetime.fromisoformat(ends_at) - now
    except (ValueError, TypeError):  # no moment, or one without an offset
        return True
    return left < timedelta(0) or (longest is not None and left > longest)


def anchored(spec: str, started: datetime) -> str:
    """Return the spec with its anchor written out, for other processes."""
    return spec if "@" in spec or not spec else f"{spec}@{started.timestamp():.3f}"
