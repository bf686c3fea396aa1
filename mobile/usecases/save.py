"""Saving: a durable pending row at once.

After 10 s, at the next start or at sync it joins the signed chain.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

import msgspec

from mobile.store.kept import PENDING, Kept
from mobile.usecases.phone import Phone
from mobile.usecases.season import current_season
from mobile.usecases.views import HistoryLine
from mobile.usecases.words import describe, refusal
from shared.bounds import Breach, body_breach, breach
from shared.problems import ProblemError
from shared.records.base import Body, Fact, encode, plain
from shared.records.registry import kind_of
from shared.season import CST, moment_of_ms

UNDO_S = 10
"""How long a record can be undone, in seconds.

Source: docs/sources.md#undo.
"""


async def save(
    phone: Phone,
    case_id: str,
    body: Body,
    photos: tuple[str, ...] = (),
    happened_at: datetime | None = None,
    draft: str = "",
    at_office: Collection[str] = (),
) -> HistoryLine:
    """Write a record of one case; durable on return.

    Args:
        phone: The phone.
        case_id: The case; it must be on this phone.
        body: What the record says.
        photos: sha256 (hex) of photos this phone holds.
        happened_at: When it happened; None is now, a time without an offset is China time.
        draft: The slot (`drafts.slot`) of the form it was written in: that draft is now the record.
        at_office: Photos that may be named although this phone never had them: those of the record
            that is corrected.

    Raises:
        ProblemError: case.unknown, photo.unknown, fact.out_of_bounds, disk.full.

    """
    state = phone.store.cases.get(case_id)
    if state is None:
        raise ProblemError("case.unknown", case=case_id)
    for sha256 in photos:
        if sha256 not in at_office and phone.store.photos.row(sha256) is None:
            raise ProblemError("photo.unknown")
    await join_due(phone)
    now = phone.now()
    when = happened_at or now
    # First as it is: half a character could not even be written as bytes.
    refuse(body_breach(kind_of(body), msgspec.to_builtins(body)))
    fact = Fact(
        id=phone.new_id(),
        season=state.case.season,
        kind=kind_of(body).name,
        case=case_id,
        captured_at=now.isoformat(),
        happened_at=(when if when.tzinfo else when.replace(tzinfo=CST)).isoformat(),
        body=plain(body),
        photos=photos,
    )
    data = encode(fact)
    refuse(breach(fact, data, await current_season(phone)))
    kept = await phone.store.facts.add(fact, data, phone.now_ms(), draft)
    return history_line(kept)


def refuse(found: Breach | None) -> None:
    """Refuse a record that the office would refuse.

    Raises:
        ProblemError: fact.out_of_bounds.

    """
    if found is not None:
        raise found.problem()


async def join_due(phone: Phone, *, everything: bool = False) -> int:
    """Join records that have been pending for 10 s (or `everything`) to the signed chain.

    A clock set back must not keep a record pending for ever: a save time in the future counts as
    due (P9).

    Returns:
        How many joined.

    """
    pending = [kept for kept in phone.store.facts.all() if kept.state == PENDING]
    now_ms = phone.now_ms()
    due = [
        at
        for at, kept in enumerate(pending, 1)
        if everything or not 0 <= now_ms - kept.saved_ms < UNDO_S * 1000
    ]
    # what was made before a due one goes first, whatever the clock says
    joining = pending[: max(due, default=0)]
    for kept in joining:
        await phone.store.facts.join(kept.id)
    return sum(kept.state != PENDING for kept in joining)  # none while others are signed anew


def history_line(
    kept: Kept, *, corrected: bool = False, about: str = "", newest: bool = True
) -> HistoryLine:
    """Return a record as screens show it.

    Args:
        kept: The record.
        corrected: Whether a later correction replaces it.
        about: For a correction, the kind of the record it corrects.
        newest: Whether it says how the record reads now.

    """
    until = moment_of_ms(kept.saved_ms) + timedelta(seconds=UNDO_S)
    return HistoryLine(
        fact=kept.id,
        kind=kept.fact.kind,
        happened_at=kept.fact.happened_at,
        state=kept.state,
        words=describe(kept.fact, about),
        photos=kept.fact.photos,
        undo_until=until.isoformat() if kept.state == PENDING else "",
        problem=refusal(kept.problem),
        corrected=corrected,
        about=about or kept.fact.kind,
        newest=newest,
        paper=kept.fact.paper is not None,
    )
