"""What an earlier version stored of a broken server: screens show it as it is."""

from __future__ import annotations

from pathlib import Path

import msgspec

from mobile.store.meta import SyncState
from shared.lifecycle import Review
from shared.wire import CaseState
from tests.mobile.ui.conftest import Open
from tests.support.phone.seed import Seed, phone_with

ODD = "9999-12-31T23:59:59+00:00"


async def test_odd_days_and_moments_are_shown_as_they_are(
    tmp_path: Path, open_window: Open
) -> None:
    review = Review(fact="f", verdict="returned", comment="=1+1", by="\x00", at=ODD)
    odd: dict[str, object] = {
        "repaid": {"as_of": "9999-12-31", "repaid_fen": 10**18, "paid": True, "paid_on": "=1+1"},
        "last_visit": "0000-00-00",
        "promised_on": "soon",
        "visits": 10**18,
        "contact": {"phone": "x" * 300, "address": "\u202e"},
        "suggested": [
            {"field": "nobody knows", "value": "x", "day": "soon"},
            {"field": "workplace", "value": "x" * 300, "day": "0000-00-00"},
        ],
        "contact_origins": {"phone": {"source": "nobody", "day": "0000-00-00"}},
    }
    phone = await phone_with(tmp_path / "phone", Seed(count=2))
    state = msgspec.to_builtins(phone.store.cases.all()[0])
    spoiled = msgspec.convert({**state, **odd, "reviews": [msgspec.to_builtins(review)]}, CaseState)
    await phone.store.cases.apply([spoiled], [], set())
    await phone.store.meta.put("sync", SyncState(refreshed_at=ODD, office_at=ODD))
    screen = await open_window(phone)
    await screen.see("接下来")
    await screen.address("/outbox")
    await screen.see("上次同步：9999-12-31T23:59:59+00:00")
    for route in ("/cases", "/cases/c0001", "/outbox", "/more", "/more/storage", "/more/policy"):
        await screen.address(route)
    await screen.address("/cases/c0001")
    await screen.see("全校共走访 1000000000000000000 次。")
    phone.store.close()
