"""Deletes what has expired: unused photos after a day, a season that is over.

A season is over on its day, and once the office has opened the next one.

Unsent records are never deleted.

Runs at the app's start and after each sync, so also on a phone that never comes online again.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import date

import msgspec

from mobile.store import moved
from mobile.store.deletion import Deletion, delete_all
from mobile.store.drafts import DraftRow
from mobile.store.kept import Kept
from mobile.store.photos import DRAFT, WAITING
from mobile.usecases.phone import Phone
from shared.problems import ProblemError
from shared.season import Season, china_day, moment_of, phone_keeps_until

log = logging.getLogger("doorstep.retention")
UNUSED_MS = 24 * 3600 * 1000
"""How long a photo in no record and no unfinished form is kept (ms): the teacher may still be using
the camera.
"""


class Deleted(msgspec.Struct, frozen=True, kw_only=True):
    """How much was deleted. `over`: the season is over; only unsent or unfinished work is left."""

    facts: int = 0
    photos: int = 0
    cases: int = 0
    over: bool = False


async def delete_expired(phone: Phone) -> Deleted:
    """Delete what this phone has no more reason to keep.

    A disk problem is logged, not raised: deletion can wait.
    """
    briefing = await phone.store.meta.briefing()
    drafts = await phone.store.drafts.all()
    season = briefing.season if briefing else None
    over = season is not None and is_over(season, await office_day(phone))
    over = over or await phone.store.meta.waits_for_season()
    expired = _expired(phone, drafts, season, over)
    try:
        if expired.anything:
            await delete_all(phone.store, expired)
        else:
            await phone.store.photos.sweep()  # files left by a kill
    except ProblemError as problem:
        log.warning("nothing deleted: %s", problem.code)
        return Deleted(over=over)
    return Deleted(
        facts=len(expired.facts),
        photos=len(expired.photos),
        cases=len(expired.cases),
        over=over,
    )


def is_over(season: Season, day: date) -> bool:
    """Return whether phones no longer keep this season on `day` (China).

    A season with a day no calendar adds to is never over: nothing is deleted for it.
    """
    try:
        return day > phone_keeps_until(season)
    except OverflowError:
        return False


async def office_day(phone: Phone) -> date:
    """Return today (China) by the office's clock, before the first sync by the phone's own.

    A phone whose clock is years ahead would otherwise delete its list in the middle of the season
    (P9).
    """
    state, now = await phone.store.meta.sync_state(), phone.now()
    office, here = moment_of(state.office_at), moment_of(state.refreshed_at)
    try:
        return china_day(now + (office - here) if office and here else now)
    except OverflowError:  # a year that no clock shows: an earlier version kept what it was sent
        return china_day(now)


def busy_cases(phone: Phone) -> set[str]:
    """Return the cases with an unacknowledged record or photo, or an unfinished form."""
    waiting = {row.sha256 for row in phone.store.photos.waiting()}
    cases = {k.fact.case for k in phone.store.facts.unsent()}
    if waiting:
        cases |= {k.fact.case for k in phone.store.facts.all() if waiting & set(photos_of(k))}
    return cases | phone.store.drafts.cases()


def photos_of(kept: Kept) -> tuple[str, ...]:
    """Return every photo a record names, those in its body included."""
    return (*kept.fact.photos, *_words(kept.fact.body))


def photos_in(drafts: list[DraftRow]) -> set[str]:
    """Return every text in the fields of unfinished forms, whatever the field is.

    A photo among them is in use.
    """
    return {word for draft in drafts for word in _words(draft.fields)}


def _expired(phone: Phone, drafts: list[DraftRow], season: Season | None, over: bool) -> Deletion:
    past = "" if season is None else season.id
    facts = [k for k in phone.store.facts.all() if over or k.fact.season < past]
    cases = [c.case for c in phone.store.cases.all() if over or c.case.season < past]
    busy = busy_cases(phone) if facts or cases else set()  # on most days nothing is old
    facts = [k for k in facts if k.fact.case not in busy]
    return Deletion(
        facts={k.id for k in facts},
        cases={c.id for c in cases if c.id not in busy},
        photos=_photos(phone, drafts, facts, over),
        meta={moved.KEY} & set(phone.store.meta.every_key()) if over else (),
    )


def _photos(phone: Phone, drafts: list[DraftRow], facts: list[Kept], over: bool) -> set[str]:
    """The photos to delete.

    They are those of records that are deleted, those unused for a day and, once the season is over,
    all that no record names.
    """
    left = {sha for k in facts for sha in photos_of(k)}
    rows = [
        row
        for row in phone.store.photos.all()
        if row.state != WAITING
        and (row.sha256 in left or (_unused(phone, row.taken_ms) if row.state == DRAFT else over))
    ]
    if not rows:
        return set()
    going = {k.id for k in facts}
    used = photos_in(drafts) | {
        sha for k in phone.store.facts.all() if k.id not in going for sha in photos_of(k)
    }
    return {row.sha256 for row in rows if row.sha256 not in used}


def _unused(phone: Phone, taken_ms: int) -> bool:
    """Whether a day has passed.

    A time in the future is a clock set back, and no reason to keep a photo for years (P9).
    """
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
