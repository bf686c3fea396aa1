"""The fields of the enrolment screen."""

from __future__ import annotations

import asyncio

from tests.support.phone.harness import Screen

ADDRESS, CODE = "服务器地址", "登记码（8 位数字）"


async def fields(screen: Screen, address: str | None, code: str) -> None:
    """Wait until the two fields show this; no address field for None."""
    for _ in range(3000):
        found = [box.value if (box := screen.field(label)) else None for label in (ADDRESS, CODE)]
        if found == [address, code]:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(found)


async def paste(screen: Screen, label: str, words: str) -> None:
    """The whole text at once, as a clipboard brings it."""
    field = screen.field(label)
    assert field is not None
    screen.session.apply_patch(field._i, {"value": words})
    await screen.session.dispatch_event(field._i, "change", words)
    await asyncio.sleep(0.05)  # until it is drawn, as Screen.type waits
