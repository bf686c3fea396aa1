"""What happens at a door. Facts are made and signed on a phone, never changed; a correction is another fact.

A fact travels as the exact bytes the phone stored (docs/protocol.md#a-fact): whoever signs, hashes
or stores it keeps those bytes, so fields and codes of a later version survive although this one
does not read them.
`captured_at` is the phone's claim, `happened_at` the teacher's; both ISO 8601 with offset, neither is ever order.
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


class NoticeDelivery(msgspec.Struct, frozen=True, kw_only=True):
    """The notice (附件3) brought to someone. Codes: METHODS, DELIVERIES, PEOPLE. Photos: the signed slip."""

    method: str = "in_person"
    outcome: str
    servers: tuple[str, ...] = ()
    signer_name: str = ""
    signer_relation: str = ""
    reason: str = ""
    witness: str = ""
    note: str = ""
    flags: tuple[str, ...] = ()
    flag_reason: str = ""
    position: Position | None = None


class ContactAttempt(msgspec.Struct, frozen=True, kw_only=True):
    """One try to reach someone without going there. Codes: CHANNELS, PEOPLE, CALLS."""

    channel: str = "phone"
    to: str = "self"
    outcome: str
    note: str = ""
    flags: tuple[str, ...] = ()
    flag_reason: str = ""


class ContactUpdate(msgspec.Struct, frozen=True, kw_only=True):
    """A phone, address or workplace learnt at a door, proposed until the office accepts it; `source` said so."""

    field: str
    value: str
    source: str
    note: str = ""


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """One visit. `visitors`: everyone who went, by name, the reporter too; `flags`: codes FLAGS."""

    met: str
    outcome: str
    visitors: tuple[str, ...] = ()
    promise_date: str = ""
    note: str = ""
    flags: tuple[str, ...] = ()
    flag_reason: str = ""
    position: Position | None = None


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """情况说明: why a person in special circumstances has not paid. A later one supersedes; nothing is overwritten."""

    reason: str
    narrative: str
    handling: str = "keep_reminding"
    evidence: tuple[str, ...] = ()
    evidence_purpose: str = ""
    consent: bool = False
    supersedes: str = ""


class Disclosure(msgspec.Struct, frozen=True, kw_only=True):
    """A look at something masked: who was told or what was shown. Codes (shared.conduct): LOOKS, PURPOSES.

    A number handed to the dialler is such a look too: `to` is whom it rings, `purpose` is call.
    """

    what: str
    to: str = ""
    purpose: str = ""


class Correction(msgspec.Struct, frozen=True, kw_only=True):
    """Says that fact `corrects` should read `body` (whole, same kind), or never happened (`withdraw`).

    `keeps_photos`: where it names no photo, those of the record stay; else what it names is all there is, none too.
    """

    corrects: str
    reason: str
    withdraw: bool = False
    body: dict[str, Any] | None = None
    keeps_photos: bool = True


Body = NoticeDelivery | ContactAttempt | ContactUpdate | Visit | Statement | Disclosure | Correction

KINDS: dict[str, type[Body]] = {
    "notice_delivery": NoticeDelivery,
    "contact_attempt": ContactAttempt,
    "contact_update": ContactUpdate,
    "visit": Visit,
    "statement": Statement,
    "disclosure": Disclosure,
    "correction": Correction,
}


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """The envelope. `photos` are sha256 (hex, 64) of the photos that belong to it; `case` is a case id."""

    id: str
    season: str
    kind: str
    case: str
    captured_at: str
    happened_at: str
    body: dict[str, Any]
    photos: tuple[str, ...] = ()

    def read(self) -> Body | None:
        """The body as its kind's struct; None when this version does not know the kind.

        Raises: msgspec.ValidationError when a known kind lacks a field it needs.
        """
        shape = KINDS.get(self.kind)
        return None if shape is None else msgspec.convert(self.body, shape)


def kind_of(body: Body) -> str:
    """The envelope kind of a body struct."""
    return next(kind for kind, shape in KINDS.items() if type(body) is shape)


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
