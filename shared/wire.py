"""The shapes that phone and server exchange (docs/protocol.md).

Bytes are unpadded base64url text. Unknown fields are ignored on reading and codes stay strings, so
a newer peer is understood as far as this version goes.
"""

from __future__ import annotations

import binascii
import hashlib
from typing import Any, Final, Literal

import msgspec

from shared.box import Box
from shared.cases import Case, Repaid
from shared.columns import Table, packed, unpacked
from shared.lifecycle import Review
from shared.season import Season

SCHEMA_VERSION = "1.0"
MAX_FACTS = 500
"""Facts in one push (docs/protocol.md#limits)."""
MAX_PUSH_BYTES = 1024 * 1024
"""Bytes of one push after decompression (docs/protocol.md#limits)."""
MAX_HASHES = 500
MAX_PHOTO_BYTES = 4 * 1024 * 1024
"""A photo fitted to 1600 px is 200-400 KB; four MiB only stops a mistake (ADR 0005).

Source: docs/sources.md#photo-size.
"""

OutcomeCode = Literal["created", "duplicate", "conflict", "rejected", "gap"]
"""What became of a pushed fact. `Outcome.outcome` stays `str`, so that a later server's word can be
read.
"""
CREATED: Final = "created"
DUPLICATE: Final = "duplicate"
CONFLICT: Final = "conflict"
REJECTED: Final = "rejected"
GAP: Final = "gap"


_TO_URL, _FROM_URL = bytes.maketrans(b"+/", b"-_"), bytes.maketrans(b"-_", b"+/")


def b64(data: bytes) -> str:
    """Return bytes as unpadded base64url."""
    return binascii.b2a_base64(data, newline=False).translate(_TO_URL).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """Return the bytes of unpadded base64url.

    Raises:
        ValueError: For anything else.

    """
    padded = text.encode("ascii").translate(_FROM_URL) + b"=" * (-len(text) % 4)
    data = binascii.a2b_base64(padded)
    # padded, of the other alphabet, or with spare bits: one text a value, one value a text
    if b64(data) != text:
        raise ValueError("no unpadded base64url")
    return data


class EnrolRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A phone's request to enrol.

    Attributes:
        public_key: The device's P-256 point, uncompressed X9.62 (65 bytes).
        unsent_season: The season of records this phone has not handed in; "" where it has none.
        unsent_staff: The id of the teacher who made them; "" where it has none.
        proof: The key's ES256 (raw r||s) over `shared.possession.enrolling`.
    """

    code: str
    public_key: str
    device_name: str = ""
    schema_version: str = SCHEMA_VERSION
    unsent_season: str = ""
    unsent_staff: str = ""
    proof: str = ""


class ChainPlace(msgspec.Struct, frozen=True, kw_only=True):
    """The head of a device's chain as the server has it. `link`: base64url, 32 bytes."""

    n: int
    link: str


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """What a phone is enrolled for: one season, school and teacher."""

    season: str
    school: str
    school_name: str
    staff: str
    staff_name: str


