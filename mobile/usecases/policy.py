"""Policy pages and visit scripts on this phone.

Those the office last sent, else those shipped with the app.
"""

from __future__ import annotations

from mobile.usecases.phone import Phone
from mobile.usecases.season import season
from shared.policy import PolicyPage, find


async def pages(phone: Phone) -> tuple[PolicyPage, ...]:
    """Return all pages in the centre's order."""
    return (await season(phone)).policy


async def page(phone: Phone, key: str) -> PolicyPage | None:
    """Return one page; None when the centre has removed it."""
    return find(await pages(phone), key)
