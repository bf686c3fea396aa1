"""What use cases hand to screens: frozen, already masked, nothing a screen could leak by mistake.

Full names, amounts and numbers are not in here; `speak_to` and `reveal` give them and record a disclosure.
Moments are ISO 8601 with offset; days ISO; amounts integer fen; distances metres.
"""

from __future__ import annotations

import msgspec

from shared.lifecycle import Review
from shared.season import Limits


class CaseLine(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the list. todo: deliver | visit | statement | fix | none; stage: shared.lifecycle.Standing.stage."""

    id: str
    code: str
    name: str
    village: str
    township: str
    stage: str
    todo: str
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


class HistoryLine(msgspec.Struct, frozen=True, kw_only=True):
    """One record of this phone. state: pending (undo possible until `undo_until`) | waiting | sent | rejected.

    `about` is the kind of the record a correction is about, else its own; `newest`: it says how the record reads now
    and may be corrected.
    """

    fact: str
    kind: str
    happened_at: str
    state: str
    words: str
    words_en: str = ""
    photos: tuple[str, ...] = ()
    undo_until: str = ""
    problem: str = ""
    problem_en: str = ""
    corrected: bool = False
    about: str = ""
    newest: bool = True


class CallsToday(msgspec.Struct, frozen=True, kw_only=True):
    """Calls of today to one person, said before the next. `full`: the day's measure; `late`: outside the hours,
    which are `from_hour` to `until_hour`.
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
    """A call whose outcome is to be told: whom (codes PEOPLE) and when."""

    to: str
    at: str


class CaseView(msgspec.Struct, frozen=True, kw_only=True):
    """One case, masked. `phones` are masked; an index into them goes to `ring` or `reveal`; the first `new_phones` of
    them a visit brought home and the office accepted.

    `returned_elsewhere` are the office's comments on records of other phones;
    `death_told`: this phone recorded a death that the office has not confirmed yet.
    """

    line: CaseLine
    address: str
    id_number: str = ""
    phones: tuple[str, ...] = ()
    new_phones: int = 0
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
    death_told: bool = False


class Amounts(msgspec.Struct, frozen=True, kw_only=True):
    """What may be said to a borrower or co-borrower. `words`: due | overdue in the season's language.

    `overdue_prior`: the bank's list counts sums of earlier years in, without saying how much of it they are.
    """

    name: str
    principal_fen: int
    interest_fen: int
    total_fen: int
    repaid_fen: int
    contracts: tuple[tuple[str, int, int], ...]
    due_day: str
    as_of: str
    words: str
    overdue_prior: bool = False


class Script(msgspec.Struct, frozen=True, kw_only=True):
    """What is said to everyone else: nothing about the debt. `allowed` is False while third parties are closed.

    `because`: why one who may hear amounts hears none: no_co_borrower (on the list) | deceased, "" for everyone else.
    """

    who: str
    allowed: bool
    lines_zh: tuple[str, ...]
    lines_en: tuple[str, ...]
    because: str = ""


class TodayView(msgspec.Struct, frozen=True, kw_only=True):
    """The first screen. `fresh` is False when the list was not refreshed today ("今日未更新").

    `over`: the season is, and what was handed in has been cleared from this phone; no deadline is named any more.
    """

    day: str
    phase_zh: str = ""
    phase_en: str = ""
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


class TakenPhoto(msgspec.Struct, frozen=True, kw_only=True):
    """A photo fitted, hashed and already durable on the phone. `sharp`: the verdict said at once.

    `also`: masked names of other people the very same photo is filed under ("" for one who left this phone).
    """

    sha256: str
    width_px: int
    height_px: int
    size_bytes: int
    sharp: bool
    slip_case: str = ""
    also: tuple[str, ...] = ()
    preview: bytes = b""


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """An unfinished form: the fields as the screen keeps them (JSON values).

    `mends`: the record it is to mend; `name`: "" when the case has left the phone.
    """

    case: str
    form: str
    corrects: str = ""
    name: str
    saved_at: str
    fields: dict[str, object]


class OutboxLine(msgspec.Struct, frozen=True, kw_only=True):
    fact: str
    kind: str
    case: str
    name: str
    happened_at: str
    state: str
    photos_left: int = 0
    problem: str = ""
    problem_en: str = ""
    by: str = ""


class OutboxView(msgspec.Struct, frozen=True, kw_only=True):
    """`all_sent`: 全部已交,可以放心. `returned`: the office wants them corrected, its comment as `problem`, `by` whom.

    `stopped`: the server refused this phone itself; it is to be enrolled again, with all it holds.
    """

    lines: tuple[OutboxLine, ...] = ()
    returned: tuple[OutboxLine, ...] = ()
    unsent: int = 0
    photos_unsent: int = 0
    rejected: int = 0
    all_sent: bool = True
    last_sync_at: str = ""
    last_problem: str = ""
    last_problem_en: str = ""
    stopped: bool = False


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """Progress of a sync. step: facts | photos | changes | done."""

    step: str
    done: int
    total: int


class SyncReport(msgspec.Struct, frozen=True, kw_only=True):
    """What one sync did. `problem` is a sentence (`problem_en` in English), empty when all went well."""

    ok: bool
    sent: int = 0
    duplicates: int = 0
    rejected: int = 0
    photos: int = 0
    photo_bytes: int = 0
    resumed: int = 0
    retries: int = 0
    received: int = 0
    gone: int = 0
    complete: bool = False
    problem: str = ""
    problem_en: str = ""
    problem_code: str = ""


class Advice(msgspec.Struct, frozen=True, kw_only=True):
    """What to say before an act: flags (shared.codes.FLAGS) that ask for a reason, never a refusal.

    `limits` are the season's that they were judged by.
    """

    flags: tuple[str, ...] = ()
    deceased: bool = False
    amounts_allowed: bool = False
    next_visit_from: str = ""
    limits: Limits = Limits()
