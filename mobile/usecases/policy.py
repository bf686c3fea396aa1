"""Policy pages and visit scripts on this phone: those the office last sent."""

from __future__ import annotations

from mobile.usecases.phone import Phone
from mobile.usecases.season import current_season
from mobile.usecases.views import PolicyView
from shared.policy import PolicyPage, find


async def pages(phone: Phone) -> tuple[PolicyPage, ...]:
    """Return all pages in the centre's order."""
    season = await current_season(phone)
    return season.policy if season else ()


async def page(phone: Phone, key: str) -> PolicyView | None:
    """Return one page; None when the centre has removed it."""
    season = await current_season(phone)
    found = find(season.policy, key) if season else None
    if season is None or found is None:
        return None
    return PolicyView(page=found, unchecked=key in season.unchecked)
