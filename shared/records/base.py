"""The envelope of every record, and the bytes that are hashed, signed, sent and stored.

A fact travels as the exact bytes the phone stored (docs/protocol.md#a-fact): whoever signs, hashes
or stores it keeps those bytes, so fields and codes of a later version survive although this one
does not read them.
"""

from __future__ import annotations

from typing import Any

import msgspec

from shared.digest import canonical, sha256_hex

UNREADABLE = "?"
"""The kind of a stored fact whose bytes cannot be read; no phone can make it."""


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """A position, rounded to 3 decimals (about 100 m) before it is stored.

    Crs: always WGS-84 as the chip gave it.
    """

    latitude_deg: float
    longitude_deg: float
    accuracy_m: float | None = None
    crs: str = "WGS84"


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """What a record says. Each kind of record derives its own body from this."""


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """That a record was written on paper at the door and typed in by the school's office.

    The office's key signs such a record: it proves who typed it, not who visited.

    Attributes:
        keyed_by: The account that typed it.
        visited_by: The id of the teacher (staff) who wrote the sheet; the record counts as theirs.
        scan: sha256 (hex, 64) of the picture of the sheet, which is one of the record's photos; ""
            while there is none.

    """

    keyed_by: str
    visited_by: str
    scan: str = ""


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """The envelope. Facts are made and signed on a phone, from paper by the office; never changed.

    A correction is another fact.

    Attributes:
        case: A case id.
        captured_at: When it was made, by the phone's clock (ISO 8601 with offset); never used as
            order.
        happened_at: When it happened, by the teacher's statement (likewise).
        photos: sha256 (hex, 64) of its photos.
        paper: Where it comes from, for a record from paper; None for a record made on a phone.

    """

    id: str
    season: str
    kind: str
    case: str
    captured_at: str
    happened_at: str
    body: dict[str, Any]
    photos: tuple[str, ...] = ()
    paper: Paper | None = None


def plain(body: Body) -> dict[str, Any]:
    """Return a body as JSON values, defaults left out, so that equal meaning gives equal bytes."""
    built: dict[str, Any] = _json(body)
    defaults = {f.name: f.default for f in msgspec.structs.fields(type(body)) if not f.required}
    return {k: v for k, v in built.items() if k not in defaults or v != _json(defaults[k])}


def _json(value: Any) -> Any:
    """The value as JSON returns it.

    Lists, never tuples, so that a fact is the same before and after a restart.
    """
    return msgspec.json.decode(msgspec.json.encode(value))


def encode(fact: Fact) -> bytes:
    """Return the fact's bytes: canonical UTF-8 JSON. These are hashed, signed, sent and stored.

    The member `paper` is written only where it says something, so that the bytes of a phone's
    record are those of every earlier version.
    """
    members = msgspec.to_builtins(fact)
    if fact.paper is None:
        del members["paper"]
    return canonical(members)


_decoder = msgspec.json.Decoder(Fact)


def decode(data: bytes) -> Fact:
    """Read bytes into an envelope; unknown fields are ignored here and stay in the bytes.

    Raises:
        msgspec.DecodeError: When the bytes are not a fact (ValidationError included).

    """
    return _decoder.decode(data)


def digest(data: bytes) -> str:
    """Return the sha256 of a fact's bytes, hex."""
    return sha256_hex(data)
