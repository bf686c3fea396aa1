"""Undo and correct: undo deletes only what is still pending; afterwards a new record names the old one."""

from __future__ import annotations

from datetime import datetime

import msgspec

from mobile.store.facts import Kept
from mobile.usecases.phone import Phone
from mobile.usecases.save import save, whole
from mobile.usecases.season import season as season_of
from mobile.usecases.views import HistoryLine
from mobile.usecases.write_statement import consented
from shared.lifecycle import in_force
from shared.problems import ProblemError
from shared.records.base import Body, Fact, plain
from shared.records.correction import Correction
from shared.records.registry import kind_of
from shared.records.statement import Statement


async def undo(phone: Phone, fact_id: str) -> bool:
    """Take back a record within its 10 seconds; False when it has joined the chain. A look is never taken back."""
    kept = phone.store.facts.get(fact_id)
    return (
        kept is not None
        and kept.fact.kind != "disclosure"
        and await phone.store.facts.undo(fact_id)
    )


async def correct(
    phone: Phone,
    fact_id: str,
    *,
    reason: str,
    body: Body | None = None,
    photos: tuple[str, ...] | None = None,
    happened_at: datetime | None = None,
) -> HistoryLine:
    """Say that a record should read `body`, or (None) never happened. Both stay on record.

    `fact_id` may be a correction: the record at its root is meant. Without `photos` (None) or `happened_at`
    those of the record stay; an empty `photos` takes them out.

    Raises: ProblemError fact.unknown, fact.field_missing (no reason, or a body of another kind or not whole),
    photo.unknown, disk.full.
    """
    original, now = _root(phone, fact_id), reads_now(phone, fact_id)
    if not reason.strip() or (body is not None and kind_of(body).name != original.kind):
        raise ProblemError("fact.field_missing", field="reason" if not reason.strip() else "body")
    if isinstance(body, Statement):
        consented(body, now.photos if photos is None else photos, await season_of(phone))
        before = str(now.body.get("supersedes", ""))
        body = body if body.supersedes else msgspec.structs.replace(body, supersedes=before)
    if body is not None:
        whole(body)
    said = Correction(
        corrects=fact_id,
        reason=reason,
        withdraw=body is None,
        body=None if body is None else plain(body),
        keeps_photos=photos is None,
    )
    when = happened_at or datetime.fromisoformat(now.happened_at)
    return await save(phone, original.case, said, photos or (), when)


def reads_now(phone: Phone, fact_id: str) -> Fact:
    """A record as it reads with its corrections: what a form to mend it starts from. Raises: ProblemError fact.unknown."""
    original = _root(phone, fact_id)
    return next(
        (f for f in in_force(_facts(phone, original.case)) if f.id == original.id), original
    )


def _root(phone: Phone, fact_id: str) -> Fact:
    """The record a fact is about: itself, or what a correction corrects. Raises: ProblemError fact.unknown."""
    kept: Kept | None = phone.store.facts.get(fact_id)
    while kept is not None and kept.fact.kind == "correction":
        kept = phone.store.facts.get(str(kept.fact.body["corrects"]))
    if kept is None:
        raise ProblemError("fact.unknown")
    return kept.fact


def _facts(phone: Phone, case_id: str) -> list[Fact]:
    return [k.fact for k in phone.store.facts.of(case_id)]
