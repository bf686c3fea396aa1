"""The morning sheet's rule: what of a school is to be chased first.

`CHASES` is the rule, in order: the first line that has something is the first thing to do. What
spares somebody a wrong visit today comes first, then what holds for today alone, then what holds
work up, then what only has to be done. Pure.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Literal

import msgspec

from shared import codes
from shared.records.kind import Label
from shared.season import CST, Season

VISITS = "visit"
"""The phase from whose first day the sheet counts."""
SILENT_DAYS = 2
"""A phone that was last heard of so many days ago, or longer, is named."""

Promise = Literal["", "today", "past", "later"]
"""When a promise falls due: none or without a day, today, on a day that is over, later."""


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers of a school's sheet.

    Attributes:
        paid: People who have paid everything since the morning before.
        paid_not_fetched: Those of them whose teacher's phone has not fetched the list since.
        paid_no_phone: Those of them whose teacher has no phone.
        came_back: People who had paid everything, and by the newest file have not.
        arrived: People who came to the school since: placed, moved, put back on its list.
        unpaid: People who have not paid everything.
        unassigned: Those of them who have no teacher.
        promised_today: Those who promised to pay today.
        promised_past: Those who promised to pay on a day that is over.
        untouched: Those of whom nothing is recorded.
        claimed: People who say that they have paid and by the file in force have not.
        slips_at_school: Slips that the school has and the centre does not.
        without_slip: People whose notice has no slip, at the school or at the centre.
        review: Records that wait for a verdict.
        phones: Phones that were not heard of yesterday and today.
    """

    paid: int = 0
    paid_not_fetched: int = 0
    paid_no_phone: int = 0
    came_back: int = 0
    arrived: int = 0
    unpaid: int = 0
    unassigned: int = 0
    promised_today: int = 0
    promised_past: int = 0
    untouched: int = 0
    claimed: int = 0
    slips_at_school: int = 0
    without_slip: int = 0
    review: int = 0
    phones: int = 0

    @property
    def slips(self) -> int:
        """People whose slip the centre does not have."""
        return self.slips_at_school + self.without_slip


FIGURES = {
    "paid": Label("昨早以来还清", "paid since yesterday morning"),
    "came_back": Label("还款退回", "payment taken back"),
    "arrived": Label("新到本校", "new at the school"),
    "unpaid": Label("未还清", "unpaid"),
    "promised_today": Label("答应今天还", "promised today"),
    "promised_past": Label("答应的日子已过", "promise is over"),
    "untouched": Label("无任何记录", "no record"),
    "claimed": Label("说已还、查不到", "claim to have paid, not in the file"),
    "slips": Label("签收单未交中心", "slips not at the centre"),
    "review": Label("待复核", "to review"),
    "phones": Label("手机两天没同步", "phones silent two days"),
}
"""What each number is called, in the order of the sheet."""
COLUMNS = {
    "paid": Label("新还清", "newly paid"),
    "came_back": Label("退回", "taken back"),
    "unpaid": Label("未还清", "unpaid"),
    "promised_today": Label("今天还", "today"),
    "promised_past": Label("过期", "overdue"),
    "claimed": Label("说已还", "claimed"),
    "slips": Label("缺签收单", "no slip"),
    "review": Label("待复核", "to review"),
    "phones": Label("手机", "phones"),
}
"""What is shown of each school where several stand below each other, with short headings."""
SENSITIVE = Label("特殊情况", "special circumstances")
"""Stands for an outcome that says something of health, freedom or death."""


