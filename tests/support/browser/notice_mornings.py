"""The visits' mornings: each school looks at its sheet, the county sees who has not, and what control asks for."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from tests.support import notice_county as county
from tests.support.browser.clauses import shows
from tests.support.browser.notice_december import PEOPLE, REASONS, keyed_findings, spot_check_of
from tests.support.browser.notice_walk import UNITS, Walk, number, oneline, pdf_words

RETURNED = REASONS[3]
"""Whose explanation the school sends back once, and why it came to that."""


def look(walk: Walk, unit: str) -> str:
    """A school's liaison opens the sheet; what comes first, and the numbers."""
    window = walk.people[county.LIAISONS[UNITS.index(unit)]].open(f"/schools/{unit}/morning")
    first = oneline(window.page.locator("main ul.steps").first)
    return f"{first};{oneline(window.page.locator('ul.tally'))}"


def county_table(walk: Walk) -> str:
    """What the centre sees of the schools' mornings."""
    office = walk.office.open("/morning")
    return oneline(office.page.locator("table.morning tfoot"))


@shows("12-11T08:00", "三4 每天反馈", "/schools/{unit}/morning")
def each_morning_begins_with_the_schools_sheet(walk: Walk) -> str:
    """The second school does not look on the first day."""
    said = [look(walk, unit) for unit in ("01", "03")]
    window = walk.people[county.LIAISONS[0]].open("/schools/01/morning")
    sheet = walk.file(window, "/morning.pdf")
    words = pdf_words(sheet.data)
    assert not [who.name for who in PEOPLE if who.name in words]
    return f"{said[0][:110]}…;打印 {sheet.evidence},姓名遮挡"


@shows("12-11T08:00", "三4 每天反馈", "/morning")
def the_county_sees_which_school_has_not_looked(walk: Walk) -> str:
    office = walk.office.open("/morning").see("1 所今天还没看")
    rows = office.page.locator("table.morning tbody tr").filter(has_text="未查看")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text(county.SCHOOLS[1])
    return f"{oneline(office.page.locator('.sub').first)};{oneline(rows)[-60:]}"


@shows("12-11T08:00", "三4 每天反馈", "/my-schools")
def the_officers_home_begins_with_the_own_schools_sheets(walk: Walk) -> str:
    officer = walk.people[county.OFFICERS[0]].open("/")
    rows = officer.page.locator("table.morning tbody tr")
    expect(rows).to_have_count(2)
    expect(officer.page.get_by_text(county.SCHOOLS[2])).to_have_count(0)
    return f"包联同志{county.OFFICERS[0]}:{oneline(rows.first)[:90]}…"


@shows("12-13T08:00", "三4 每天反馈", "/schools/{unit}/morning")
def the_next_sheet_names_who_need_not_be_visited(walk: Walk) -> str:
    for unit in ("02", "03"):
        look(walk, unit)
    window = walk.people[county.LIAISONS[1]].open("/schools/02/morning").see(PEOPLE[7].name)
    paid = oneline(window.page.locator("#paid"))
    missing = oneline(window.page.locator("#slips tbody tr").filter(has_text="第 1 批里缺"))
    promised = look(walk, "01")
    office = walk.office.open("/morning")
    expect(office.page.locator("table.morning tbody .chip.bad")).to_have_count(0)
    return (
        f"{paid[:80]};缺签收单 {missing};蒿坪镇中心校 {promised[:60]}…;{county_table(walk)[-30:]}"
    )


@shows("12-13", "三4 查明原因", "/schools/{unit}/review")
def an_explanation_that_says_too_little_comes_back_and_is_written_anew(walk: Walk) -> str:
    """The queue holds what needs a judgement; the phone shows what was returned on top."""
    who, reason, text = RETURNED
    unit, teacher = "02", county.TEACHERS[1]
    window = walk.people[county.LIAISONS[1]].open(f"/schools/{unit}/review")
    card = window.page.locator("section.card").filter(has_text=who.name).filter(has_text=text)
    card.locator("textarea").fill("请写清打算分几次、什么时候还。")
    with window.page.expect_navigation():
        card.get_by_role("button", name="退回", exact=True).click()
    window.look().see("已退回,老师同步后")
    walk.sync()
    phone = walk.phones[teacher]
    (line,) = phone.ask("outbox")["returned"]
    body: dict[str, Any] = {"reason": reason, "narrative": f"{text}打算年前、开春各还一半。"}
    body["handling"] = "repayment_relief"
    phone.ask("correct", fact=line["fact"], reason="按学校要求补充", kind="statement", body=body)
    walk.sync()
    assert phone.ask("outbox")["returned"] == []
    window.open(f"/schools/{unit}/review").see("打算年前、开春各还一半")
    said = oneline(
        window.page.locator("section.card")
        .filter(has_text="打算年前")
        .locator(".record-text")
        .first
    )
    comment = number(line["problem"]["zh"], r"(.+)")
    return f"退回“{comment}”,手机改正后:{said[-150:]}"


