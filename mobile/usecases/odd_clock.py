"""Whether this phone's clock is days off from the office's: reported once, with both days.

The clock orders nothing; but the day of every record comes from it, and so do the reminders.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from mobile.usecases import settings
from mobile.usecases.phone import Phone
from shared.season import china_day, moment_of

DAYS = 1
"""From so many days on: less is a zone or a slow network, and changes no record's day by much."""
READ = "clock.said"
"""The setting with the days of the difference that the teacher has read."""


class ClockOff(msgspec.Struct, frozen=True):
    """The day by this phone and the day by the office at the same moment (ISO 8601)."""

    phone_day: str
    office_day: str


def clock_off(phone_at: str, office_at: str) -> ClockOff | None:
    """Compare two statements of one moment.

    Args:
        phone_at: By the phone's clock (ISO 8601).
        office_at: By the office's clock; "" where it is not known.

    Returns:
        Both days; None while they are less than `DAYS` apart, or where either cannot be read.

    """
    phone, office = moment_of(phone_at), moment_of(office_at)
    if phone is None or office is None or abs(phone - office).total_seconds() < DAYS * 86_400:
        return None
    return ClockOff(china_day(phone).isoformat(), china_day(office).isoformat())


async def to_report(phone: Phone) -> ClockOff | None:
    """Return both days; None for a clock that is right, was reported or is a demonstration's."""
    if phone.clock.demo:
        return None
    state = await phone.store.meta.sync_state()
    found = clock_off(state.refreshed_at, state.office_at)
    read = await settings.get(phone, READ, 0)
    return found if found is not None and _days(found) != read else None


async def note_read(phone: Phone, found: ClockOff) -> None:
    """Note that the teacher has read it; another difference is reported again."""
    await settings.put(phone, READ, _days(found))


def _days(found: ClockOff) -> int:
    phone, office = (datetime.fromisoformat(day) for day in (found.phone_day, found.office_day))
    return (phone - office).days
