"""A fact as the phone stores it, and its states on the way to the office (docs/states.md)."""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

from mobile.store.earlier import Earlier
from shared.records.base import Fact, decode, digest

State = Literal["pending", "waiting", "sent", "rejected"]
"""Where a fact stands on its way to the office (docs/states.md, "A row, as sync sees it")."""
PENDING: Final = "pending"
WAITING: Final = "waiting"
SENT: Final = "sent"
REJECTED: Final = "rejected"
FORKED: Final = "fact.chain_forked"
"""The problem of a fact that does not continue this device's chain at the server."""
DROPPED: Final = "fact.dropped"
"""The problem of a refused fact that the centre decided not to take."""
AT_OFFICE: tuple[State, ...] = (SENT, REJECTED)
"""In the office's ledger, or in its quarantine with the reason: either way the office has the
bytes.
"""


class Kept(msgspec.Struct, kw_only=True):
    """One fact as the phone stores it.

    `data` are its exact bytes; n, link and sig are empty while pending, and once a new chain began.
    `earlier`: another phone of the teacher made it (earlier.py).
    """

    fact: Fact
    data: bytes
    state: State
    saved_ms: int
    n: int | None = None
    link: bytes = b""
    sig: bytes = b""
    seq: int | None = None
    problem: dict[str, object] = {}
    earlier: bool = False

    @property
    def id(self) -> str:
        """The fact's id."""
        return self.fact.id

    @property
    def sha256(self) -> str:
        """sha256 of the exact bytes, hex."""
        return digest(self.data)


def kept_of_row(row: dict[str, Any], data: bytes, problem: bytes) -> Kept:
    """Return a row of `fact` with its decrypted bytes and its decrypted problem (JSON)."""
    return Kept(
        fact=decode(data),
        data=data,
        state=row["state"],
        saved_ms=row["saved_ms"],
        n=row["n"],
        link=row["link"] or b"",
        sig=row["sig"] or b"",
        seq=row["seq"],
        problem=msgspec.json.decode(problem, type=dict[str, object]),
    )


def kept_of_earlier(at: Earlier) -> Kept:
    """Return a record of an earlier phone: the office has it, and it has no number here."""
    return Kept(fact=at.fact, data=at.data, state=SENT, saved_ms=0, seq=at.seq, earlier=True)
