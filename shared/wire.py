"""The shapes that cross the wire (docs/protocol.md). Both sides import these; neither invents its own.

Bytes travel as unpadded base64url text. Unknown fields are ignored on reading and codes stay strings, so a newer
peer is understood as far as this version goes.
"""

from __future__ import annotations

import base64
from typing import Any, Final, Literal

import msgspec

from shared.box import Box
from shared.cases import Case, Repaid
from shared.lifecycle import Review
from shared.season import Season

SCHEMA_VERSION = "1.0"
MAX_FACTS = 500
"""Facts in one push (docs/protocol.md#limits)."""
MAX_PUSH_BYTES = 1024 * 1024
"""Bytes of one push after decompression (docs/protocol.md#limits)."""
MAX_HASHES = 500
MAX_PHOTO_BYTES = 4 * 1024 * 1024
"""A photo fitted to 1600 px is 200-400 KB; four MiB stops a mistake only (ADR 0005,
docs/sources.md#photo-size)."""

OutcomeCode = Literal["created", "duplicate", "conflict", "rejected", "gap"]
"""What became of a pushed fact. `Outcome.outcome` stays `str`, so that a later server's word can be read."""
CREATED: Final = "created"
DUPLICATE: Final = "duplicate"
CONFLICT: Final = "conflict"
REJECTED: Final = "rejected"
GAP: Final = "gap"


def b64(data: bytes) -> str:
    """Unpadded base64url."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """Bytes of unpadded base64url. Raises: ValueError for anything else."""
    data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    # padded, of the other alphabet, or with spare bits: one text a value, one value a text
    if b64(data) != text:
        raise ValueError("no unpadded base64url")
    return data


class EnrolRequest(msgspec.Struct, frozen=True, kw_only=True):
    """`public_key`: the device's P-256 point, uncompressed X9.62 (65 bytes)."""

    code: str
    public_key: str
    device_name: str = ""
    schema_version: str = SCHEMA_VERSION


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    season: str
    school: str
    school_name: str
    staff: str
    staff_name: str


class EnrolReply(msgspec.Struct, frozen=True, kw_only=True):
    """`token` is the bearer token, shown this once; `state`: pending until the liaison confirms, then confirmed."""

    device: str
    token: str
    state: str
    scope: Scope
    server_key: str
    epoch: str


class RecoverRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A locked phone asks for its data key. `box`: the key as the office may open it (shared/box.py ESCROW);
    `point`: the fresh P-256 point the answer is to be closed for."""

    code: str
    device: str
    box: Box
    point: str
    schema_version: str = SCHEMA_VERSION


class RecoverReply(msgspec.Struct, frozen=True, kw_only=True):
    """The data key, closed for the point that asked (shared/box.py RECOVERY)."""

    box: Box


class PushedFact(msgspec.Struct, frozen=True, kw_only=True):
    bytes: str
    n: int
    link: str
    sig: str


class PushRequest(msgspec.Struct, frozen=True, kw_only=True):
    facts: list[PushedFact]


class Outcome(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One fact's own outcome, in the order sent. `expect` is the next n after a gap; `tray`: the case has moved."""

    outcome: str
    sha256: str = ""
    seq: int | None = None
    expect: int | None = None
    tray: bool = False
    problem: dict[str, Any] | None = None


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """`bytes`: canonical JSON of a ReceiptBody; `sig`: ES256 (raw r||s) by the server over those bytes."""

    bytes: str
    sig: str


class ReceiptLine(msgspec.Struct, frozen=True, kw_only=True):
    """id and sequence of a fact, or a photo with id "" and seq 0."""

    sha256: str
    id: str = ""
    seq: int = 0


class ReceiptBody(msgspec.Struct, frozen=True, kw_only=True):
    device: str
    epoch: str
    received_at: str
    items: list[ReceiptLine]


class PushReply(msgspec.Struct, frozen=True, kw_only=True):
    outcomes: list[Outcome]
    receipt: Receipt | None = None


class Unit(msgspec.Struct, frozen=True, kw_only=True):
    """A school (or the centre) as phones name it: with its liaison, whom no sealed document carries."""

    code: str
    name: str
    liaison: str = ""
    liaison_phone: str = ""


class CaseState(msgspec.Struct, frozen=True, kw_only=True):
    """What a phone holds of a case: the case, what the bank says, what the office said, what was done before.

    `delivery`, `visits` and `promised_on` (the promise in force, a day) tell of the work of every phone, so a teacher
    who takes over knows; `returned` are the facts of `reviews` still to be mended; `deceased` ends visits.
    """

    case: Case
    version: int
    repaid: Repaid = Repaid()
    reviews: tuple[Review, ...] = ()
    delivery: str = "none"
    visits: int = 0
    last_visit: str = ""
    statement: str = "none"
    contact: dict[str, str] = {}
    deceased: bool = False
    promised_on: str = ""
    returned: tuple[str, ...] = ()


class Briefing(msgspec.Struct, frozen=True, kw_only=True):
    """What is the same for every case of a school: its season, names, and the day the newest repayments are from."""

    season: Season
    unit: Unit
    staff: tuple[str, ...] = ()
    list_as_of: str = ""
    confirmed: bool = True


class Change(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of the feed. kind: case | gone | briefing. `ref` is the case id for case and gone."""

    seq: int
    kind: str
    ref: str = ""
    case: CaseState | None = None
    briefing: Briefing | None = None


class ChangesPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of changes. `next` is an opaque cursor. At head the counts let the phone prove it has everything.

    `at` is the office's clock: a phone whose own is years off must not take its season for over (tidy.py).
    """

    changes: list[Change]
    next: str
    more: bool
    epoch: str
    scope_count: int | None = None
    scope_digest: str | None = None
    at: str = ""


class MissingRequest(msgspec.Struct, frozen=True, kw_only=True):
    hashes: list[str]


class MissingReply(msgspec.Struct, frozen=True, kw_only=True):
    """`missing` lacks at the server; for the rest a fresh receipt, so that a lost one is made good."""

    missing: list[str]
    receipt: Receipt | None = None
