"""A season's calendar, limits and texts: data the county edits, not code.

2019 is the shipped example.

China has no daylight saving: CST is a fixed +08:00, so no time-zone database is needed.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import msgspec

from shared import codes
from shared.policy import PolicyPage as PolicyPage
from shared.policy_2019 import POLICY_2019

CST = timezone(timedelta(hours=8), "CST")


class Phase(msgspec.Struct, frozen=True, kw_only=True):
    """A phase of the season. `first` and `last` are days in China, both included."""

    key: str
    zh: str
    en: str
    first: date
    last: date


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Limits of visits and calls: guidance the county edits, not law that binds a school.

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


class Letterhead(msgspec.Struct, frozen=True, kw_only=True):
    """Who issues the notices, as printed on them."""

    county: str = "青槐县"
    area_code: str = "610599"
    centre: str = "青槐县学生资助管理中心"
    document_no: str = ""
    basis: str = ""
    hotline: str = ""


class Season(msgspec.Struct, frozen=True, kw_only=True):
    """A season: the calendar year of its due day. `deadlines` are days in China by key."""

    id: str
    due_day: date
    phases: tuple[Phase, ...]
    deadlines: dict[str, date]
    limits: Limits = Limits()
    letterhead: Letterhead = Letterhead()
    reasons: tuple[codes.Code, ...] = codes.REASONS
    policy: tuple[PolicyPage, ...] = ()
    full_id_numbers: bool = False
    stamp_each_statement: bool = False


def phase_at(season: Season, day: date) -> Phase | None:
    """Return the phase of a day; None between or outside phases."""
    return next((p for p in season.phases if p.first <= day <= p.last), None)


def phone_keeps_until(season: Season) -> date:
    """Return the last day phones keep acknowledged data.

    `limits.phone_keeps_days` after the season's last date.

    A month is what returned records and second photos take after the due day; longer would serve no
    purpose. Unsent data stays whatever the day.

    Source: docs/sources.md#retention.
    """
    days = (season.due_day, *(phase.last for phase in season.phases), *season.deadlines.values())
    return max(days) + timedelta(days=season.limits.phone_keeps_days)


def china_day(moment: datetime) -> date:
    """Return the day of a moment in China."""
    return moment.astimezone(CST).date()


def moment_of(text: str) -> datetime | None:
    """Return an ISO moment as aware.

    One without an offset is China time, None when it cannot be read.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=CST)


def day_of(text: str) -> str:
    """Return the day in China (ISO) of an ISO moment.

    Unreadable text keeps its first ten characters.
    """
    moment = moment_of(text)
    return china_day(moment).isoformat() if moment else text[:10]


def is_overdue(season: Season, day: date) -> bool:
    """Return whether the due day has passed; until then a person is due, not overdue.

    Source: docs/sources.md#due-before-overdue.
    """
    return day > season.due_day


def season_2019() -> Season:
    """Return the season of 2019 as data: slips are due before the delivery window ends."""
    return Season(
        id="2019",
        due_day=date(2019, 12, 20),
        phases=(
            Phase(
                key="prepare",
                zh="数据整理",
                en="preparation",
                first=date(2019, 11, 18),
                last=date(2019, 11, 24),
            ),
            Phase(
                key="notice",
                zh="通知书送达",
                en="notices",
                first=date(2019, 11, 25),
                last=date(2019, 12, 1),
            ),
            Phase(
                key="collect",
                zh="本息收缴",
                en="collection",
                first=date(2019, 12, 2),
                last=date(2019, 12, 10),
            ),
            Phase(
                key="visit",
                zh="上门走访",
                en="home visits",
                first=date(2019, 12, 11),
                last=date(2019, 12, 18),
            ),
        ),
        deadlines={
            "contacts": date(2019, 11, 19),
            "lists": date(2019, 11, 20),
            "slips": date(2019, 11, 29),
            "statements": date(2019, 12, 18),
        },
        letterhead=Letterhead(
            document_no="青槐教贷办〔2019〕1号(样例)",
            basis="省学生资助管理中心2019年生源地信用助学贷款工作通知及县级合作协议(样例)",
            hotline="95593",
        ),
        policy=POLICY_2019,
    )
