"""Tidying up, by itself: photos nobody used go after a day, a season that is over goes whole. Nothing unsent ever does.

Called at the app's start and after each sync, so it also happens on a phone that never comes back online.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import date

import msgspec

from mobile.store.deletion import Deletion, delete_all
from mobile.store.drafts import DraftRow
from mobile.store.facts import SENT, Kept
from mobile.store.photos import DRAFT, WAITING
from mobile.usecases.phone import Phone
from shared.problems import ProblemError
from shared.season import Season, china_day, moment_of, phone_keeps_until

log = logging.getLogger("doorstep.tidy")
UNUSED_MS = 24 * 3600 * 1000
"""How long a photo that stands in no record and no open form is kept: she may still be at the camera, or come back."""


class Deleted(msgspec.Struct, frozen=True, kw_only=True):
    """What went. `over`: the season is, and only what is unsent or unfinished is left."""

    facts: int = 0
    photos: int = 0
    cases: int = 0
    over: bool = False


async def delete_expired(phone: Phone) -> Deleted:
    """Let go of what this phone has no more reason to hold. Never raises for a disk: tidying can wait."""
    briefing = await phone.store.meta.briefing()
    drafts = await phone.store.drafts.all()
    season = briefing.season if briefing else None
    over = season is not None and is_over(season, await office_day(phone))
    expired = _expired(phone, drafts, season, over)
    try:
        if expired.anything:
            await delete_all(phone.store, expired)
        else:
            await phone.store.photos.sweep()  # what a death left
    except ProblemError as problem:
        log.warning("not tidied: %s", problem.code)
        return Deleted(over=over)
    return Deleted(
        facts=len(expired.facts),
        photos=len(expired.photos),
        cases=len(expired.cases),
        over=over,
    )


def is_over(season: Season, day: date) -> bool:
    """Whether phones have let go of this season by `day` (China)."""
    return day > phone_keeps_until(season)


async def office_day(phone: Phone) -> date:
    """Today (China) by the office's clock as the last sync told it, the phone's own before that.

    A phone whose clock is years ahead would else forget its list in the middle of the season (P9).
    """
    state, now = await phone.store.meta.sync_state(), phone.now()
    office, here = moment_of(state.office_at), moment_of(state.refreshed_at)
    return china_day(now + (office - here) if office and here else now)


def busy_cases(phone: Phone) -> set[str]:
    """Cases with unsent work: a record the office has not acknowledged, one of its photos, or an unfinished form."""
    waiting = {row.sha256 for row in phone.store.photos.waiting()}
    owed = {
        k.fact.case
        for k in phone.store.facts.all()
        if k.state != SENT or waiting & set(photos_of(k))
    }
    return owed | phone.store.drafts.cases()


def photos_of(kept: Kept) -> tuple[str, ...]:
    """Every photo a record names, evidence and a correction's included."""
    return (*kept.fact.photos, *_words(kept.fact.body))


def photos_in(drafts: list[DraftRow]) -> set[str]:
    """Every word in the fields of open forms, whatever the field is called: a photo among them is in use."""
    return {word for draft in drafts for word in _words(draft.fields)}


def _expired(phone: Phone, drafts: list[DraftRow], season: Season | None, over: bool) -> Deletion:
    busy, past = busy_cases(phone), "" if season is None else season.id
    facts = [
        k
        for k in phone.store.facts.all()
        if k.fact.case not in busy and (over or k.fact.season < past)
    ]
    cases = [
        c.case
        for c in phone.store.cases.all()
        if c.case.id not in busy and (over or c.case.season < past)
    ]
    return Deletion(
        facts={k.id for k in facts},
        cases={c.id for c in cases},
        photos=_photos(phone, drafts, facts, over),
    )


def _photos(phone: Phone, drafts: list[DraftRow], facts: list[Kept], over: bool) -> set[str]:
    """Photos of records that leave, photos nobody used for a day, and once the season is over all that none names."""
    going = {k.id for k in facts}
    used = photos_in(drafts) | {
        sha for k in phone.store.facts.all() if k.id not in going for sha in photos_of(k)
    }
    left = {sha for k in facts for sha in photos_of(k)}
    return {
        row.sha256
        for row in phone.store.photos.all()
        if row.sha256 not in used
        and row.state != WAITING
        and (row.sha256 in left or (_unused(phone, row.taken_ms) if row.state == DRAFT else over))
    }


def _unused(phone: Phone, taken_ms: int) -> bool:
    """Whether a day has passed; a time in the future is a clock set back, and no reason to keep it for years (P9)."""
    return abs(phone.now_ms() - taken_ms) >= UNUSED_MS


def _words(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _words(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _words(inner)
