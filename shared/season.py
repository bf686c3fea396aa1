"""A season's calendar, limits and texts: data the county edits, not code.

China has no daylight saving: CST is a fixed +08:00, so no time-zone database is needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache

import msgspec

from shared import codes, recipients
from shared.policy import PolicyPage as PolicyPage
from shared.recipients import Recipient as Recipient

CST = timezone(timedelta(hours=8), "CST")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_MS = (datetime(1, 1, 2, tzinfo=UTC) - _EPOCH) // timedelta(milliseconds=1)
_LAST_MS = (datetime(9999, 12, 30, tzinfo=UTC) - _EPOCH) // timedelta(milliseconds=1)
STRAY_DAYS = 366
"""How far outside the season's dates a stated day may lie and still be a day of its work."""
_STRAY = timedelta(days=STRAY_DAYS)
SEASON_YEARS = range(2000, 3000)
"""Years of a season and of every date in it."""
ISO_DAY_CHARS = 10
LATE_DAYS = ("delivered_by", "repaid_by")
"""The fields of LateRules that are days."""
RETAIN_DAYS = 100
"""Days after the due day until which a new season proposes to keep personal data.

Time for the bank's last statement of the season and for objections; the county decides.

Source: docs/sources.md#retention.
"""
BULLETIN_TO = "各中心校、有关县直学校"
BULLETIN_WORD = "教贷通报"
"""What follows the county's short name in a bulletin's number, where the county set no other."""
RECEIPT_CODE = "{编号}"
"""Stands in a season's words of receipt where each slip has its case code."""
RECEIPT_WORDS = f"本人已收到学校送交的书面通知一份（编号{RECEIPT_CODE}），签字只表示收到。"
"""What whoever takes a notice signs: no loan and no sum, since a neighbour may be the one."""


