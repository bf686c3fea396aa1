"""A fact as the ledger stores it. No SQL here, so that a verifier needs none."""

from __future__ import annotations

import msgspec

from shared.records.base import Fact


class StoredFact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A fact with its place in the ledger: `seq` is the server's order, `n` the device's (from 1).

    `sha256` (hex) is of `data`, the exact bytes the phone signed; `data` is empty where it is not
    needed. `received_at`: ISO UTC. `tray`: its case had moved to another school or teacher when it
    arrived.
    """

    fact: Fact
    sha256: str
    device: str
    n: int
    seq: int
    received_at: str
    data: bytes = b""
    tray: bool = False
