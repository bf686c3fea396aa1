"""The notice's first two phases, 11-18 to 12-01: the list, the people, the lists to schools, the notices, the slips."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from playwright.sync_api import expect

from tests.support import notice_county as county
from tests.support.browser.clauses import shows
from tests.support.browser.notice_walk import UNITS, Walk, amount, number, oneline, pdf_words
from tests.support.browser.office_window import OfficeWindow
from tests.support.browser.slip_scans import scanned_stack
from tests.support.browser.whole_season import confirm_every_page


def preview(walk: Walk, kind: str, path: Path) -> OfficeWindow:
    """Choose a kind and a file on the page of imports."""
    office = walk.office.open("/imports")
    office.page.locator(f"input[name=kind][value={kind}]").check(force=True)
    return office.choose(path).press("预览")


@shows("11-18", "附件4", "/policy")
def the_policy_is_read_and_confirmed(walk: Walk) -> str:
    """Before that the season does not open."""
    office = walk.office.open("/seasons")
    office.press("开始 2026 年度").see("待核对")
    confirm_every_page(office)
    office.open("/seasons").press("开始 2026 年度").see("2026 年度开始了")
    pages = office.open("/policy").links("/policy/pages/.*")
    return f"{len(pages)} 页逐页看过、确认;确认以前年度开始不了"


@shows("11-18", "日期:缺字", "/imports/{token}")
def a_date_that_lost_a_character_is_asked_for(walk: Walk) -> str:
    """Nothing is guessed from 1211日: not the day of the file, not the day of a payment."""
    office = preview(walk, "repayments", county.broken_dates(walk.folder))
    office.see("文件里看不出来").see("读不出日期:1211日")
    said = oneline(office.page.locator("tr").filter(has_text="1211日"))
    office.press("取消并删除上传的文件")
    return f"“{said}”;截止日要人写上,没有猜"


@shows("11-18", "日期:签收单", "/seasons/{year}")
def slips_are_due_before_delivery_ends(walk: Walk) -> str:
    office = walk.office.open("/seasons/2026")
    notices, slips = (
        office.page.locator(f"[name='{name}']").input_value()
        for name in ("phases.notice.last", "deadlines.slips")
    )
    assert slips < notices
    return f"签收单截止 {slips},送达结束 {notices}:两个日子分开设,各按各的提示"


@shows("11-18", "日期:走访", "/seasons/{year}")
def visits_end_before_the_due_day(walk: Walk) -> str:
    office = walk.office.open("/seasons/2026")
    visits, due = (
        office.page.locator(f"[name='{name}']").input_value()
        for name in ("phases.visit.last", "due_day")
    )
    assert visits < due
    file = tomllib.loads(office.download("/seasons/2026/file").decode())
    assert str(file["due_day"]) == due
    return f"走访结束 {visits},应还日 {due}:汇总时没到应还日,走访期间承诺的日子照记"


@shows("11-18", "三1 核对数据", "/imports/{token}")
def what_does_not_add_up_is_named_by_its_row(walk: Walk) -> str:
    office = preview(walk, "due-list", county.wrong_rows(walk.folder)).see("拒绝的行")
    rows = office.page.locator("tr").filter(has=office.page.locator("td"))
    said = [oneline(row) for row in rows.all()]
    found = [line for line in said if "提示" in line]
    assert len(found) >= 2, said
    office.press("取消并删除上传的文件")
    return ";".join(f"“{line}”" for line in found)


@shows("11-18", "三1 梳理系统", "/imports/history/{run}")
def a_list_of_the_wrong_day_is_taken_back_and_the_right_one_comes_in(walk: Walk) -> str:
    old = county.due_list(walk.folder, "应还名单-旧", county.OLD_LIST)
    office = preview(walk, "due-list", old).press("写入").see("写入完成")
    (undo,) = office.links("/imports/history/[^/]+/undo")
    office.open(undo).press("确定撤销").see("已撤销")
    right = county.due_list(walk.folder, "应还名单-20261118")
    office = preview(walk, "due-list", right).see("与现有名单相比").press("写入").see("写入完成")
    office.open("/imports/history").see("已撤销")
    office.open(office.links("/imports/history/[^/.]+")[0])
    people, total = number(office.words(), r"人数\s*(\d+)"), amount(office.words())
    digest = number(office.words(), r"SHA-256\s*([0-9a-f]{64})")
    return f"{people} 人 {total} 元;文件 {right.name},sha256 {digest[:12]}…;导错的一份已撤销"


@shows("11-19", "附件1", "/contacts")
def leaders_and_liaisons_are_reported(walk: Walk) -> str:
    office = preview(walk, "contacts", county.contacts(walk.folder)).press("写入").see("写入完成")
    office.open("/contacts").see("分管领导")
    table = office.page.locator("tbody tr")
    expect(table).to_have_count(len(county.SCHOOLS))
    for leader, liaison in zip(county.LEADERS, county.LIAISONS, strict=True):
        office.see(leader).see(liaison)
    return f"{table.count()} 所学校都报了;{oneline(office.page.locator('.sub').first)};如:{oneline(table.first)}"


@shows("11-19", "附件2", "/lists")
def the_table_of_areas_places_everybody(walk: Walk) -> str:
    for _ in range(2):  # the same file again changes nothing
        office = preview(walk, "areas", county.areas(walk.folder)).press("写入").see("写入完成")
    office.open("/unplaced").see("每个人都已归到学校")
    office.open("/lists")
    return ";".join(oneline(row) for row in office.page.locator("tbody tr").all())


@shows("11-19", "三1 分辖区名单", "/cases")
def the_list_stands_by_area(walk: Walk) -> str:
    office, counts = walk.office, []
    for unit, school in zip(UNITS, county.SCHOOLS, strict=True):
        office.open(f"/cases?unit={unit}")
        people = number(office.words(), r"\n(\d+) 人\n")
        counts.append(f"{school} {people} 人")
    file = walk.table(office.open("/cases"))
    return "、".join(counts) + f";全县一份 {file.evidence}"


@shows("11-19", "四2 领导小组", "/accounts")
def everybody_named_gets_an_own_account_by_a_slip(walk: Walk) -> str:
    """Liaisons of 附件1 and officers of 附件2, each with a link of the own to set a password."""
    office = walk.office.open("/accounts/proposals").press("照勾选的办").see("做好了 5 项")
    slips = walk.file(office, "/accounts/slips")
    words = pdf_words(slips.data)
    links = re.findall(r"账号 (\S+)\s+网址 \S+\s+激活码 (\S+)", words)
    assert {name for name, _ in links} == {*county.LIAISONS, *county.OFFICERS}
    for name, code in links:
        walk.activated(name, f"/activate/{code}")
    office.open("/accounts")
    for _, code in links:
        expect(office.page.get_by_text(code)).to_have_count(0)
    school = oneline(office.open("/contacts").page.locator("tbody tr").first)
    return f"{slips.evidence};{len(links)} 人各自设了密码;如:{school}"


@shows("11-20", "三1 名单下发", "/lists")
def each_school_gets_its_list_and_signs_for_it(walk: Walk) -> str:
    office = walk.office.open("/lists")
    file = walk.file(office, "/lists/all")
    for unit, school, liaison in zip(UNITS, county.SCHOOLS, county.LIAISONS, strict=True):
        walk.people[liaison].open(f"/schools/{unit}/lists").press("学校已看到").see("已确认")
        office.open("/lists").press(f"{school}的签收单收回了").see("已记下")
    office.open("/lists").see("3 所学校看到了现在的名单")
    return f"{file.evidence};{oneline(office.page.locator('tbody tr').first)}"


@shows("11-20", "三4 专人上门", "/schools/{unit}/phones")
def each_school_names_who_goes(walk: Walk) -> str:
    """Two schools with a phone, one on paper; everybody on the list has a teacher."""
    for unit, teacher in zip(UNITS, county.TEACHERS, strict=True):
        window = walk.people[county.LIAISONS[UNITS.index(unit)]]
        if teacher in county.WITH_PHONE:
            walk.enrolled(window, unit, teacher)
        else:
            both = f"{teacher}、{county.COLLEAGUE}"
            window.open(f"/schools/{unit}/teachers").fill(teacher=both).press("加上")
        window.open(f"/schools/{unit}").press("把未分配的 4 人平均分给各位老师")
        window.press("就这样分")
    got = {name: phone.ask("sync")["received"] for name, phone in walk.phones.items()}
    assert set(got.values()) == {4}
    window = walk.people[county.LIAISONS[0]].open("/schools/01/phones")
    row = oneline(window.page.locator("tr").filter(has_text=county.TEACHERS[0]).first)
    on_paper = walk.people[county.LIAISONS[2]].open("/schools/03/teachers").page.locator("tbody")
    return f"手机 {row};用纸的学校 {oneline(on_paper)[:60]}…"


@shows("11-26", "三2 填通知书", "/schools/{unit}/notices")
def the_notices_are_filled_in_from_the_list(walk: Walk) -> str:
    files = []
    for unit, liaison in zip(UNITS, county.LIAISONS, strict=True):
        window = walk.people[liaison].open(f"/schools/{unit}/notices")
        window.press("打印勾选的人").see("第 1 批")
        files.append(walk.file(window, "/notices.pdf"))
        files[-1].saved(walk.folder / f"通知书-{unit}.pdf")
        window.open(f"/schools/{unit}/notices")
    return ";".join(file.evidence for file in files)


@shows("11-26", "附件3", "/cases/{case}")
def each_notice_says_what_the_notice_wants(walk: Walk) -> str:
    words = pdf_words((walk.folder / "通知书-01.pdf").read_bytes())
    codes = walk.codes()
    assert re.search(r"2026\s*年\s*12\s*月\s*20\s*日", words)
    for wanted in ("1,200.50", "签收", county.LIAISONS[0]):
        assert wanted in words, wanted
    office = walk.open_case(walk.office, county.PEOPLE[0].name)
    printed = number(office.words(), r"(打印[^\n]*第 1 批[^\n]*|第 1 批[^\n]*)")
    return f"{codes[0]}:姓名、金额、应还日、联络员电话和签收单在一张纸上;记下“{printed.strip()}”"


@shows("11-26", "三2 一周内送达", "/schools/{unit}")
def notices_reach_people_within_the_week(walk: Walk) -> str:
    """By the phones on the way, handed in in the evening."""
    walk.deliver()
    office = walk.office.open("/schools/01")
    share = number(office.words(), r"通知书送达\s*([\d.]+%\s*\d+ / \d+)")
    return f"蒿坪镇中心校送达 {share}"


@shows("11-26", "三2 无论何种方式", "/cases/{case}")
def whoever_cannot_be_met_is_reached_by_message(walk: Walk) -> str:
    office = walk.open_case(walk.office, county.BY_MESSAGE.name)
    return oneline(office.page.locator(".history li").filter(has_text="送达").first)[:90]


@shows("11-29", "三2 签收", "/schools/{unit}/slips/people")
def signed_slips_are_scanned_in_a_pile_and_filed_by_their_codes(walk: Walk) -> str:
    said = []
    for unit, liaison in zip(UNITS, county.LIAISONS, strict=True):
        pile = walk.folder / f"签收单-{unit}.pdf"
        wanted = [county.PEOPLE.index(p) % 4 for p in county.SIGNED[unit]]
        pile.write_bytes(scanned_stack(walk.folder / f"通知书-{unit}.pdf", wanted, seed=int(unit)))
        window = walk.people[liaison].open(f"/schools/{unit}/slips").choose(pile)
        window.press("上传并归档").open(f"/schools/{unit}/slips/people")
        signed = window.page.locator("tbody tr").filter(has_text="有签字")
        expect(signed).to_have_count(len(wanted))
        said.append(f"{unit} 校 {len(wanted)} 张有签字")
    photo = walk.open_case(walk.office, county.PEOPLE[0].name).page.locator("#slips")
    walk.people[county.LIAISONS[0]].open("/schools/01/slips/people")
    return ";".join(said) + f";{oneline(photo)[:60]}"


@shows("11-29", "三2 无论何种方式", "/schools/{unit}/paper/slips")
def a_school_without_phones_keys_in_deliveries_from_the_scans(walk: Walk) -> str:
    window = walk.people[county.LIAISONS[2]].open("/schools/03/paper/slips")
    cells = {"day": "1127", "time": "930", "a-method": "1", "a-outcome": "1"}
    for _ in county.SIGNED["03"]:
        with window.page.expect_navigation():
            window.page.get_by_role("link", name="录送达").first.click()
        window.look().fill(teacher="1", **cells, **{"a-signer_relation": "1", "a-servers": "2"})
        window.press("保存(回车)").see("已记下")
    window.see("都有送达记录了")
    return f"{len(county.SIGNED['03'])} 张签收单录成送达记录;{oneline(window.page.locator('.say').first)[:80]}"


@shows("11-29", "三2 签收单上交", "/hand-in")
def slips_are_handed_to_the_officer_in_time(walk: Walk) -> str:
    receipts = []
    for unit, liaison in zip(UNITS, county.LIAISONS, strict=True):
        school = walk.people[liaison].open(f"/schools/{unit}/hand-in")
        school.press("放进下一批").press("送交中心")
        sheet = walk.file(school, "/sheet.pdf")
        officer = walk.people[county.OFFICERS[UNITS.index(unit)]]
        batch = school.page.url.removeprefix(walk.url)
        officer.open(batch).press("全部都在")
        here = len(county.SIGNED[unit])
        if unit == county.ONE_MISSING:
            officer.press("取消")
            here -= 1
        officer.press(f"收下这 {here} 张")
        receipts.append(walk.file(officer.see("接收人"), "/receipt.pdf"))
        assert sheet.data.startswith(b"%PDF")
    officer = walk.people[county.OFFICERS[0]].open("/hand-in")
    row = oneline(officer.page.locator("tbody tr").first)
    return f"{row};收据 {receipts[0].evidence}"


@shows("11-29", "三2 签收单上交", "/schools/{unit}/hand-in")
def a_slip_that_did_not_come_is_named(walk: Walk) -> str:
    """It stands on the sheet; at the desk it was not there."""
    unit = county.ONE_MISSING
    window = walk.people[county.LIAISONS[UNITS.index(unit)]].open(f"/schools/{unit}/hand-in")
    missing = window.page.locator("tbody tr").filter(has_text="第 1 批未到")
    expect(missing).to_have_count(1)
    return f"{oneline(window.page.locator('.say.warn').first)[:40]}…;{oneline(missing)}"
