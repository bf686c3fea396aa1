"""Cases that moved to other teachers: whose, to whom, and where this teacher's records are now."""

from __future__ import annotations

import msgspec

from mobile.store.cases import MOVED
from mobile.store.kept import REJECTED, SENT
from mobile.store.moved import KEY, moved_cases
from mobile.usecases.phone import Phone
from shared.records.registry import named
from shared.wire import CaseState


class MovedTo(msgspec.Struct, frozen=True, kw_only=True):
    """The cases that went to one teacher.

    Attributes:
        to: The teacher; "" where the office does not say.
        names: The borrowers', masked.
        sent: This teacher's records of them that the office has.
        unsent: Those that are still to be sent.
        drafts: Unfinished forms about them.

    """

    to: str = ""
    names: tuple[str, ...] = ()
    sent: int = 0
    unsent: int = 0
    drafts: int = 0


def has_moved(state: CaseState) -> bool:
    """Return whether another teacher has a case now, and it stays only for unfinished work."""
    return state.version == MOVED


async def moved(phone: Phone) -> tuple[MovedTo, ...]:
    """Return the cases that moved and that the teacher has not read about, by teacher."""
    found: dict[str, MovedTo] = {}
    drafts = [draft.case for draft in await phone.store.drafts.all()]
    for one in await moved_cases(phone.store.meta):
        if one.read:
            continue
        kept = [k for k in phone.store.facts.of(one.case) if named(k.fact.kind).listed]
        group = found.get(one.to, MovedTo(to=one.to))
        found[one.to] = MovedTo(
            to=one.to,
            names=(*group.names, one.name),
            sent=group.sent + sum(k.state == SENT for k in kept),
            unsent=group.unsent + sum(k.state not in (SENT, REJECTED) for k in kept),
            drafts=group.drafts + drafts.count(one.case),
        )
    return tuple(found.values())


async def moved_to(phone: Phone, case_id: str) -> str:
    """Return who has a case now; "" where it is not known."""
    return next((m.to for m in await moved_cases(phone.store.meta) if m.case == case_id), "")


async def forget_moved(phone: Phone) -> None:
    """Note that the teacher has read what moved; cases still on this phone stay marked."""
    store = phone.to_write().store
    kept = [
        msgspec.structs.replace(one, read=True)
        for one in await moved_cases(store.meta)
        if store.cases.get(one.case) is not None
    ]
    await store.meta.put(KEY, tuple(kept))
