"""The teacher's own records that another phone made, as the office has them.

They have no place in this phone's chain and are never sent. One encrypted cell a case: it comes
whole, takes the place of the one before and goes with its case.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol, TypeVar

import msgspec
from sqlite_utils import Database

from mobile.ports.api import Flush, Vault, nothing_to_flush
from mobile.store.database import writing
from mobile.store.encrypted_columns import decrypt_column, encrypt
from shared.records.base import Fact, decode
from shared.wire import OwnRecord, unb64


class Placed(Protocol):
    """What may have a place in the ledger."""

    seq: int | None


P = TypeVar("P", bound=Placed)


class Earlier(msgspec.Struct, frozen=True, kw_only=True):
    """One such record: what it says, its exact bytes, its place in the ledger."""

    fact: Fact
    data: bytes
    seq: int


class EarlierStore:
    """The only writer of `earlier`; the rows of a case go with it (`CaseStore`)."""

    def __init__(self, db: Database, vault: Vault, flush: Flush = nothing_to_flush) -> None:
        self._db = db
        self._vault = vault
        self._flush = flush
        self._kept: dict[str, tuple[Earlier, ...]] = {}

    async def load(self) -> None:
        """Decrypt every case's records once."""
        rows = list(self._db.table("earlier").rows)
        found = await decrypt_column(
            self._vault, "earlier", [(row["id"], row["body"]) for row in rows]
        )
        for row, cell in zip(rows, found, strict=True):
            records = msgspec.json.decode(cell, type=tuple[OwnRecord, ...])
            self._kept[row["id"]] = readable(row["id"], records)

    def of(self, case_id: str) -> tuple[Earlier, ...]:
        """Return the records of one case in the order of the ledger."""
        return self._kept.get(case_id, ())

    def get(self, fact_id: str) -> Earlier | None:
        """Return a record, or None."""
        return next(
            (
                kept
                for records in self._kept.values()
                for kept in records
                if kept.fact.id == fact_id
            ),
            None,
        )

    def all(self) -> list[Earlier]:
        """Return every record, case by case."""
        return [kept for records in self._kept.values() for kept in records]

    async def put(self, found: Mapping[str, Sequence[OwnRecord]]) -> None:
        """Store the records of cases that are on this phone, in the place of those before.

        Raises:
            ProblemError: disk.full, disk.broken.

        """
        cells = {
            case: await encrypt(self._vault, "earlier", case, tuple(records))
            for case, records in found.items()
        }
        rows = [{"id": case, "body": cell} for case, cell in cells.items()]
        if not rows:
            return
        with writing(self._db):
            self._db.table("earlier").upsert_all(rows, pk="id")
        for case, records in found.items():
            self._kept[case] = readable(case, records)
        await self._flush()

    def erase(self, case_ids: Collection[str]) -> None:
        """Delete the records of cases within the caller's transaction; `forget` follows."""
        with self._db.atomic():
            for case_id in case_ids:
                self._db.execute("DELETE FROM earlier WHERE id = ?", [case_id])

    def forget(self, case_ids: Collection[str]) -> None:
        """Drop deleted records from memory, after the commit."""
        for case_id in case_ids:
            self._kept.pop(case_id, None)


def readable(case_id: str, records: Sequence[OwnRecord]) -> tuple[Earlier, ...]:
    """Return the records of this case that can be read, by their place in the ledger."""
    found = []
    for record in records:
        try:
            data = unb64(record.bytes)
            fact = decode(data)
        except (ValueError, RecursionError):  # msgspec's errors are ValueErrors
            continue
        if fact.case == case_id:
            found.append(Earlier(fact=fact, data=data, seq=record.seq))
    return tuple(sorted(found, key=lambda kept: kept.seq))


def in_office_order(mine: Sequence[P], others: Sequence[P]) -> list[P]:
    """Return this phone's records, in the order they were made, with the others between them.

    Args:
        mine: This phone's; those the office does not have yet come last.
        others: Other phones', in the order of the ledger.

    """
    found, left = list[P](), list(others)
    for kept in mine:
        while left and (kept.seq is None or (left[0].seq or 0) < kept.seq):
            found.append(left.pop(0))
        found.append(kept)
    return found + left
