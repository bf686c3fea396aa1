"""What is not with the server yet, what came back, what was refused and why."""

from __future__ import annotations

from mobile.store.facts import REJECTED, Kept
from mobile.usecases.phone import Phone
from mobile.usecases.views import OutboxLine, OutboxView
from shared.identity import mask_name


async def outbox(phone: Phone) -> OutboxView:
    """The outbox screen; `all_sent` only when nothing at all waits, photos included."""
    waiting = {row.sha256 for row in phone.store.photos.waiting()}
    lines = [_line(phone, kept, waiting) for kept in phone.store.facts.unsent()]
    lines += [
        _line(phone, kept, waiting)
        for kept in phone.store.facts.all()
        if kept.state == "sent" and waiting & set(kept.fact.photos)
    ]
    rejected = sum(1 for line in lines if line.state == REJECTED)
    state = await phone.store.meta.sync_state()
    return OutboxView(
        lines=tuple(lines),
        unsent=len(phone.store.facts.unsent()) - rejected,
        photos_unsent=len(waiting),
        rejected=rejected,
        all_sent=not lines and not waiting,
        last_sync_at=state.refreshed_at,
        last_problem=state.last_problem,
    )


def _line(phone: Phone, kept: Kept, waiting: set[str]) -> OutboxLine:
    state = phone.store.cases.get(kept.fact.case)
    return OutboxLine(
        fact=kept.id,
        kind=kept.fact.kind,
        case=kept.fact.case,
        name=mask_name(state.case.borrower.name) if state else "",
        happened_at=kept.fact.happened_at,
        state=kept.state,
        photos_left=len(waiting & set(kept.fact.photos)),
        problem="。".join(str(kept.problem[k]) for k in ("title", "detail") if kept.problem.get(k)),
    )
