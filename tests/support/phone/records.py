"""Records put on a phone past the screens, and those found there."""

from __future__ import annotations

import json
from typing import Any

from mobile.usecases.phone import Phone
from mobile.usecases.records import record
from shared.digest import sha256_hex
from shared.problems import ProblemError, details
from shared.records.visit import Visit

VISIT = Visit(met="self", outcome="promised")
SLIP = b"a slip"


async def photo(phone: Phone, words: bytes) -> str:
    """A photo nobody has yet; its hash."""
    sha256 = sha256_hex(words)
    await phone.store.photos.add(sha256, words, phone.now_ms())
    return sha256


async def sent_visit(phone: Phone, case: str = "case-1", *photos: str) -> str:
    """A record and its photos, all acknowledged."""
    line = await record(phone, case, VISIT, photos)
    await phone.store.facts.join(line.fact)
    phone.store.facts.mark_sent(line.fact, len(phone.store.facts.all()))
    for sha256 in photos:
        phone.store.photos.mark_sent(sha256)
    return line.fact


def facts(phone: Phone, kind: str) -> list[dict[str, Any]]:
    """The bodies of one kind as they travel: JSON."""
    bodies = [kept.fact.body for kept in phone.store.facts.all() if kept.fact.kind == kind]
    return [json.loads(json.dumps(body)) for body in bodies]


async def all_sent(phone: Phone) -> None:
    """One visit with a photo, acknowledged."""
    sha256 = await photo(phone, SLIP)
    line = await record(phone, "c0001", VISIT, (sha256,))
    await phone.store.facts.join(line.fact)
    phone.store.facts.mark_sent(line.fact, 1)
    phone.store.photos.mark_sent(sha256)


async def refused(phone: Phone) -> str:
    """The first unsent record, refused by the office."""
    kept = phone.store.facts.unsent()[0]
    await phone.store.facts.mark_rejected(kept.id, details(ProblemError("fact.wrong_season")))
    return kept.id
