"""Drop photos that can never be handed in, once the record that named them names others.

A photo that waits is otherwise never deleted: until then its record asks for another one
(mobile/usecases/stuck.py).
"""

from __future__ import annotations

from collections.abc import Iterable

from mobile.store.kept import SENT, Kept
from mobile.store.store import Store
from mobile.sync.upload import NOT_IMAGE
from mobile.usecases.retention import photos_in
from mobile.usecases.stuck import attempts_of
from shared.lifecycle import in_force

NEVER = (NOT_IMAGE, "photo.unknown")
"""Problem codes of a photo that the server never accepts, or that this phone no longer has."""


async def drop_replaced(store: Store) -> None:
    """Delete such photos that no record in force names, the server's records and this phone's.

    Raises:
        ProblemError: disk.full, disk.broken.

    """
    known = await attempts_of(store)
    never = {sha256 for sha256, code in known.photos.items() if code in NEVER}
    never &= {row.sha256 for row in store.photos.waiting()}
    if not never:
        return
    facts = store.facts.all()
    used = _named(facts) | _named(kept for kept in facts if kept.state == SENT)
    used |= photos_in(await store.drafts.all())
    if never - used:
        store.photos.give_up(never - used)
        await store.photos.sweep()


def _named(found: Iterable[Kept]) -> set[str]:
    """Return the photos that records name as they read with their corrections."""
    cases: dict[str, list[Kept]] = {}
    for kept in found:
        cases.setdefault(kept.fact.case, []).append(kept)
    return {
        sha256
        for of_case in cases.values()
        for fact in in_force([kept.fact for kept in of_case])
        for sha256 in fact.photos
    }
