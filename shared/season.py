"""One season's calendar, limits and texts: data the county edits, never code. 2019 is the shipped example.

China keeps no daylight saving: CST is a fixed +08:00, so no time-zone database is needed.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import msgspec

from shared import codes

CST = timezone(timedelta(hours=8), "CST")


class Phase(msgspec.Struct, frozen=True, kw_only=True):
    """`first` and `last` are days in China, both included."""

    key: str
    zh: str
    en: str
    first: date
    last: date


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """The floor we keep at a door: guidance, editable, not law that binds a school (domain.md §3.3)."""

    visit_from_hour: int = 8
    visit_until_hour: int = 22
    visitors: int = 2
    dials_a_day: int = 6
    effective_calls_a_day: int = 3
    failures_before_third_party: int = 3
    days_between_visits: int = 1
    enrol_code_days: int = 3
    paid_shown_days: int = 7


class Letterhead(msgspec.Struct, frozen=True, kw_only=True):
    county: str = "青槐县"
    area_code: str = "610599"
    centre: str = "青槐县学生资助管理中心"
    document_no: str = ""
    basis: str = ""
    hotline: str = ""


class PolicyPage(msgspec.Struct, frozen=True, kw_only=True):
    """One page of 附件4 or one door script; plain paragraphs."""

    key: str
    title_zh: str
    title_en: str
    zh: tuple[str, ...]
    en: tuple[str, ...]


class Season(msgspec.Struct, frozen=True, kw_only=True):
    """A season is the calendar year of its due day. `deadlines` are days in China by key."""

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
    """The phase a day falls into, None between or outside phases."""
    return next((p for p in season.phases if p.first <= day <= p.last), None)


def china_day(moment: datetime) -> date:
    """The day a moment falls on in China."""
    return moment.astimezone(CST).date()


def moment_of(text: str) -> datetime | None:
    """An ISO moment as a fact carries it, aware: one without an offset is China time; None when it is no moment."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=CST)


def day_of(text: str) -> str:
    """The day in China (ISO) of an ISO moment; what is no moment keeps its first ten characters."""
    moment = moment_of(text)
    return china_day(moment).isoformat() if moment else text[:10]


def due_word(season: Season, day: date, language: str = "zh") -> str:
    """Until the due day has passed a person is *due*, not *overdue* (product.md "The season")."""
    if day <= season.due_day:
        return "应还" if language == "zh" else "due"
    return "逾期未还" if language == "zh" else "overdue"


def season_2019() -> Season:
    """The notice of 2019 (reference: notice-2019) as data: slips are due before the delivery window ends."""
    return Season(
        id="2019",
        due_day=date(2019, 12, 20),
        phases=(
            Phase(key="prepare", zh="数据整理", en="preparation", first=date(2019, 11, 18), last=date(2019, 11, 24)),
            Phase(key="notice", zh="通知书送达", en="notices", first=date(2019, 11, 25), last=date(2019, 12, 1)),
            Phase(key="collect", zh="本息收缴", en="collection", first=date(2019, 12, 2), last=date(2019, 12, 10)),
            Phase(key="visit", zh="上门走访", en="home visits", first=date(2019, 12, 11), last=date(2019, 12, 18)),
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


POLICY_2019 = (
    PolicyPage(
        key="repay",
        title_zh="怎样还款",
        title_en="How to repay",
        zh=(
            "12月20日是今年的应还日,在此之前把应还本息存入或直接在线还清即可。",
            "支付宝搜索“国家开发银行助学贷款”,进入“在线还款”;家人也可以代为操作。",
            "工作人员不代收现金,不索要密码和验证码。",
        ),
        en=(
            "20 December is this year's due day; pay principal and interest before it.",
            "In Alipay search for the CDB student loan and choose online repayment; family may do it for you.",
            "Staff never take cash and never ask for a password or code.",
        ),
    ),
    PolicyPage(
        key="difficulty",
        title_zh="确有困难怎么办",
        title_en="When a family cannot pay",
        zh=(
            "继续读书的,带录取材料到县学生资助管理中心变更就学信息。",
            "因病、因残、因灾等确有困难的,由学校如实写情况说明,可申请还款救助。",
        ),
        en=(
            "Those still studying bring proof of admission to the county centre.",
            "For illness, disability or disaster the school writes a statement; relief can be applied for.",
        ),
    ),
)