class Chase(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the rule.

    Attributes:
        field: The number of `Figures` that calls for it.
        words: What to do, with the number as `{n}`.
        why: Why it stands where it stands.
        page: The page of the school where it is done, below /schools/CODE; "" for the sheet itself.
        after_slips: Whether it counts only once the season's day for slips is over.
    """

    field: str
    words: Label
    why: Label
    page: str = ""
    after_slips: bool = False


CHASES = (
    Chase(
        field="paid_not_fetched",
        words=Label(
            "{n} 人已还清，老师的手机还没同步：出门前打电话告诉不用去",
            "{n} have paid and the teacher's phone has not synced since: call before they set out",
        ),
        why=Label("免得白跑，也免得打扰已经还清的人家", "nobody is to visit who has paid"),
        page="#paid",
    ),
    Chase(
        field="promised_today",
        words=Label("{n} 人答应今天还：提醒一声", "{n} promised to pay today: remind them"),
        why=Label("只有今天管用", "it helps today only"),
        page="#unpaid",
    ),
    Chase(
        field="paid_no_phone",
        words=Label(
            "{n} 人已还清，老师没有手机：告诉老师不用去",
            "{n} have paid and the teacher has no phone: say so",
        ),
        why=Label("没有手机的老师，只能由学校告诉", "only the school can tell a teacher without"),
        page="#paid",
    ),
    Chase(
        field="came_back",
        words=Label(
            "{n} 人的还款退回了，又要走访：告诉老师",
            "the payment of {n} was taken back: tell the teacher",
        ),
        why=Label("老师以为已经还清", "the teacher believes it is paid"),
        page="#back",
    ),
    Chase(
        field="phones",
        words=Label(
            "{n} 部手机两天没有同步：问问老师", "{n} phones not heard of for two days: ask"
        ),
        why=Label("记了什么、还了没有，两边都看不到", "neither side sees what the other knows"),
        page="#phones",
    ),
    Chase(
        field="unassigned",
        words=Label(
            "{n} 个没还清的人没有老师：分给老师", "{n} unpaid people have no teacher: assign them"
        ),
        why=Label("没有人会去", "nobody will go"),
        page="/assignment?staff=-",
    ),
    Chase(
        field="promised_past",
        words=Label(
            "{n} 人答应的日子过了还没还清：再问一次", "{n} promised a day that is over: ask again"
        ),
        why=Label("说过的日子刚过，好开口", "the day just passed is a reason to ask"),
        page="#unpaid",
    ),
    Chase(
        field="claimed",
        words=Label(
            "{n} 人说已还、还款情况里没有：请家里查还款记录",
            "{n} say they have paid and the file does not show it: ask for the record of payment",
        ),
        why=Label("查清就不用再去", "once clear, no visit is needed"),
        page="/reconciliation",
    ),
    Chase(
        field="slips",
        words=Label(
            "{n} 份签收单中心还没有：送来，或者补签",
            "{n} slips have not reached the centre: bring them, or have them signed",
        ),
        why=Label("交签收单的日子已经过了", "their day is over"),
        page="/hand-in",
        after_slips=True,
    ),
    Chase(
        field="review",
        words=Label("{n} 条记录等复核", "{n} records wait for review"),
        why=Label("没通过的，汇总里不算", "a summary counts what was accepted"),
        page="/review",
    ),
    Chase(
        field="untouched",
        words=Label(
            "{n} 个没还清的人没有任何记录：安排走访", "nothing is recorded of {n} unpaid: visit"
        ),
        why=Label("余下的日子里都要走到", "everybody is to be visited in the days left"),
        page="#unpaid",
    ),
)
"""What is chased, in this order."""


class ToDo(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the rule that has something, how much, and its place in the rule, from 1."""

    chase: Chase
    n: int
    place: int


def to_do(figures: Figures, season: Season, today: date) -> tuple[ToDo, ...]:
    """Return what of a school is to be chased, the first thing first."""
    slips = season.deadlines.get("slips")
    slips_over = slips is not None and today > slips
    found = (
        ToDo(chase=chase, n=getattr(figures, chase.field), place=place)
        for place, chase in enumerate(CHASES, 1)
        if slips_over or not chase.after_slips
    )
    return tuple(one for one in found if one.n)


def first_day(season: Season) -> date:
    """Return the day from which the sheet counts: the first of the visits."""
    visits = next((p for p in season.phases if p.key == VISITS), None)
    return visits.first if visits else min(p.first for p in season.phases)


def since(season: Season, today: date) -> datetime:
    """Return the morning before: what happened later is new on the sheet of a day."""
    morning = time(hour=season.limits.visit_from_hour % 24)
    return datetime.combine(today - timedelta(days=1), morning, CST)


def promise(promised_on: str, today: date) -> Promise:
    """Return when a promise falls due; `promised_on`: ISO day, "" for none."""
    if not promised_on:
        return ""
    day = today.isoformat()
    return "today" if promised_on == day else "past" if promised_on < day else "later"


def outcome_label(season: Season, outcome: str) -> Label:
    """Return the words for the outcome of a visit; none of a sensitive one.

    Source: docs/sources.md#sensitive-information.
    """
    found = codes.find(season.reasons, outcome)
    return SENSITIVE if found.sensitive else Label(found.zh, found.en)


def is_silent(heard_on: date, today: date) -> bool:
    """Return whether a phone that was last heard of on a day is to be named."""
    return heard_on <= today - timedelta(days=SILENT_DAYS)
