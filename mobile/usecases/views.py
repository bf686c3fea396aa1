"""What use cases return to screens.

Frozen and masked, so that a screen cannot leak anything by mistake.

Amounts and numbers are not in here; `speak_to` and `reveal` return them and record a disclosure.
Names and addresses are in full, or masked while the phone is covered (usecases/cover.py). Moments
are ISO 8601 with offset, days ISO, amounts integer fen, distances metres.
"""

from __future__ import annotations

import msgspec

from mobile.usecases.handin_views import StuckLine
from mobile.usecases.text import Text
from shared.lifecycle import Review
from shared.policy import PolicyPage
from shared.season import Limits


class Learnt(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was learnt at a door, and where it comes from; all empty for what the list says.

    Attributes:
        value: The value; "" where it stands beside this.
        source: Who gave it (codes PEOPLE); "" where it is not known.
        day: When it was given (ISO); "" where it is not known.
        proposed: This phone recorded it and the office has not judged it yet.

    """

    value: str = ""
    source: str = ""
    day: str = ""
    proposed: bool = False


class CaseLine(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the list.

    Attributes:
        name: In full, as `address`; both masked while the phone is covered (usecases/cover.py).
        address: The newest that is known.
        address_from: Where it was learnt.
        listed_address: The list's own, where another was learnt.
        namesake: Another person of this phone has the same name.
        stage: As `shared.lifecycle.Standing.stage`.
        todo: deliver | visit | statement | fix | none.
        distance_m: From the teacher's last position; None while either position is unknown.
        moved: Another teacher has the case now; it stays only for unfinished work.

    """

    id: str
    code: str
    name: str
    village: str
    township: str
    stage: str
    todo: str
    address: str = ""
    address_from: Learnt = Learnt()
    listed_address: str = ""
    namesake: bool = False
    delivered: bool = False
    visits: int = 0
    promise_date: str = ""
    promised_today: bool = False
    deceased: bool = False
    paid: bool = False
    paid_on: str = ""
    unsent: int = 0
    returned: bool = False
    distance_m: float | None = None
    moved: bool = False


class HistoryLine(msgspec.Struct, frozen=True, kw_only=True):
    """One record of this phone.

    Attributes:
        state: pending (undo possible until `undo_until`) | waiting | sent | rejected.
        words: Its coded fields in words.
        problem: Why the server refused it.
        corrected: Whether a later correction replaces it.
        about: The kind of the record a correction is about, else its own kind.
        newest: Whether it says how the record reads now and may be corrected.
        paper: Whether the school's office typed it in from the teacher's sheet.

    """

    fact: str
    kind: str
    happened_at: str
    state: str
    words: Text
    photos: tuple[str, ...] = ()
    undo_until: str = ""
    problem: Text = Text()
    corrected: bool = False
    about: str = ""
    newest: bool = True
    paper: bool = False


class CallsToday(msgspec.Struct, frozen=True, kw_only=True):
    """Today's calls to one person, shown before the next.

    Attributes:
        to: The person (codes PEOPLE).
        dials: Calls made; at most `most_dials` a day.
        effective: Calls answered; at most `most_effective` a day.
        full: Whether either limit is reached.
        late: Whether it is outside the hours, `from_hour` to `until_hour`.

    """

    to: str
    dials: int
    effective: int
    most_dials: int
    most_effective: int
    from_hour: int
    until_hour: int
    full: bool = False
    late: bool = False


class Called(msgspec.Struct, frozen=True, kw_only=True):
    """A call that lacks its outcome: whom (codes PEOPLE) and when."""

    to: str
    at: str


class Suggested(msgspec.Struct, frozen=True, kw_only=True):
    """A contact of last year, not checked since.

    Attributes:
        field: What it is (codes UPDATE_FIELDS).
        value: Numbers in it are masked.
        day: The day it was given, ISO.
        index: Of a phone number: goes to `ring` or `reveal`.

    """

    field: str
    value: str
    day: str
    index: int = 0


class CaseView(msgspec.Struct, frozen=True, kw_only=True):
    """One case; its numbers are masked, its name and address as in its line.

    Attributes:
        phones: Masked; an index into them goes to `ring` or `reveal`.
        phones_from: Where each of them was learnt; `Learnt()` for one of the list.
        new_phones: How many of them, from the first, were learnt on visits.
        workplace: Learnt on a visit.
        returned_elsewhere: The office's comments on records of other phones.
        earlier_visits: Visits of all phones, as the office counts them.
        called: The call whose outcome is to be asked for.
        death_recorded: This phone recorded a death that the office has not confirmed yet.
        moved_to: Who has a case that moved; "" where it is not known.
        suggested: Contacts of last year, as a suggestion.

    """

    line: CaseLine
    id_number: str = ""
    phones: tuple[str, ...] = ()
    phones_from: tuple[Learnt, ...] = ()
    new_phones: int = 0
    workplace: Learnt = Learnt()
    co_borrower: str = ""
    co_borrower_phones: tuple[str, ...] = ()
    college: str = ""
    contracts: int = 0
    history: tuple[HistoryLine, ...] = ()
    returned: tuple[Review, ...] = ()
    returned_elsewhere: tuple[Review, ...] = ()
    earlier_visits: int = 0
    list_as_of: str = ""
    deceased: bool = False
    outcome: str = ""
    calls: tuple[CallsToday, ...] = ()
    called: Called | None = None
    death_recorded: bool = False
    moved_to: str = ""
    suggested: tuple[Suggested, ...] = ()


class Amounts(msgspec.Struct, frozen=True, kw_only=True):
    """What may be said to a borrower or co-borrower.

    Attributes:
        contracts: Loan year, principal and interest (fen) of each contract.
        overdue: Whether the due day has passed.
        overdue_prior: The bank's list includes sums of earlier years, without saying how much.

    """

    name: str
    principal_fen: int
    interest_fen: int
    total_fen: int
    repaid_fen: int
    contracts: tuple[tuple[str, int, int], ...]
    due_day: str
    as_of: str
    overdue: bool
    overdue_prior: bool = False


class Script(msgspec.Struct, frozen=True, kw_only=True):
    """What is said to everyone else: nothing about the debt.

    Attributes:
        allowed: False while third parties may not be asked yet.
        lines: What to say, by language (`zh`, `en`).
        because: Why a person who may hear amounts hears none: no_co_borrower (on the list) |
            deceased; else "".

    """

    who: str
    allowed: bool
    lines: dict[str, tuple[str, ...]]
    because: str = ""


class PolicyView(msgspec.Struct, frozen=True, kw_only=True):
    """A policy page or script; `unchecked`: the county has not read it for this season yet."""

    page: PolicyPage
    unchecked: bool = False


class DoneLine(msgspec.Struct, frozen=True, kw_only=True):
    """A home something was recorded for today.

    Attributes:
        line: The case as it stands now.
        records: What was recorded, the kind and the words of each, in order.
        at: The moment the newest of them happened (ISO).

    """

    line: CaseLine
    records: tuple[tuple[str, Text], ...]
    at: str


class TodayView(msgspec.Struct, frozen=True, kw_only=True):
    """The first screen.

    Attributes:
        over: The season is over and what was handed in is deleted from this phone; no deadline is
            named any more.
        fresh: False when the list was not refreshed today ("今日未更新").
        returned: What the office returned, each with its review.
        done: The homes something was recorded for today, the newest first.
        at_risk: The browser has not promised to keep what is stored on this phone.
        morning: Whether it is before noon, when the promises of the day are named.
        stuck: What no sync moves any more, and what to do.

    """

    day: str
    phase: Text = Text()
    deadline: str = ""
    days_left: int | None = None
    over: bool = False
    demo_clock: bool = False
    todo: tuple[CaseLine, ...] = ()
    returned: tuple[tuple[CaseLine, Review], ...] = ()
    to_deliver: int = 0
    to_visit: int = 0
    to_explain: int = 0
    promised_today: int = 0
    paid: int = 0
    cases: int = 0
    unsent: int = 0
    list_as_of: str = ""
    refreshed_at: str = ""
    fresh: bool = False
    teacher: str = ""
    school: str = ""
    colleagues: tuple[str, ...] = ()
    renamed: dict[str, str] = {}
    stuck: tuple[StuckLine, ...] = ()
    done: tuple[DoneLine, ...] = ()
    morning: bool = False
    at_risk: bool = False


class TakenPhoto(msgspec.Struct, frozen=True, kw_only=True):
    """A photo that is fitted, hashed and durable on the phone.

    Attributes:
        sharp: Whether it can be read, shown at once.
        small: Whether it has too few pixels for its letters to be read.
        screenshot: Whether it is a picture of a screen.
        parts: The hashes of all its parts, its own first; a long screenshot has several.
        slip_case: The case code its QR names.
        also: Masked names of other people the same photo is filed under ("" for one no longer on
            this phone).

    """

    sha256: str
    width_px: int
    height_px: int
    size_bytes: int
    sharp: bool
    small: bool = False
    screenshot: bool = False
    parts: tuple[str, ...] = ()
    slip_case: str = ""
    also: tuple[str, ...] = ()
    preview: bytes = b""

    @property
    def good(self) -> bool:
        """Whether what is on it can be read."""
        return self.sharp and not self.small


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """An unfinished form.

    Attributes:
        corrects: The id of the record it corrects.
        name: As in the list; "" when the case has left the phone.
        fields: As the screen keeps them (JSON values).

    """

    case: str
    form: str
    corrects: str = ""
    name: str
    saved_at: str
    fields: dict[str, object]


class Advice(msgspec.Struct, frozen=True, kw_only=True):
    """What to say before an act: flags (shared.codes.FLAGS) that ask for a reason, never a refusal.

    Attributes:
        limits: The season's limits they were judged by.
        next_visit_from: The earliest time of the next visit (ISO 8601); "" while it is free.

    """

    flags: tuple[str, ...] = ()
    deceased: bool = False
    amounts_allowed: bool = False
    next_visit_from: str = ""
    limits: Limits = Limits()
