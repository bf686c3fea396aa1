"""The season in force on this phone, and the season's clock."""

from __future__ import annotations

from datetime import datetime

from mobile.usecases.phone import Phone
from shared.problems import ProblemError
from shared.season import Season


async def current_season(phone: Phone) -> Season | None:
    """Return the season the office sent; None before the first sync."""
    briefing = await phone.store.meta.briefing()
    return briefing.season if briefing else None


async def season(phone: Phone) -> Season:
    """Return the season the office sent, for what is done with a case.

    Raises:
        ProblemError: sync.no_season (before the first sync).
    """
    found = await current_season(phone)
    if found is None:
        raise ProblemError("sync.no_season")
    return found


async def now(phone: Phone) -> datetime:
    """Return the moment by the phone's clock (the season's, in a demonstration)."""
    return phone.now()
