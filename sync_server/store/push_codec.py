"""Decode a pushed fact and check its signature, for network pushes and hand-over files alike."""

from __future__ import annotations

from shared import wire
from sync_server.crypto.keys import signature_holds
from sync_server.store.received_fact import ReceivedFact

_MAX_COUNTER = 2**31 - 1
"""The highest n a phone can reach, and a database's integer can hold."""


def decode_pushed(pushed: wire.PushedFact, public_key: bytes) -> ReceivedFact:
    """Decode a fact; what is not base64 becomes an unsigned fact, refused as unreadable."""
    n = pushed.n if 0 < pushed.n <= _MAX_COUNTER else 0
    try:
        data, link, sig = wire.unb64(pushed.bytes), wire.unb64(pushed.link), wire.unb64(pushed.sig)
    except ValueError:
        return ReceivedFact(data=pushed.bytes.encode(), n=n, link=b"", sig=b"", signed=False)
    return ReceivedFact(
        data=data, n=n, link=link, sig=sig, signed=signature_holds(public_key, link, sig)
    )
