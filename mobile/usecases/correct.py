"""Undo and correct: undo deletes only what is still pending; afterwards a new record names the old one."""

from __future__ import annotations

from datetime import datetime

from mobile.usecases.phone import Phone
from mobile.usecases.save import save
from mobile.usecases.views import HistoryLine
from shared.facts import Body, Correction, kind_of, plain
from shared.problems import ProblemError


async def undo(phone: Phone, fact_id: str) -> bool:
    """Take back a record within its 10 seconds; False when it has joined the chain."""
    async with phone.joining:
        return phone.store.facts.undo(fact_id)


async def correct(
    phone: Phone, fact_id: str, *, reason: str, body: Body | None = None, happened_at: datetime | None = None
) -> HistoryLine:
    """Say that a record should read `body`, or (None) never happened. Both stay on record.

    Raises: ProblemError fact.unknown, fact.field_missing (no reason, or a body of another kind).
    """
    kept = phone.store.facts.get(fact_id)
    if kept is None:
        raise ProblemError("fact.unknown")
    if not reason.strip() or (body is not None and kind_of(body) != kept.fact.kind):
        raise ProblemError("fact.field_missing", field="reason" if not reason.strip() else "body")
    said = Correction(
        corrects=fact_id, reason=reason, withdraw=body is None, body=None if body is None else plain(body)
    )
    when = happened_at or datetime.fromisoformat(kept.fact.happened_at)
    return await save(phone, kept.fact.case, said, happened_at=when)
