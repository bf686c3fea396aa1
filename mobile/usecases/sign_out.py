"""Signing out: deletes the enrolment and all the office has. Unsent records are never deleted.

A refused record is not unsent: its bytes are in the office's quarantine, as they came
(docs/protocol.md). It does not prevent signing out; the check names it first.
"""

from __future__ import annotations

import msgspec

from mobile.store.deletion import CHAINS, Deletion, chains, delete_all
from mobile.store.drafts import DraftRow
from mobile.store.kept import REJECTED
from mobile.store.meta import REWOUND, SIGNING_KEY, ChainHead
from mobile.usecases.phone import Phone
from mobile.usecases.search_texts import SearchTexts
from mobile.usecases.standings import Standings
from shared.problems import ProblemError

KEPT = (
    "setting:language",
    "setting:scale",
    "setting:mode",
    "setting:photo.strip",
    CHAINS,
    SIGNING_KEY,
    REWOUND,
)
"""Meta keys that stay: how the app looks, its keys and chains belong to the phone, not to the
teacher.
"""


class SignOutCheck(msgspec.Struct, frozen=True, kw_only=True):
    """What signing out would mean now.

    Attributes:
        records: Unsent records; while there are any, signing out is refused.
        photos: Unsent photos, likewise.
        refused: Records the office did not take into its ledger.
        drafts: Unfinished forms.
        cases: Cases on this phone.

    """

    records: int = 0
    photos: int = 0
    refused: int = 0
    drafts: int = 0
    cases: int = 0

    @property
    def free(self) -> bool:
        """Whether nothing prevents signing out."""
        return not (self.records or self.photos)


async def check(phone: Phone) -> SignOutCheck:
    """Return what signing out would mean now."""
    return _check(phone, await phone.store.drafts.all())


async def sign_out(phone: Phone) -> None:
    """Delete cases, records, photos, drafts, enrolment and token in one transaction.

    A running sync ends first.

    Raises:
        ProblemError: sign_out.unsent, disk.full.

    """
    async with phone.syncing:
        store = phone.to_write().store
        drafts = await store.drafts.all()
        enrolment, head = await store.meta.enrolment(), await store.meta.chain_head()
        heads = await chains(store)
        if enrolment is not None:
            heads = {**heads, enrolment.server_key: head}
        cell = await store.meta.encrypted(CHAINS, heads)
        now = _check(phone, drafts)
        if not now.free:  # asked last: a record may have been saved while the rest was read
            raise ProblemError("sign_out.unsent", records=now.records, photos=now.photos)
        deletion = Deletion(
            facts={k.id for k in store.facts.all()},
            cases={c.case.id for c in store.cases.all()},
            drafts={(draft.case, draft.form) for draft in drafts},
            photos={row.sha256 for row in store.photos.all()},
            meta=[key for key in store.meta.every_key() if key not in KEPT],
        )
        await delete_all(store, deletion, {CHAINS: (heads, cell)})
        phone.here, phone.standings, phone.searched = None, Standings(), SearchTexts()


async def resume_chain(phone: Phone, server_key: str) -> None:
    """Continue, at an enrolment, the chain this phone has at that server.

    An unknown server gets a new chain.
    """
    store = phone.store
    if await store.meta.get("chain", ChainHead) is None:
        heads = await chains(store)
        if server_key in heads:
            await store.meta.put("chain", heads[server_key])


def _check(phone: Phone, drafts: list[DraftRow]) -> SignOutCheck:
    states = [k.state for k in phone.store.facts.unsent()]
    return SignOutCheck(
        records=len(states) - states.count(REJECTED),
        photos=len(phone.store.photos.waiting()),
        refused=states.count(REJECTED),
        drafts=len(drafts),
        cases=phone.store.cases.count(),
    )
