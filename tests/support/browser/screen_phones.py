"""The phones whose screens are pictured: new, in use, all handed in, late in the evening, after the season, no list."""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec

from mobile.usecases.appearance import NAME, Appearance
from mobile.usecases.calls import prepared
from mobile.usecases.drafts import save_draft
from mobile.usecases.phone import Phone
from mobile.usecases.records import record
from shared.digest import sha256_hex
from shared.problems import ProblemError, details
from shared.records.visit import Visit
from sync_server.crypto.keys import ReceiptKey
from tests.support.phone.pictures import slip
from tests.support.phone.seed import CLOCK, Seed, lived_in, phone_with

EVENING = "2019-12-12T22:30+08:00"
AFTER = "2020-02-03T09:00+08:00"
CALLED = "c0009"


async def _with_office(phone: Phone, keys: Path) -> None:
    """A server key as a real enrolment leaves it, so that a forgotten PIN has a way back."""
    enrolment = await phone.store.meta.enrolment()
    if enrolment is not None:
        point = base64.urlsafe_b64encode(ReceiptKey(keys, "secret").public()).rstrip(b"=").decode()
        await phone.store.meta.put(
            "enrolment", msgspec.structs.replace(enrolment, server_key=point)
        )


async def used(folder: Path) -> None:
    """Some days of work, a record refused, a call whose outcome is not recorded yet."""
    phone = await lived_in(folder)
    await _with_office(phone, folder.parent / f"{folder.name}.pem")
    refused = phone.store.facts.unsent()[-1]
    await phone.store.facts.mark_rejected(refused.id, details(ProblemError("fact.wrong_season")))
    await save_draft(phone, CALLED, "attempt", prepared({}, "self", "2019-12-12T09:54:00+08:00"))
    phone.store.close()


async def sent(folder: Path) -> None:
    """One visit with its photo, both with the office."""
    phone = await phone_with(folder)
    photo = slip()
    await phone.store.photos.add(sha256_hex(photo), photo, phone.now_ms())
    visit = Visit(
        met="self", outcome="promised", visitors=("林秀英", "何建军"), promise_date="2019-12-16"
    )
    line = await record(phone, "c0001", visit, (sha256_hex(photo),))
    await phone.store.facts.join(line.fact)
    phone.store.facts.mark_sent(line.fact, 1)
    phone.store.photos.mark_sent(sha256_hex(photo))
    phone.store.close()


async def untouched(folder: Path) -> None:
    """A list and nothing done yet."""
    (await phone_with(folder)).store.close()


async def without_list(folder: Path) -> None:
    """Enrolled, and the list not there yet."""
    (await phone_with(folder, Seed(count=0))).store.close()


async def nobodys(folder: Path) -> None:
    """Just installed."""


PHONES: dict[str, tuple[Callable[[Path], Awaitable[None]], str]] = {
    "new": (nobodys, CLOCK),
    "used": (used, CLOCK),
    "sent": (sent, CLOCK),
    "evening": (untouched, EVENING),
    "over": (untouched, AFTER),
    "no-list": (without_list, CLOCK),
}
"""Kind of phone -> (what makes its folder, the time it is there)."""


async def make(kind: str, folder: Path, scale: float) -> None:
    """Make the phone's folder with a text size chosen."""
    folder.mkdir(parents=True)
    await PHONES[kind][0](folder)
    (folder / NAME).write_bytes(msgspec.json.encode(Appearance(scale=scale)))