class EnrolReply(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to an enrolment.

    Attributes:
        token: The bearer token, shown this once.
        state: pending until the liaison confirms, then confirmed.
        server_key: The server's P-256 point.
        epoch: The server's epoch; another one means it was restored from a backup.
        chain: The head of this device's chain here; absent from a server of 0.1.

    """

    device: str
    token: str
    state: str
    scope: Scope
    server_key: str
    epoch: str
    chain: ChainPlace | msgspec.UnsetType = msgspec.UNSET


class RenewRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A phone's request for a new key and chain; answered as an enrolment.

    Attributes:
        public_key: The new P-256 point.
        proof: The new key's ES256 over `shared.possession.renewing`.
        consent: The same by the key of the device that asks.

    """

    public_key: str
    proof: str
    consent: str
    schema_version: str = SCHEMA_VERSION


class RecoverRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A locked phone's request for its data key.

    Attributes:
        box: The data key, encrypted for the office (shared/box.py ESCROW).
        point: The fresh P-256 point the answer is to be encrypted for.

    """

    code: str
    device: str
    box: Box
    point: str
    schema_version: str = SCHEMA_VERSION


class RecoverReply(msgspec.Struct, frozen=True, kw_only=True):
    """The data key, encrypted for the point that asked (shared/box.py RECOVERY)."""

    box: Box


class PushedFact(msgspec.Struct, frozen=True, kw_only=True):
    """A fact with its place in the device's chain.

    Exact bytes, number, link and signature of the link.
    """

    bytes: str
    n: int
    link: str
    sig: str


class PushRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Facts in the order of the device's chain."""

    facts: list[PushedFact]


class Outcome(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One fact's outcome, in the order sent.

    Attributes:
        outcome: An OutcomeCode, or a later version's.
        expect: The next number the server expects, after a gap.
        tray: Whether the case has moved to another teacher.
        problem: Problem details of a refusal.

    """

    outcome: str
    sha256: str = ""
    seq: int | None = None
    expect: int | None = None
    tray: bool = False
    problem: dict[str, Any] | None = None


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """A signed receipt. `bytes`: canonical JSON of a ReceiptBody.

    `sig`: the server's ES256 (raw r||s) over them.
    """

    bytes: str
    sig: str


class ReceiptLine(msgspec.Struct, frozen=True, kw_only=True):
    """Id and sequence of a fact, or a photo with id "" and seq 0."""

    sha256: str
    id: str = ""
    seq: int = 0


class ReceiptBody(msgspec.Struct, frozen=True, kw_only=True):
    """What a receipt covers, for one device."""

    device: str
    epoch: str
    received_at: str
    items: list[ReceiptLine]


class PushReply(msgspec.Struct, frozen=True, kw_only=True):
    """An outcome for each fact, and a receipt of those that are stored."""

    outcomes: list[Outcome]
    receipt: Receipt | None = None


class HeldRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Facts (sha256) of which the phone asks whether the ledger holds them."""

    hashes: list[str]


class HeldReply(msgspec.Struct, frozen=True, kw_only=True):
    """Those the ledger holds from any phone of the same teacher, and a receipt of them."""

    held: list[ReceiptLine]
    receipt: Receipt | None = None


class Unit(msgspec.Struct, frozen=True, kw_only=True):
    """A school (or the centre) as phones name it, with its liaison.

    No sealed document names the liaison.
    """

    code: str
    name: str
    liaison: str = ""
    liaison_phone: str = ""


class ContactOrigin(msgspec.Struct, frozen=True, kw_only=True):
    """Where an accepted contact comes from: who gave it (codes PEOPLE), and on which day."""

    source: str
    day: str


class SuggestedContact(msgspec.Struct, frozen=True, kw_only=True):
    """A contact that the office accepted last year, not checked since (shared/suggestions.py).

    Attributes:
        field: What it is (codes UPDATE_FIELDS).
        day: The day it was given, by last year's record.

    """

    field: str
    value: str
    day: str


class CaseState(msgspec.Struct, frozen=True, kw_only=True):
    """What a phone knows of a case: the bank's data, the office's reviews, what was done before.

    Attributes:
        delivery: Of the work of every phone, as `visits` and `promised_on` (the promise in force, a
            day), so that a teacher who takes over knows.
        contact: What the office accepted of what was learnt on visits: the newest value of each
            field (codes UPDATE_FIELDS).
        contact_origins: Who gave each of these values and when; absent where there is none.
        initials: The pinyin initials of the borrower's name, several readings parted by a blank
            (`zxl cxl`); absent from a server of 0.1.
        returned: The facts of `reviews` that are not corrected yet.
        deceased: No further visits.
        suggested: Contacts accepted last year, not checked since; absent where there are none.

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
    contact_origins: dict[str, ContactOrigin] | msgspec.UnsetType = msgspec.UNSET
    initials: str | msgspec.UnsetType = msgspec.UNSET
    suggested: tuple[SuggestedContact, ...] | msgspec.UnsetType = msgspec.UNSET


class Teacher(msgspec.Struct, frozen=True, kw_only=True):
    """A phone's teacher as the office has them now."""

    id: str
    name: str


class Briefing(msgspec.Struct, frozen=True, kw_only=True):
    """What is the same for every case of a school: season, names, day of the newest repayments.

    Attributes:
        staff: Names of the teachers who are at the school.
        teacher: This phone's own teacher, whose name may have been corrected since the enrolment;
            absent from a server of 0.1.
        renamed: The present name of each teacher by an earlier one; absent where there is none.

    """

    season: Season
    unit: Unit
    staff: tuple[str, ...] = ()
    list_as_of: str = ""
    confirmed: bool = True
    teacher: Teacher | msgspec.UnsetType = msgspec.UNSET
    renamed: dict[str, str] | msgspec.UnsetType = msgspec.UNSET


class News(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a briefing says besides its season, for a phone that has this season as it is."""

    unit: Unit
    staff: tuple[str, ...] = ()
    list_as_of: str = ""
    confirmed: bool = True
    teacher: Teacher | msgspec.UnsetType = msgspec.UNSET
    renamed: dict[str, str] | msgspec.UnsetType = msgspec.UNSET

    def with_season(self, season: Season) -> Briefing:
        """Return the briefing with the season that the phone has."""
        return Briefing(season=season, **msgspec.structs.asdict(self))


def news_of(briefing: Briefing) -> News:
    """Return what a briefing says besides its season."""
    said = msgspec.structs.asdict(briefing)
    return News(**{name: value for name, value in said.items() if name != "season"})


def season_tag(season: Season) -> str:
    """Return eight characters that stand for a season as it is."""
    return b64(hashlib.sha256(msgspec.json.encode(season)).digest()[:6])


class OwnRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A record of the ledger that the phone's own teacher made on another phone.

    Attributes:
        bytes: Its exact bytes, base64url. What the office says of it stands in its case's reviews.
        seq: Its place in the ledger.

    """

    bytes: str
    seq: int


class Change(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of the feed.

    Attributes:
        kind: case | gone | own | briefing, and of a record the office has set apart: again (send it
            once more) | dropped. A phone ignores a kind it does not know.
        ref: The case id of case, gone and own, the sha256 of the record of again and dropped.
        problem: Problem details of dropped.
        own: All records of a case that this teacher made and this phone does not hold; they take
            the place of those it got before. Only for a phone that asks for them.
        to: Of gone: the teacher of the same school who has the case now; "" where nobody has it,
            another school does, or the person is off the list.
        news: Of briefing, in the place of `briefing`: the phone has its season.
    """

    seq: int
    kind: str
    ref: str = ""
    case: CaseState | None = None
    briefing: Briefing | None = None
    problem: dict[str, Any] | None = None
    own: tuple[OwnRecord, ...] = ()
    to: str = ""
    news: News | None = None


class ChangesPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of changes.

    Attributes:
        next: An opaque cursor.
        scope_count: At the end of the feed, how many cases the phone must have.
        scope_digest: At the end of the feed, their `shared.digest.scope_digest`.
        at: The office's clock: a phone whose own is years off must not take its season for over
            (mobile/usecases/retention.py).
        chain: The head of this device's chain here; absent from a server of 0.1.
        own: Whether the teacher's own records come with their cases; absent where the phone did
            not ask for them, and from a server of 0.1.
        cases: The changed cases by columns, for a phone that asks for lean pages; then they are not
            among `changes`, before which they come. Absent where it did not, and where there are
            none.
        ahead: On the first page of a long list, the cursors after `next`, as they are at that
            moment; a phone may ask for those pages at once. Only for lean pages.

    """

    changes: list[Change] = []
    next: str
    more: bool = False
    epoch: str
    scope_count: int | None = None
    scope_digest: str | None = None
    at: str = ""
    chain: ChainPlace | msgspec.UnsetType = msgspec.UNSET
    own: bool | msgspec.UnsetType = msgspec.UNSET
    cases: Table | msgspec.UnsetType = msgspec.UNSET
    ahead: list[str] | msgspec.UnsetType = msgspec.UNSET


class LeanPage(ChangesPage, frozen=True, kw_only=True, omit_defaults=True):
    """The same for a phone that asks for lean pages: what is as by default is left out.

    A phone of before reads a page only with `changes` and `more`.
    """


NO_SEASON: Final = "0"
"""The tag of a phone that has none yet."""


def lean(page: ChangesPage, tag: str) -> LeanPage:
    """Return a page with its cases by columns, and without the season that the phone has.

    Args:
        page: The page.
        tag: The phone's `season_tag`, or NO_SEASON.
    """
    cases = [change.case for change in page.changes if change.case is not None]
    rest = [_lean(change, tag) for change in page.changes if change.case is None]
    said = msgspec.structs.asdict(page) | {"changes": rest}
    return LeanPage(**said | {"cases": packed(cases) if cases else msgspec.UNSET})


def tag_after(page: ChangesPage, tag: str) -> str:
    """Return the tag of the season that a phone has once a page is stored."""
    seasons = [c.briefing.season for c in page.changes if c.briefing is not None]
    return season_tag(seasons[-1]) if seasons else tag


def _lean(change: Change, tag: str) -> Change:
    if change.briefing is None or season_tag(change.briefing.season) != tag:
        return change
    return msgspec.structs.replace(change, briefing=None, news=news_of(change.briefing))


def by_lines(page: ChangesPage) -> ChangesPage:
    """Return a page with each case as a line again.

    Raises:
        ValueError: The columns are not those of cases.
    """
    if page.cases is msgspec.UNSET:
        return page
    states = msgspec.convert(unpacked(page.cases), type=list[CaseState])
    lines = [Change(seq=s.version, kind="case", ref=s.case.id, case=s) for s in states]
    return msgspec.structs.replace(page, changes=[*lines, *page.changes], cases=msgspec.UNSET)


class MissingRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Photos (sha256) the phone would send."""

    hashes: list[str]


class MissingReply(msgspec.Struct, frozen=True, kw_only=True):
    """What the server lacks. For the rest there is a fresh receipt, in case the first was lost."""

    missing: list[str]
    receipt: Receipt | None = None