class Phase(msgspec.Struct, frozen=True, kw_only=True):
    """A phase of the season. `first` and `last` are days in China, both included."""

    key: str
    zh: str
    en: str
    first: date
    last: date


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Limits of visits and calls: guidance the county edits, not law that binds a school.

    `late_after_days`: days after the slips' deadline until which a delivery is not late.

    Source: docs/sources.md#conduct.
    """

    visit_from_hour: int = 8
    visit_until_hour: int = 22
    visitors: int = 2
    dials_a_day: int = 6
    effective_calls_a_day: int = 3
    failures_before_third_party: int = 3
    days_between_visits: int = 1
    enrol_code_days: int = 3
    paid_shown_days: int = 7
    phone_keeps_days: int = 30
    late_after_days: int = 0


class Letterhead(msgspec.Struct, frozen=True, kw_only=True):
    """Who issues the notices, as printed on them.

    Attributes:
        county: The county's name.
        area_code: Its six-digit administrative division code.
        centre: The full name of the county's student loan centre.
        document_no: The number of this season's notice (文号).
        basis: What the work is based on (依据).
        hotline: The bank's telephone for borrowers.
        phone: The centre's telephone.
        sent_to: To whom the county's report is sent (主送), with 、 between several.
        copied_to: Who gets a copy of it (抄送).
        copies: How many copies are printed (份数); 0 leaves the line out.
        bulletin_no: The word before the year in a bulletin's number (某县教贷通报); "" for the
            usual one, see bulletin_number.
        bulletin_to: To whom bulletins are sent (主送).
        bulletin_copied_to: Who gets a copy of them (抄送).
    """

    county: str
    area_code: str
    centre: str
    document_no: str = ""
    basis: str = ""
    hotline: str = ""
    phone: str = ""
    sent_to: str = ""
    copied_to: str = ""
    copies: int = 0
    bulletin_no: str = ""
    bulletin_to: str = BULLETIN_TO
    bulletin_copied_to: str = ""


class LateRules(msgspec.Struct, frozen=True, kw_only=True):
    """When a school is late, so that its head may be called in (约谈). Guidance, decided by people.

    Attributes:
        summary_days: Days after the statements' deadline from which a school is late that has not
            handed its summary in; 0 leaves the rule out.
        delivered_percent: The share of notices delivered below which a school is late; 0 leaves
            the rule out.
        delivered_by: The last day for that; None is the slips' deadline.
        repaid_percent: The same for people who have repaid.
        repaid_by: The last day for that; None is the statements' deadline.
    """

    summary_days: int = 0
    delivered_percent: int = 0
    delivered_by: date | None = None
    repaid_percent: int = 0
    repaid_by: date | None = None


class SpotRules(msgspec.Struct, frozen=True, kw_only=True):
    """What a spot check (督查) asks: how many people of a school, and the two questions to each.

    A drawing keeps the questions of its moment.
    """

    size: int = 10
    first: str = "老师来过吗？哪天来的？来了几个人？"
    second: str = "您收到书面通知、自己签过字吗？"

    @property
    def questions(self) -> tuple[str, ...]:
        """The questions in order."""
        return (self.first, self.second)


class Season(msgspec.Struct, frozen=True, kw_only=True):
    """A season: the calendar year of its due day. `deadlines` are days in China by key.

    Attributes:
        unchecked: Keys of policy pages that the centre has not yet read for this season.
        texts_from: The season whose texts these were; "" for those that came with the program.
        retain_until: The last day personal data are kept; None where nobody has set one.
        receipt_words: What whoever takes a notice signs on the slip; see RECEIPT_CODE.
        body_face: The county's own face of what is printed, by its name or file; "" for the one
            that is found by its name (仿宋).
        title_face: That of the titles (小标宋).
        list_columns: Columns of a list by its recipient; see shared.list_columns for the default.
        recipients: To whom the county reports; () for one report without a recipient's name.
        keep_contacts: Whether contacts accepted in this season are kept for the next one, where a
            teacher sees them as a suggestion (shared/suggestions.py).
        late: When a school is late.
        spot: What a spot check asks.
    """

    id: str
    due_day: date
    phases: tuple[Phase, ...]
    deadlines: dict[str, date]
    limits: Limits = Limits()
    letterhead: Letterhead
    reasons: tuple[codes.Code, ...] = codes.REASONS
    policy: tuple[PolicyPage, ...] = ()
    full_id_numbers: bool = False
    stamp_each_statement: bool = False
    unchecked: tuple[str, ...] = ()
    texts_from: str = ""
    retain_until: date | None = None
    list_columns: dict[str, tuple[str, ...]] = {}
    receipt_words: str = RECEIPT_WORDS
    recipients: tuple[Recipient, ...] = recipients.DEFAULTS
    body_face: str = ""
    title_face: str = ""
    keep_contacts: bool = False
    late: LateRules = LateRules()
    spot: SpotRules = SpotRules()


def phase_at(season: Season, day: date) -> Phase | None:
    """Return the phase of a day; None between or outside phases."""
    return next((p for p in season.phases if p.first <= day <= p.last), None)


def last_day(season: Season) -> date:
    """Return the last day on which anything of the season is due."""
    return max((season.due_day, *(p.last for p in season.phases), *season.deadlines.values()))


def phone_keeps_until(season: Season) -> date:
    """Return the last day phones keep acknowledged data.

    `limits.phone_keeps_days` after the season's last date, and never beyond `retain_until`.

    A month is what returned records and second photos take after the due day; longer would serve no
    purpose. Unsent data stays whatever the day.

    Source: docs/sources.md#retention.
    """
    until = last_day(season) + timedelta(days=season.limits.phone_keeps_days)
    return min(until, season.retain_until) if season.retain_until else until


def slips_late_after(season: Season) -> date | None:
    """Return the last day on which a delivery is not late; None without a deadline for slips."""
    due = season.deadlines.get("slips")
    return None if due is None else due + timedelta(days=season.limits.late_after_days)


def dates_of(season: Season) -> Iterator[tuple[str, date]]:
    """Yield every date of a season with the path of its field, such as `phases.visit.first`."""
    yield "due_day", season.due_day
    for phase in season.phases:
        yield f"phases.{phase.key}.first", phase.first
        yield f"phases.{phase.key}.last", phase.last
    for key, day in season.deadlines.items():
        yield f"deadlines.{key}", day
    for name in LATE_DAYS:
        if (late := getattr(season.late, name)) is not None:
            yield f"late.{name}", late
    if season.retain_until is not None:
        yield "retain_until", season.retain_until


def bulletin_number(season: Season, number: int) -> str:
    """Return the number of a bulletin as an official document has it: 某县教贷通报〔年份〕1号."""
    county = season.letterhead.county
    short = county[:-1] if len(county) > 2 and county[-1] in "县区市旗" else county
    word = season.letterhead.bulletin_no or f"{short}{BULLETIN_WORD}"
    return f"{word}〔{season.id}〕{number}号"


def on_weekends(season: Season) -> tuple[tuple[str, date], ...]:
    """Return the deadlines and the due day that fall on a Saturday or Sunday, with their paths."""
    return tuple(
        (path, day)
        for path, day in dates_of(season)
        if day.weekday() >= 5 and (path == "due_day" or path.startswith("deadlines."))
    )


def moved_to(season: Season, due_day: date) -> Season:
    """Return the season with another due day: every date keeps its distance from it.

    Nothing is moved off a weekend or holiday; `on_weekends` names what falls on one.
    """
    by = due_day - season.due_day
    return msgspec.structs.replace(
        season,
        id=str(due_day.year),
        due_day=due_day,
        phases=tuple(
            msgspec.structs.replace(p, first=p.first + by, last=p.last + by) for p in season.phases
        ),
        deadlines={key: day + by for key, day in season.deadlines.items()},
        late=msgspec.structs.replace(
            season.late,
            **{
                name: day + by
                for name in LATE_DAYS
                if (day := getattr(season.late, name)) is not None
            },
        ),
        retain_until=due_day + timedelta(days=RETAIN_DAYS)
        if season.retain_until is None
        else season.retain_until + by,
    )


def china_time(moment: datetime) -> datetime | None:
    """Return a moment on China's clock; None at either end of the calendar, where it has none."""
    try:
        return moment.astimezone(CST)
    except OverflowError:
        return None


