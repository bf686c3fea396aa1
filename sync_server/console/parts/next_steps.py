"""What to do next, by the season's phase and the progress; urgent steps first. Pure."""

from __future__ import annotations

from datetime import date
from typing import Literal

import msgspec

from shared.season import Season
from sync_server.store.progress import Progress


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One line in both languages; `tone`: it needs attention now, comes next, or all is well."""

    zh: str
    en: str
    href: str = ""
    tone: Literal["now", "next", "well"] = "next"


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """What the next steps depend on; `base` is the school's path, "" for the county."""

    today: date
    progress: Progress
    as_of: str
    base: str = ""
    unit: str = ""
    to_review: int = 0
    phones_pending: int = 0
    phones: int = 0
    schools: int = 0
    schools_sealed: int = 0
    unplaced: int = 0
    may_import: bool = False
    sealed: bool = False


def of_county(s: Situation, season: Season) -> list[Step]:
    """For the centre."""
    steps = []
    if s.may_import:
        steps += _missing_lists(s)
        steps += _repayments(s, season)
    if s.unplaced:
        steps.append(
            Step(
                zh=f"{s.unplaced:,} 人还没有归到学校",
                en=f"People in no school yet: {s.unplaced:,}",
                href="/unplaced",
                tone="now",
            )
        )
    steps += _field_work(s, season, "/cases")
    if s.schools and s.today >= _phase_day(season, "visit"):
        left = s.schools - s.schools_sealed
        zh = f"{left:,} 所学校还没有上报汇总" if left else "所有学校都已上报,可以全县汇总"
        en = (
            f"Schools that have not handed in: {left:,}"
            if left
            else "Every school has handed in; roll up"
        )
        steps.append(Step(zh=zh, en=en, href="/county", tone="next"))
    return steps or [_nothing()]


def of_school(s: Situation, season: Season) -> list[Step]:
    """For a school."""
    steps: list[Step] = []
    if s.phones_pending:
        steps.append(
            Step(
                zh=f"{s.phones_pending:,} 部手机等您按姓名确认",
                en=f"Phones to confirm: {s.phones_pending:,}",
                href=f"{s.base}/phones",
                tone="now",
            )
        )
    elif not s.phones and s.progress.people:
        steps.append(
            Step(
                zh="还没有登记手机:给老师发登记码",
                en="No phone is enrolled yet: issue a code to a teacher",
                href=f"{s.base}/phones",
                tone="now",
            )
        )
    free = s.progress.people - s.progress.assigned
    if free:
        steps.append(
            Step(
                zh=f"{free:,} 人还没有分给老师",
                en=f"People with no teacher yet: {free:,}",
                href=f"{s.base}#assignment",
                tone="now",
            )
        )
    if s.to_review:
        steps.append(
            Step(
                zh=f"{s.to_review:,} 条记录等您复核",
                en=f"Records to review: {s.to_review:,}",
                href=f"{s.base}/review",
                tone="now",
            )
        )
    steps += _field_work(s, season, f"/cases?unit={s.unit}")
    if (
        s.progress.people
        and not s.sealed
        and s.today >= _phase_day(season, "visit")
        and not s.progress.untouched
    ):
        steps.append(
            Step(zh="可以生成汇总了", en="The summary can be composed", href=f"{s.base}/summary")
        )
    return steps or [_nothing()]


def _missing_lists(s: Situation) -> list[Step]:
    steps = []
    if not s.schools:
        steps.append(
            Step(
                zh="先导入学校联系表(附件1)和辖区划分表(附件2)",
                en="Import the schools (附件1) and areas (附件2) first",
                href="/imports",
                tone="now",
            )
        )
    if not s.progress.people:
        steps.append(Step(zh="导入应还名单", en="Import the due list", href="/imports", tone="now"))
    return steps


def _repayments(s: Situation, season: Season) -> list[Step]:
    """From the first day of collection there is a repayment file every day."""
    if (
        not s.progress.people
        or s.today < _phase_day(season, "collect")
        or s.as_of >= s.today.isoformat()
    ):
        return []
    if not s.as_of:
        return [
            Step(
                zh="还没有导入过还款情况",
                en="No repayments were imported yet",
                href="/imports",
                tone="now",
            )
        ]
    day = date.fromisoformat(s.as_of)
    return [
        Step(
            zh=f"今天的还款情况还没有导入(最近截至{day.month}月{day.day}日)",
            en=f"Today's repayments are not imported yet (newest: {s.as_of})",
            href="/imports",
            tone="now",
        )
    ]


def _field_work(s: Situation, season: Season, cases: str) -> list[Step]:
    """Notices, visits, statements: what is left of each, once its phase has begun."""
    progress, join = s.progress, "&" if "?" in cases else "?"
    steps = []
    left = progress.unpaid - progress.delivered_unpaid
    slips = season.deadlines.get("slips")
    if left > 0 and s.today >= _phase_day(season, "notice"):
        over = slips is not None and s.today > slips
        zh, en = f"{left:,} 人的通知书还没有送达", f"Notices not delivered yet: {left:,}"
        if over and slips:
            zh, en = (
                f"{zh}(回执{slips.month}月{slips.day}日已到期,补交注明迟交)",
                f"{en} (slips were due {slips}; late ones are marked)",
            )
        steps.append(
            Step(
                zh=zh, en=en, href=f"{cases}{join}show=undelivered", tone="now" if over else "next"
            )
        )
    if progress.untouched and s.today >= _phase_day(season, "visit"):
        steps.append(
            Step(
                zh=f"{progress.untouched:,} 人未还清,也还没有任何走访或联系",
                en=f"Unpaid, with no visit or call yet: {progress.untouched:,}",
                href=f"{cases}{join}show=untouched",
                tone="now",
            )
        )
    if progress.unexplained:
        steps.append(
            Step(
                zh=f"{progress.unexplained:,} 位特殊情况人员的说明还没有通过",
                en=f"Statements of special circumstances still open: {progress.unexplained:,}",
                href=f"{cases}{join}show=unexplained",
                tone="now",
            )
        )
    if progress.returned:
        steps.append(
            Step(
                zh=f"{progress.returned:,} 条退回的记录等老师改正",
                en=f"Returned records with teachers: {progress.returned:,}",
                href=f"{cases}{join}show=returned",
            )
        )
    return steps


def _phase_day(season: Season, key: str) -> date:
    return next((p.first for p in season.phases if p.key == key), date.max)


def _nothing() -> Step:
    return Step(zh="现在没有要办的事", en="Nothing to do right now", tone="well")
