"""The outbox: what waits for the server, what the office returned, what it refused and why."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from mobile.store.kept import DROPPED, REJECTED, Kept
from mobile.usecases.cover import shown_name
from mobile.usecases.handed_in import Situation, handed_in, no_list, waits_long
from mobile.usecases.handin_views import OutboxLine, OutboxView
from mobile.usecases.lines import standing_of
from mobile.usecases.moved import moved
from mobile.usecases.phone import Phone
from mobile.usecases.season import current_season
from mobile.usecases.stuck import stuck_lines
from mobile.usecases.text import Text
from mobile.usecases.words import note_text, refusal

STOPPED = ("device.revoked", "auth.required")
"""Problem codes of a phone that the server refuses or does not know; enrolling it again with a new
code fixes both.
"""

NEEDS_NEW_KEY = ("device.rewound", "sync.gap")
"""Problem codes of a phone that needs a new key; its own banner says so, with the way on."""


async def outbox(phone: Phone) -> OutboxView:
    """Return the outbox screen. `all_sent` only when nothing waits, photos included."""
    waiting = {row.sha256 for row in phone.store.photos.waiting()}
    facts = phone.store.facts
    lines = [_line(phone, kept, waiting) for kept in facts.unsent()]
    lines += [
        _line(phone, kept, waiting)
        for kept in facts.all()
        if kept.state == "sent" and waiting & set(kept.fact.photos)
    ]
    dropped = [k for k in facts.all() if k.state == REJECTED and k.problem.get("code") == DROPPED]
    rejected = sum(1 for line in lines if line.state == REJECTED)
    state, broken = await phone.store.meta.sync_state(), await phone.store.meta.rewound()
    code = state.problem.code if state.problem else ""
    last_problem = note_text(None if code in NEEDS_NEW_KEY else state.problem)
    returned, unsent_records = await _returned(phone), len(facts.unsent()) - rejected
    now = Situation(
        rejected=rejected,
        unsent=unsent_records,
        photos_unsent=len(waiting),
        returned=len(returned),
        failed=bool(last_problem),
        synced=state.refreshed_at != "",
    )
    return OutboxView(
        lines=tuple(lines),
        returned=returned,
        dropped=tuple(
            msgspec.structs.replace(_line(phone, kept, waiting), state="dropped")
            for kept in dropped
        ),
        unsent=unsent_records,
        photos_unsent=len(waiting),
        rejected=rejected,
        all_sent=not lines and not waiting,
        handed_in=handed_in(now),
        no_list=no_list(now),
        waits_long=waits_long(_waits_since(phone), phone.now_ms()),
        moved=await moved(phone),
        last_sync_at=state.refreshed_at,
        last_problem=last_problem,
        stopped=code in STOPPED,
        rewound=broken is not None,
        missing=broken.missing if broken else 0,
        new_season=await phone.store.meta.waits_for_season(),
        stuck=await stuck_lines(phone.store),
    )


def _waits_since(phone: Phone) -> Iterator[int]:
    """When each record that waits was saved, and each photo taken (ms)."""
    for kept in phone.store.facts.unsent():
        if kept.state != REJECTED:
            yield kept.saved_ms
    for row in phone.store.photos.waiting():
        yield row.taken_ms


def unsent(phone: Phone) -> int:
    """Return the number shown on every screen: waiting records, else waiting photos.

    Refused records do not count.
    """
    records = sum(kept.state != REJECTED for kept in phone.store.facts.unsent())
    return records or len(phone.store.photos.waiting())


async def resend(phone: Phone, fact_id: str) -> bool:
    """Queue a refused record again with the same bytes.

    It helps once the office has fixed the cause (a season, a case).

    Returns:
        False when the record is not refused (any more).

    """
    queued = phone.store.facts.resend(fact_id)
    await phone.store.flush()
    return queued


async def _returned(phone: Phone) -> tuple[OutboxLine, ...]:
    """This phone's records the office sent back and that are not corrected yet."""
    season = await current_season(phone)
    if season is None:
        return ()
    found = []
    for state in phone.store.cases.all():
        if not any(review.verdict == "returned" for review in state.reviews):
            continue
        open_ones = standing_of(phone, state, season).returned
        for review in state.reviews:
            kept = phone.store.facts.get(review.fact)
            if review.fact in open_ones and kept is not None:
                changes = {
                    "state": "returned",
                    "problem": Text(review.comment),
                    "by": review.by,
                }
                found.append(msgspec.structs.replace(_line(phone, kept, set()), **changes))
    return tuple(found)


def _line(phone: Phone, kept: Kept, waiting: set[str]) -> OutboxLine:
    state = phone.store.cases.get(kept.fact.case)
    return OutboxLine(
        fact=kept.id,
        kind=kept.fact.kind,
        case=kept.fact.case,
        name=shown_name(phone, state.case.borrower.name) if state else "",
        happened_at=kept.fact.happened_at,
        state=kept.state,
        photos_left=len(waiting & set(kept.fact.photos)),
        problem=refusal(kept.problem),
    )
