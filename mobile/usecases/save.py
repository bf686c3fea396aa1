"""Saving: a durable pending row at once; after 10 s, at the next start or at sync it joins the signed chain."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from mobile.store.facts import PENDING, Kept
from mobile.usecases.phone import Phone
from mobile.usecases.views import HistoryLine
from mobile.usecases.words import describe
from shared.facts import Body, Fact, encode, kind_of, plain
from shared.problems import ProblemError
from shared.season import CST

UNDO_S = 10
"""How long undo stays possible (product.md "Saving")."""


async def save(
    phone: Phone, case_id: str, body: Body, photos: tuple[str, ...] = (), happened_at: datetime | None = None
) -> HistoryLine:
    """Write a record of one case. Raises: ProblemError case.unknown, photo.unknown, disk.full."""
    state = phone.store.cases.get(case_id)
    if state is None:
        raise ProblemError("case.unknown", case=case_id)
    for sha256 in photos:
        if phone.store.photos.row(sha256) is None:
            raise ProblemError("photo.unknown")
    await join_due(phone)
    now = phone.now()
    fact = Fact(
        id=phone.new_id(),
        season=state.case.season,
        kind=kind_of(body),
        case=case_id,
        captured_at=now.isoformat(),
        happened_at=(happened_at or now).isoformat(),
        body=plain(body),
        photos=photos,
    )
    kept = await phone.store.facts.add(fact, encode(fact), phone.now_ms())
    return history_line(kept)


async def join_due(phone: Phone, *, everything: bool = False) -> int:
    """Join what has been pending for 10 s (or everything, at start and sync) to the chain; how many joined.

    A clock set back must not keep a record pending for ever: a save time in the future counts as due (P9).
    """
    joined = 0
    async with phone.joining:
        for kept in phone.store.facts.all():
            age_s = (phone.now_ms() - kept.saved_ms) / 1000
            if kept.state == PENDING and (everything or age_s >= UNDO_S or age_s < 0):
                await phone.store.facts.join(kept.id)
                joined += 1
    return joined


def history_line(kept: Kept, *, corrected: bool = False) -> HistoryLine:
    """A record as screens show it."""
    until = datetime.fromtimestamp(kept.saved_ms / 1000, CST) + timedelta(seconds=UNDO_S)
    return HistoryLine(
        fact=kept.id,
        kind=kept.fact.kind,
        happened_at=kept.fact.happened_at,
        state=kept.state,
        words=describe(kept.fact),
        photos=kept.fact.photos,
        undo_until=until.isoformat() if kept.state == PENDING else "",
        problem="。".join(str(kept.problem[k]) for k in ("title", "detail") if kept.problem.get(k)),
        corrected=corrected,
    )


def need(body: Body, *names: str) -> None:
    """Refuse a record that lacks what its meaning needs. Raises: ProblemError fact.field_missing."""
    for name in names:
        if not msgspec.structs.asdict(body)[name]:
            raise ProblemError("fact.field_missing", field=name)
