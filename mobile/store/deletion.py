"""Deletion: acknowledged data leaves the phone in one transaction over all stores; files follow.

A kill before the commit changes nothing; after it `sweep` at the next start removes the files that
are left.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import msgspec

from mobile.store.database import compact, writing
from mobile.store.meta import ChainHead
from mobile.store.store import Store

CHAINS = "chains"
"""The meta key of the chain heads at servers this phone signed out of, by server key. Its key pair
stays the same, and a server that knows it continues the numbering.
"""


class Deletion(msgspec.Struct, frozen=True, kw_only=True):
    """What to delete. `drafts`: (case, form).

    The stores keep what is unsent, whatever is listed here.
    """

    facts: Collection[str] = ()
    cases: Collection[str] = ()
    drafts: Collection[tuple[str, str]] = ()
    photos: Collection[str] = ()
    meta: Collection[str] = ()

    @property
    def anything(self) -> bool:
        """Whether there is anything to delete."""
        return any((self.facts, self.cases, self.drafts, self.photos, self.meta))


async def delete_all(
    store: Store, deletion: Deletion, cells: Mapping[str, tuple[object, bytes]] | None = None
) -> None:
    """Delete everything listed at once.

    Nothing else runs before the commit: what the caller found to be acknowledged a line earlier
    still is.

    Args:
        store: The phone's store.
        deletion: What to delete.
        cells: Meta values to write in the same transaction: (value, encrypted cell) by key.

    Raises:
        ProblemError: disk.full, disk.broken.

    """
    with writing(store.db):
        store.facts.erase(deletion.facts)
        store.cases.erase(deletion.cases)
        for case, form in deletion.drafts:
            store.drafts.drop(case, form)
        store.photos.drop(deletion.photos)
        store.meta.erase(deletion.meta)
        for key, (_, cell) in (cells or {}).items():
            store.meta.write(key, cell)
    store.facts.forget(deletion.facts)
    store.cases.forget(deletion.cases)
    store.meta.forget(deletion.meta)
    for key, (value, _) in (cells or {}).items():
        store.meta.remember(key, value)
    compact(store.db)
    await store.flush()  # before any file goes: a row that comes back must find its file
    await store.photos.sweep()
    await store.flush()  # deleted only when it stays so after a kill


async def chains(store: Store) -> dict[str, ChainHead]:
    """Return the chain heads at servers signed out of, by server key."""
    return await store.meta.get(CHAINS, dict[str, ChainHead]) or {}
