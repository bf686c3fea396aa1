"""A morning sheet in the words of its print: masked names, codes, days."""

from __future__ import annotations

from shared import morning
from shared.cases import Case
from shared.identity import mask_name
from shared.ids import show_case_code
from shared.season import Season, minute_of
from sync_server.office.case_lists import CLAIM_STATES
from sync_server.office.morning import Changed, Morning, OfTeacher, Sheet
from sync_server.office.morning_arrivals import HOW
from sync_server.office.morning_phones import LIST_ON_PHONE
from sync_server.office.slip_evidence import PAPERS
from sync_server.paperwork import words
from sync_server.paperwork.list_cover import NO_TEACHER
from sync_server.paperwork.morning import Section, SheetView

MOST_SLIPS = 40
"""With more, the sheet has their number and says where they stand: it is for the day's work."""
MOST_TO_DO = 4
"""So many lines of what comes next are printed, besides the first."""


def view_of(sheet: Sheet, found: Morning) -> SheetView:
    """Return a school's sheet as it is printed."""
    season, day = found.season, found.day
    to_do = [one.chase.words.zh.format(n=one.n) for one in sheet.to_do]
    sub = f"{words.month_day(day.since.date().isoformat())}早上以来"
    if day.as_of:
        sub += f" · 还款情况截至{words.month_day(day.as_of)}"
    if not day.has_news:
        sub += " · 昨早以后没有新的还款情况"
    if not day.has_begun:
        sub += f" · 从{words.month_day(day.first_day.isoformat())}起走访"
    sections = (
        _paid(sheet),
        _changed("还款退回，又要走访", sheet.came_back),
        _arrived(sheet),
        *(_teacher(one, season) for one in sheet.teachers),
        _claims(sheet),
        _slips(sheet),
        _phones(sheet),
    )
    return SheetView(
        school=sheet.unit.name,
        sub=sub,
        first=to_do[0] if to_do else "",
        more=tuple(to_do[1 : 1 + MOST_TO_DO]),
        figures=tuple(
            (label.zh, getattr(sheet.figures, name)) for name, label in morning.FIGURES.items()
        ),
        sections=tuple(one for one in sections if one.count),
    )


def _person(case: Case) -> tuple[str, str]:
    return show_case_code(case.code), mask_name(case.borrower.name)


def _paid(sheet: Sheet) -> Section:
    return _changed("昨早以来还清，不用再去", sheet.paid)


def _changed(title: str, people: tuple[Changed, ...]) -> Section:
    return Section(
        title=title,
        count=len(people),
        columns=("编号", "姓名", "老师", "老师的手机"),
        rows=tuple(
            (
                show_case_code(one.person.code),
                mask_name(one.person.name),
                one.teacher or NO_TEACHER,
                LIST_ON_PHONE[one.list_on_phone].zh,
            )
            for one in people
        ),
    )


def _arrived(sheet: Sheet) -> Section:
    rows = []
    for act in sheet.arrived:
        at, how = words.moment(act.at), HOW[act.how].zh
        rows += [(*_person(case), how, at) for case in act.cases]
        if not act.cases:
            rows.append(("", f"{act.people} 人", how, at))
    columns = ("编号", "姓名", "怎么来的", "什么时候")
    count = sheet.figures.arrived
    return Section(title="新到本校", count=count, columns=columns, rows=tuple(rows))


def _teacher(one: OfTeacher, season: Season) -> Section:
    today, past = one.promised("today"), one.promised("past")
    parts = (
        f"今天答应还 {today} 人" if today else "",
        f"日子已过 {past} 人" if past else "",
        f"无任何记录 {one.untouched} 人" if one.untouched else "",
    )
    rows = tuple(
        (
            *_person(person.case),
            person.case.village,
            morning.outcome_label(season, person.standing.outcome).zh or "–",
            words.short_day(person.outcome_on),
            {"today": "今天", "past": "已过 "}.get(person.promise, "")
            + ("" if person.promise == "today" else words.short_day(person.standing.promise_date)),
        )
        for person in one.people
    )
    return Section(
        title=f"未还清 · {one.name or NO_TEACHER}",
        count=len(one.people),
        columns=("编号", "姓名", "村、社区", "上次结果", "上次走访", "答应哪天还"),
        rows=rows,
        note="，".join(part for part in parts if part),
    )


def _claims(sheet: Sheet) -> Section:
    rows = tuple(
        (
            *_person(claim.case),
            claim.teacher or NO_TEACHER,
            words.short_day(claim.claimed_on),
            CLAIM_STATES[claim.state] + ("（还款情况比走访早）" if claim.too_early else ""),
        )
        for claim in sheet.claims
    )
    columns = ("编号", "姓名", "老师", "哪天说的", "核对")
    return Section(title="说已还、查不到", count=len(rows), columns=columns, rows=rows)


def _slips(sheet: Sheet) -> Section:
    rows = tuple(
        (
            *_person(one.case),
            one.case.village,
            one.teacher or NO_TEACHER,
            PAPERS[one.evidence.paper].zh + (f"（第{one.missing}批里缺）" if one.missing else ""),
        )
        for one in sheet.slips
    )
    columns = ("编号", "姓名", "村、社区", "老师", "签收单")
    figures = sheet.figures
    note = f"在学校 {figures.slips_at_school}，没有 {figures.without_slip}"
    if len(rows) > MOST_SLIPS:
        rows, note = (), f"{note}；名单在“签收单交接”里下载"
    return Section(
        title="签收单未交中心", count=len(sheet.slips), columns=columns, rows=rows, note=note
    )


def _phones(sheet: Sheet) -> Section:
    rows = tuple(
        (one.teacher, one.name, minute_of(one.heard_at) if one.heard_at else "还没同步过")
        for one in sheet.phones
    )
    columns = ("老师", "手机", "最近同步")
    return Section(title="手机两天没同步", count=len(rows), columns=columns, rows=rows)
