"""A pushed fact as the ledger takes one."""

from __future__ import annotations

from functools import cached_property

import msgspec

from shared import digest


class ReceivedFact(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """A pushed fact, decoded; `signed`: its signature was checked with the device's key."""

    data: bytes
    n: int
    link: bytes
    sig: bytes
    signed: bool

    @cached_property
    def sha256(self) -> str:
        """The hash of the fact's bytes, in hex."""
        return digest.sha256_hex(self.data)
