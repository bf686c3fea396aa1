"""The envelope every record travels in, and the bytes that are hashed, signed, sent and kept.

A fact travels as the exact bytes the phone stored (docs/protocol.md "A fact"): whoever signs, hashes or stores it keeps
those bytes, so fields and codes of a later version survive although this one does not read them.
"""

from __future__ import annotations

from typing import Any

import msgspec

from shared.digest import canonical, sha256_hex


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """One fix, rounded to 3 decimals (about 100 m) before it is stored. crs: always WGS-84 as the chip gave it."""

    latitude_deg: float
    longitude_deg: float
    accuracy_m: float | None = None
    crs: str = "WGS84"


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """What a record says. Each kind of record derives its own body from this."""


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """The envelope. Facts are made and signed on a phone and never changed; a correction is another fact.

    `captured_at` is the phone's claim, `happened_at` the teacher's; both ISO 8601 with offset, neither is ever order.
    `photos` are sha256 (hex, 64) of the photos that belong to it; `case` is a case id.
    """

    id: str
    season: str
    kind: str
    case: str
    captured_at: str
    happened_at: str
    body: dict[str, Any]
    photos: tuple[str, ...] = ()


def plain(body: Body) -> dict[str, Any]:
    """A body as JSON values, defaults left out, so that equal meaning gives equal bytes."""
    built: dict[str, Any] = _json(body)
    defaults = {f.name: f.default for f in msgspec.structs.fields(type(body)) if not f.required}
    return {k: v for k, v in built.items() if k not in defaults or v != _json(defaults[k])}


def _json(value: Any) -> Any:
    """As JSON would bring it back: lists, never tuples, so that a fact is the same before and after a restart."""
    return msgspec.json.decode(msgspec.json.encode(value))


def encode(fact: Fact) -> bytes:
    """The fact's bytes: canonical UTF-8 JSON. These are hashed, signed, sent and kept."""
    return canonical(msgspec.to_builtins(fact))


_decoder = msgspec.json.Decoder(Fact)


def decode(data: bytes) -> Fact:
    """Read bytes into an envelope; unknown fields are ignored here and live on in the bytes.

    Raises: msgspec.DecodeError (or its ValidationError) when it is no fact.
    """
    return _decoder.decode(data)


def digest(data: bytes) -> str:
    """sha256 of a fact's bytes, hex."""
    return sha256_hex(data)
