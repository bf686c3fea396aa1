"""Policy pages and door scripts on this phone: what the office last sent, or what the app came with. No network."""

from __future__ import annotations

from mobile.usecases.phone import Phone
from mobile.usecases.season import season
from shared.policy import PolicyPage, find


async def pages(phone: Phone) -> tuple[PolicyPage, ...]:
    """All of them in the centre's order."""
    return (await season(phone)).policy


async def page(phone: Phone, key: str) -> PolicyPage | None:
    """One of them; None when the centre has taken it out."""
    return find(await pages(phone), key)