@shows("12-13", "三2 签收单上交", "/schools/{unit}/hand-in/{id}")
def the_missing_slip_comes_late_and_is_marked_so(walk: Walk) -> str:
    unit = county.ONE_MISSING
    school = walk.people[county.LIAISONS[UNITS.index(unit)]].open(f"/schools/{unit}/hand-in")
    school.page.locator("tr").filter(has_text="第 1 批未到").locator("[name=case]").check()
    school.press("放进下一批").press("送交中心")
    officer = walk.people[county.OFFICERS[UNITS.index(unit)]]
    officer.open(school.page.url.removeprefix(walk.url)).press("全部都在").press("收下这 1 张")
    late = officer.see("接收人").page.locator("dd").filter(has_text="迟交").first
    said = oneline(late)
    row = officer.open("/hand-in").page.locator("tbody tr").filter(has_text=county.SCHOOLS[1])
    return f"{said};{oneline(row)}"


@shows("12-13", "四4 督查", "/spot-checks/{id}")
def what_is_not_as_recorded_is_answered_and_closed(walk: Walk) -> str:
    """The officer of the area keys it, the school answers, the officer closes it."""
    officer = walk.people[county.OFFICERS[0]].open("/spot-checks")
    expect(officer.page.get_by_role("row").filter(has_text=county.SCHOOLS[2])).to_have_count(0)
    path = spot_check_of(officer, county.SCHOOLS[0])
    keyed_findings(officer.open(path), "1", "2", note="本人说当天没有老师来过。")
    school = walk.people[county.LIAISONS[0]].open("/schools/01/spot-checks").see("没有老师来过")
    answer = "当天在村口见的面，没有进家门，已补写。"
    school.page.locator("textarea[name=note]").fill(answer)
    school.press("交中心")
    officer.open(path).see(answer)
    officer.page.locator("input[id^=follow-]").fill("核过通话记录，属实，提醒写清地点。")
    officer.press("了结")
    card = oneline(officer.page.locator(".card[id^=p]").first)
    assert "已了结" in card, card
    return f"{oneline(officer.page.locator('.sub').first)};{card[:150]}…"


@shows("12-13", "四4 通报", "/bulletins/{id}")
def who_looks_after_an_area_reads_the_bulletin(walk: Walk) -> str:
    officer = walk.people[county.OFFICERS[0]].open(walk.kept["bulletin"])
    expect(officer.page.get_by_role("button", name="撤回这份通报")).to_have_count(0)
    return f"包联同志{county.OFFICERS[0]}:{oneline(officer.page.locator('.sub').first)}"


@shows("12-13", "四4 约谈", "/late-schools")
def who_looks_after_an_area_sees_the_own_late_schools(walk: Walk) -> str:
    officer = walk.people[county.OFFICERS[0]].open("/late-schools")
    named = officer.page.locator(".card h2")
    assert county.SCHOOLS[2] not in officer.words()
    return f"包联同志{county.OFFICERS[0]}看到 {'、'.join(oneline(one) for one in named.all())}"


@shows("12-13", "四4 督查", "/inspection")
def who_inspects_reads_the_log_and_the_bulletin(walk: Walk) -> str:
    """Read-only, and nobody's whole name."""
    window = walk.people["督查组"].open("/inspection")
    row = oneline(window.page.locator("[data-export=inspection_schools] tbody tr").first)
    seen = window.words() + window.open(walk.kept["bulletin"]).words()
    assert not [who.name for who in PEOPLE if who.name in seen]
    return f"督查组看到 {row};{oneline(window.page.locator('h1'))}"
