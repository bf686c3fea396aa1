"""The season in force on this phone, and the season's clock."""

from __future__ import annotations

from datetime import datetime

from mobile.usecases.phone import Phone
from shared.season import Season, season_2019


async def season(phone: Phone) -> Season:
    """Return the season the office sent; before the first sync the shipped example."""
    briefing = await phone.store.meta.briefing()
    return briefing.season if briefing else season_2019()


async def now(phone: Phone) -> datetime:
    """Return the moment by the phone's clock (the season's, in a demonstration)."""
    return phone.now()
