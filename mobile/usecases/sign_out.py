"""Signing out: the phone forgets whose it was and everything the office has; what is unsent is never thrown away.

A record the office refused is not unsent: its bytes lie there in quarantine, as they came (docs/protocol.md), whether
or not it can ever be mended. It does not hold a phone for ever; it is said before it goes.
"""

from __future__ import annotations

import msgspec

from mobile.store.deletion import CHAINS, Deletion, chains, delete_all
from mobile.store.drafts import DraftRow
from mobile.store.facts import REJECTED, SENT
from mobile.store.meta import ChainHead
from mobile.usecases.phone import Phone
from mobile.usecases.standings import Standings
from shared.problems import ProblemError

KEPT = ("setting:language", "setting:scale", "setting:mode", "setting:photo.strip", CHAINS)
"""How the app looks is the phone's, not the teacher's."""


class SignOutCheck(msgspec.Struct, frozen=True, kw_only=True):
    """What signing out would mean now. `records` and `photos` are unsent; while there are any, it is refused.

    `refused`: how many records more the office did not take into its ledger.
    """

    records: int = 0
    photos: int = 0
    refused: int = 0
    drafts: int = 0
    cases: int = 0

    @property
    def free(self) -> bool:
        return not (self.records or self.photos)


async def check(phone: Phone) -> SignOutCheck:
    """What there is to say before signing out."""
    return _check(phone, await phone.store.drafts.all())


async def sign_out(phone: Phone) -> None:
    """Forget cases, records, photos, drafts, enrolment and token, in one transaction; waits for a sync to end.

    Raises: ProblemError sign_out.unsent, disk.full.
    """
    async with phone.syncing:
        store = phone.store
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
        phone.here, phone.standings = None, Standings()


async def resume_chain(phone: Phone, server_key: str) -> None:
    """At an enrolment: go on with the chain this phone left at that server; a new one at a server it does not know."""
    store = phone.store
    if await store.meta.get("chain", ChainHead) is None:
        heads = await chains(store)
        if server_key in heads:
            await store.meta.put("chain", heads[server_key])


def _check(phone: Phone, drafts: list[DraftRow]) -> SignOutCheck:
    states = [k.state for k in phone.store.facts.all()]
    return SignOutCheck(
        records=sum(state not in (SENT, REJECTED) for state in states),
        photos=len(phone.store.photos.waiting()),
        refused=states.count(REJECTED),
        drafts=len(drafts),
        cases=phone.store.cases.count(),
    )
