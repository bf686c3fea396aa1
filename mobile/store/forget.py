"""Letting go: what is acknowledged leaves the phone in one transaction over all stores; files follow it.

A kill before the commit changes nothing; after it `sweep` at the next start removes the files that are left.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import msgspec

from mobile.store.database import compact, writing
from mobile.store.meta import ChainHead
from mobile.store.store import Store

CHAINS = "chains"
"""The chain heads this phone left behind at servers it signed out of, by server key: its key pair stays the same, and a
server that knows it goes on counting where it stopped."""


class Leaving(msgspec.Struct, frozen=True, kw_only=True):
    """What goes. `drafts`: (case, form). The stores keep back what is unsent, whatever stands in here."""

    facts: Collection[str] = ()
    cases: Collection[str] = ()
    drafts: Collection[tuple[str, str]] = ()
    photos: Collection[str] = ()
    meta: Collection[str] = ()

    @property
    def anything(self) -> bool:
        return any((self.facts, self.cases, self.drafts, self.photos, self.meta))


async def let_go(
    store: Store, leaving: Leaving, cells: Mapping[str, tuple[object, bytes]] | None = None
) -> None:
    """Everything in `leaving` at once, with the meta values of `cells` (value, sealed) put instead.

    Nothing else runs before the commit: what the caller found to be acknowledged a line earlier still is.
    Raises: ProblemError disk.full, disk.broken.
    """
    with writing(store.db):
        store.facts.erase(leaving.facts)
        store.cases.erase(leaving.cases)
        for case, form in leaving.drafts:
            store.drafts.drop(case, form)
        store.photos.drop(leaving.photos)
        store.meta.erase(leaving.meta)
        for key, (_, cell) in (cells or {}).items():
            store.meta.write(key, cell)
    store.facts.forget(leaving.facts)
    store.cases.forget(leaving.cases)
    store.meta.forget(leaving.meta)
    for key, (value, _) in (cells or {}).items():
        store.meta.remember(key, value)
    compact(store.db)
    await store.flush()  # before any file goes: rows that come back must find theirs
    await store.photos.sweep()
    await store.flush()  # forgotten is forgotten only when it is so after a kill too


async def chains(store: Store) -> dict[str, ChainHead]:
    """The heads left behind, by server key."""
    return await store.meta.get(CHAINS, dict[str, ChainHead]) or {}