def moment_of_ms(since_1970_ms: int) -> datetime:
    """Return a moment on China's clock; one beyond the calendar gives a day at its end.

    Never raises: a phone's clock may show any year.
    """
    held_ms = min(max(since_1970_ms, _FIRST_MS), _LAST_MS)
    return (_EPOCH + timedelta(milliseconds=held_ms)).astimezone(CST)


def china_day(moment: datetime) -> date:
    """Return the day of a moment in China.

    A moment at an end of the calendar that has no day in China gives that end's own day.
    """
    local = china_time(moment)
    return moment.date() if local is None else local.date()


def moment_of(text: str, assume: tzinfo = CST) -> datetime | None:
    """Return an ISO moment as aware; `assume` is the zone of one without an offset.

    None when it cannot be read or China's clock never shows it. Never raises: what is stored may
    hold anything.
    """
    return _known_moment(text, assume) if len(text) <= _KEPT_CHARS else _moment(text, assume)


def _moment(text: str, assume: tzinfo) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=assume)
    return None if china_time(aware) is None else aware


_KEPT_CHARS = 40
"""A time of day with its date is shorter than this; longer texts are not cached."""
_known_moment = lru_cache(maxsize=2048)(_moment)


def iso_day(text: str) -> date | None:
    """Return the day that a text begins with (`2026-12-01…`); None where it names none."""
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def day_of(text: str) -> str:
    """Return the day in China (ISO) of an ISO moment.

    Unreadable text keeps its first ten characters.
    """
    moment = moment_of(text)
    return china_day(moment).isoformat() if moment else text[:10]


def day_in_season(season: Season, text: str) -> str:
    """Return the day in China (ISO) of a stated day or moment, where the season can hold it.

    "" for what cannot be read, and for a day more than `STRAY_DAYS` before the season's first date
    or after its last: a record of it stays and counts, without a day (docs/states.md#a-case).
    """
    day, iso = _known_day(text) if len(text) <= _KEPT_CHARS else _stated_day(text)
    return iso if day is not None and near_season(season, day) else ""


def _stated_day(text: str) -> tuple[date | None, str]:
    """Return the day in China of a stated day or moment, and how it is written."""
    day = iso_day(text) if len(text) <= ISO_DAY_CHARS else None
    moment = moment_of(text) if day is None else None
    if moment is not None:
        day = china_day(moment)
    return day, "" if day is None else day.isoformat()


_known_day = lru_cache(maxsize=2048)(_stated_day)
"""Judging a record asks for its day again and again."""


def near_season(season: Season, day: date) -> bool:
    """Return whether a day is one that a season's work can have."""
    if -_STRAY <= day - season.due_day <= _STRAY:
        return True  # as `work_days` would say, without looking at every date of the season
    first, last = work_days(season)
    return first <= day <= last


def work_days(season: Season) -> tuple[date, date]:
    """Return the first and the last day that a season's work can have, `STRAY_DAYS` around it."""
    dates = [each for _, each in dates_of(season)]
    return min(dates) - _STRAY, max(dates) + _STRAY


def minute_of(text: str) -> str:
    """Return an ISO moment as `2026-12-01 09:05` in China; unreadable text stays as it stands."""
    moment = moment_of(text)
    return f"{moment.astimezone(CST):%Y-%m-%d %H:%M}" if moment else text


def is_overdue(season: Season, day: date) -> bool:
    """Return whether the due day has passed; until then a person is due, not overdue.

    Source: docs/sources.md#due-before-overdue.
    """
    return day > season.due_day
