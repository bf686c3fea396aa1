"""How `DOORSTEP_CLOCK` is read: the season's clock of a demonstration, as a shift from the real one. Pure.

`2019-12-12T10:00+08:00` starts there when the process starts; `2019-12-12T10:00+08:00@1574000000` started there at
that Unix second, so that several processes, and one that was killed and came back, agree.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

VARIABLE = "DOORSTEP_CLOCK"


def shift(spec: str, started: datetime) -> timedelta:
    """What to add to the real clock. `started` (aware) is when this process started; "" is no shift.

    Raises: ValueError for what is no moment with an offset.
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
    """The same spec with its anchor written out, to hand to other processes."""
    return spec if "@" in spec or not spec else f"{spec}@{started.timestamp():.3f}"
