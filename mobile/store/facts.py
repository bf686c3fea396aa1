"""This phone's own facts and where each stands on its way to the office (docs/states.md).

pending (undo possible) -> waiting (joined the signed chain) -> sent (receipt held) | rejected
(reason kept). Where a new chain begins, every record loses its number; what waits is signed anew
and what the office has keeps none. `of` and `get` know those of earlier phones, too. All is
decrypted once at opening and kept: a teacher's season is some hundreds of small records.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping

from sqlite_utils import Database

from mobile.ports.api import Flush, Vault, nothing_to_flush
from mobile.store import drafts
from mobile.store.database import writing
from mobile.store.earlier import EarlierStore, in_office_order
from mobile.store.encrypted_columns import aad, decrypt_column, encrypt
from mobile.store.kept import (
    AT_OFFICE,
    DROPPED,
    FORKED,
    PENDING,
    REJECTED,
    SENT,
    WAITING,
    Kept,
    kept_of_earlier,
    kept_of_row,
)
from mobile.store.meta import ChainHead, Meta
from mobile.store.photos import PhotoStore
from shared.digest import link
from shared.lifecycle import in_force
from shared.problems import ProblemError
from shared.records.base import Fact
from shared.wire import b64, unb64


class FactStore:
    """The only writer of `fact`. One record at a time joins the chain or is taken back."""

    def __init__(
        self,
        db: Database,
        vault: Vault,
        meta: Meta,
        photos: PhotoStore,
        flush: Flush = nothing_to_flush,
        earlier: EarlierStore | None = None,
    ) -> None:
        self._db = db
        self._vault = vault
        self._meta = meta
        self._photos = photos
        self._earlier = earlier or EarlierStore(db, vault, flush)
        self._flush = flush
        self._kept: dict[str, Kept] = {}
        self._of_case: dict[str, dict[str, Kept]] = {}
        self._chain = asyncio.Lock()

    async def load(self) -> None:
        """Decrypt every fact once, in the order they were made, all in one call."""
        rows = list(self._db.table("fact").rows_where(order_by="rowid"))
        refused = [(row["id"], row["problem"]) for row in rows if row["problem"]]
        reasons = await decrypt_column(self._vault, "fact", refused, "problem")
        problems = {row_id: reason for (row_id, _), reason in zip(refused, reasons, strict=True)}
        bodies = await decrypt_column(self._vault, "fact", [(r["id"], r["body"]) for r in rows])
        for row, data in zip(rows, bodies, strict=True):
            self._keep(kept_of_row(row, data, problems.get(row["id"], b"{}")))

    def _keep(self, kept: Kept) -> None:
        self._kept[kept.id] = kept
        self._of_case.setdefault(kept.fact.case, {})[kept.id] = kept

    def all(self) -> list[Kept]:
        """Every fact in the order it was made."""
        return list(self._kept.values())

    def of(self, case_id: str) -> list[Kept]:
        """The teacher's facts of one case in the office's order, then this phone's newer ones."""
        mine = self._of_case.get(case_id, {})
        others = [kept_of_earlier(e) for e in self._earlier.of(case_id) if e.fact.id not in mine]
        return in_office_order(list(mine.values()), others)

    def get(self, fact_id: str) -> Kept | None:
        """Return a fact of this phone or an earlier one of the teacher, or None."""
        at = self._earlier.get(fact_id)
        return self._kept.get(fact_id) or (kept_of_earlier(at) if at else None)

    def unsent(self, case_id: str = "") -> list[Kept]:
        """Return the facts that the office still has to get: without a receipt and not closed.

        Args:
            case_id: Only those of this case; "" for all.

        """
        kept = self._of_case.get(case_id, {}) if case_id else self._kept
        return [k for k in kept.values() if k.state != SENT and not self.closed(k)]

    def closed(self, kept: Kept) -> bool:
        """Return whether a refused record needs nothing more from the teacher.

        The centre dropped it, it was withdrawn, or a later correction stands in its place.
        """
        if kept.state != REJECTED:
            return False
        if kept.problem.get("code") == DROPPED:
            return True
        facts = self.of(kept.fact.case)
        root = self.root(kept)
        if root is None:
            return False
        if kept is root:
            return kept.id not in {fact.id for fact in in_force([k.fact for k in facts])}
        later = facts[facts.index(kept) + 1 :]
        return root.state == REJECTED or any(self.root(k) is root for k in later)

    def root(self, kept: Kept) -> Kept | None:
        """Return what a correction corrects, any other record itself; None if unknown."""
        found: Kept | None = kept
        while found is not None and found.fact.kind == "correction":
            found = self.get(str(found.fact.body.get("corrects", "")))
        return found

    def unnumbered(self) -> list[Kept]:
        """Return what waits without a number: a new chain began, and it is not signed anew yet."""
        return [k for k in self._kept.values() if k.state == WAITING and k.n is None]

    def has_number(self, n: int) -> bool:
        """Return whether the record with this number of the present chain is on this phone."""
        return any(k.n == n for k in self._kept.values())

    async def add(self, fact: Fact, data: bytes, saved_ms: int, draft: str = "") -> Kept:
        """Write a pending fact and mark its photos as waiting; durable on return (P2).

        `draft`: the form it was written in, whose draft goes in the same transaction.

        Raises:
            ProblemError: disk.full, disk.broken.

        """
        cell = await self._vault.encrypt(data, aad("fact", fact.id))
        with writing(self._db):
            self._db.table("fact").insert(
                {
                    "id": fact.id,
                    "kind": fact.kind,
                    "state": PENDING,
                    "saved_ms": saved_ms,
                    "body": cell,
                }
            )
            self._photos.attach(fact.photos)
            taken = drafts.take(self._db, fact.case, draft) if draft else None
        try:
            await self._flush()
        except ProblemError:
            with writing(self._db):
                self._delete(fact)  # reported as not saved: a second try must not find it here
                drafts.put_back(self._db, taken)
            raise
        kept = Kept(fact=fact, data=data, state=PENDING, saved_ms=saved_ms)
        self._keep(kept)
        return kept

    async def undo(self, fact_id: str) -> bool:
        """Delete a fact that is still pending; its photos wait no more.

        Returns:
            False when the fact is not pending (any more).

        Raises:
            ProblemError: disk.full, disk.broken; then it may be back at the next start.

        """
        async with self._chain:
            kept = self._kept.get(fact_id)
            if kept is None or kept.state != PENDING:
                return False
            self._delete(kept.fact)
            del self._kept[fact_id], self._of_case[kept.fact.case][fact_id]
            await self._flush()
            return True

    def _delete(self, fact: Fact) -> None:
        others = {
            sha256 for k in self._kept.values() if k.id != fact.id for sha256 in k.fact.photos
        }
        with writing(self._db):
            self._db.table("fact").delete(fact.id)
            self._photos.detach(sha256 for sha256 in fact.photos if sha256 not in others)

    async def join(self, fact_id: str) -> None:
        """Give a pending fact its number, link and signature; the chain's head changes with it.

        Nothing joins while an earlier record waits to be signed anew: `sign_again` comes first.

        Raises:
            ProblemError: disk.full, disk.broken; a number that is not flushed must not be sent
                (`join_all`).

        """
        async with self._chain:
            kept = self._kept.get(fact_id)
            if kept is not None and kept.state == PENDING and not self.unnumbered():
                await self._join(kept)

    async def sign_again(self) -> None:
        """Join to the new chain what waits without a number, in the order it was made.

        Raises:
            ProblemError: disk.full, disk.broken.

        """
        async with self._chain:
            for kept in self.unnumbered():
                await self._join(kept)

    async def begin_chain(
        self, cells: Mapping[str, object], erase: Collection[str], use_key: Callable[[], None]
    ) -> None:
        """Begin a new chain: in one transaction no record has a number and the head is the start.

        Args:
            cells: Meta values to write in the same transaction.
            erase: Meta values to delete in it.
            use_key: Makes the vault sign with the new key; called right after the commit.

        Raises:
            ProblemError: disk.full, disk.broken.

        """
        cells = {**cells, "chain": ChainHead()}
        async with self._chain:
            written = {key: await self._meta.encrypted(key, v) for key, v in cells.items()}
            with writing(self._db):
                self._db.execute("UPDATE fact SET n = NULL, link = NULL, sig = NULL")
                self._meta.erase(erase)
                for key, cell in written.items():
                    self._meta.write(key, cell)
            use_key()
            self._meta.forget(erase)
            for key, value in cells.items():
                self._meta.remember(key, value)
            for kept in self._kept.values():
                kept.n, kept.link, kept.sig = None, b"", b""
            await self._flush()

    async def _join(self, kept: Kept) -> None:
        head = await self._meta.chain_head()
        new_link = link(unb64(head.link), kept.sha256)
        sig = await self._vault.sign(new_link)
        head = ChainHead(n=head.n + 1, link=b64(new_link))
        cell = await self._meta.encrypted("chain", head)
        with writing(self._db):
            self._db.table("fact").update(
                kept.id, {"state": WAITING, "n": head.n, "link": new_link, "sig": sig}
            )
            self._meta.write("chain", cell)
        # only now: a number given out but not stored would be a gap for ever
        self._meta.remember("chain", head)
        kept.state, kept.n, kept.link, kept.sig = WAITING, head.n, new_link, sig
        await self._flush()

    def mark_sent(self, fact_id: str, seq: int) -> None:
        """Mark a fact as sent: the server holds these very bytes and its receipt was checked.

        Photos that were sent before any record of theirs was are asked about once more.
        """
        kept = self._kept[fact_id]
        with writing(self._db):
            self._db.table("fact").update(fact_id, {"state": SENT, "seq": seq, "problem": None})
            if kept.state != SENT and kept.fact.photos:
                named = {p for k in self._kept.values() if k.state == SENT for p in k.fact.photos}
                self._photos.ask_again(p for p in kept.fact.photos if p not in named)
        kept.state, kept.seq, kept.problem = SENT, seq, {}

    async def mark_rejected(self, fact_id: str, problem: dict[str, object]) -> None:
        """Mark a fact as refused: it stays, with its reason, and is not sent again by itself."""
        cell = await encrypt(self._vault, "fact", fact_id, problem, "problem")
        with writing(self._db):
            self._db.table("fact").update(fact_id, {"state": REJECTED, "problem": cell})
        kept = self._kept[fact_id]
        kept.state, kept.problem = REJECTED, problem
        await self._flush()

    def erase(self, fact_ids: Collection[str]) -> None:
        """Delete facts the office has, within the caller's transaction; others stay.

        `forget` follows.

        The chain's head stays: the next record continues from it.
        """
        with self._db.atomic():
            for fact_id in fact_ids:
                self._db.execute(
                    "DELETE FROM fact WHERE id = ? AND state IN (?, ?)", [fact_id, *AT_OFFICE]
                )

    def forget(self, fact_ids: Collection[str]) -> None:
        """Drop deleted facts from memory, after the commit."""
        for fact_id in fact_ids:
            kept = self._kept.get(fact_id)
            if kept is not None and kept.state in AT_OFFICE:
                del self._kept[fact_id], self._of_case[kept.fact.case][fact_id]

    def resend(self, fact_id: str) -> bool:
        """Queue a refused fact again; False when it is not refused."""
        kept = self._kept.get(fact_id)
        if kept is None or kept.state != REJECTED:
            return False
        self._queue([kept])
        return True

    def queue_again(self, from_n: int = 1) -> None:
        """Queue every fact from number `from_n` on again, for a server that lost some (P8)."""
        self._queue([k for k in self._kept.values() if k.n is not None and k.n >= from_n])

    def queue_earlier_chain(self) -> None:
        """Queue the facts of a chain before this one again, for a restored server (P8).

        They have no number; the sync asks whether the server holds them before it signs them anew.
        """
        self._queue([k for k in self._kept.values() if k.n is None and k.state != PENDING])

    def queue_forked(self) -> bool:
        """Queue what an earlier version took for refused because it did not continue the chain.

        Returns:
            Whether there was any.

        """
        forked = [
            k
            for k in self._kept.values()
            if k.state == REJECTED and k.problem.get("code") == FORKED
        ]
        self._queue(forked)
        return bool(forked)

    def _queue(self, found: list[Kept]) -> None:
        with writing(self._db):
            for kept in found:
                self._db.table("fact").update(kept.id, {"state": WAITING, "problem": None})
                kept.state, kept.problem = WAITING, {}
