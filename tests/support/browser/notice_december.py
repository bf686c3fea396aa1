"""The notice's third and fourth phases, 12-02 to 12-18: repayments, visits, reasons, and what the demands add."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import expect

from tests.support import notice_county as county
from tests.support.browser.clauses import shows
from tests.support.browser.notice_november import preview
from tests.support.browser.notice_walk import UNITS, Walk, number, oneline, pdf_words
from tests.support.browser.office_window import OfficeWindow
from tests.support.other_county import CENTRE as CENTRE_NAME
from tests.support.other_county import Borrower

PEOPLE = county.PEOPLE


def _import_payments(walk: Walk, name: str, day: str, who: Borrower, by: str) -> str:
    """A file with a line a payment; its kind and its day are said where the file does not say them."""
    file = county.payments(walk.folder, name, [(who, day, by)])
    office = preview(walk, "repayments", file)
    office.page.locator("label").filter(has_text="逐笔还款").first.click()
    office.page.locator("input[type=checkbox][name=as_of]").check(force=True)
    office.press("写入").see("这样算").press("写入")  # another kind than proposed: shown once more
    return oneline(office.see("写入完成").page.locator(".say").first)


def import_sums(walk: Walk, day: str, paid: list[Borrower]) -> str:
    """The bank's sums until a day."""
    rows = [(who, "1000.00", "200.50", f"2026-{day}") for who in paid]
    file = county.repaid(walk.folder, f"还款情况-{day}", f"2026-{day}", rows)
    office = preview(walk, "repayments", file).press("写入").see("写入完成")
    return oneline(office.page.locator(".say").first)


@shows("11-20", "四1 宣传", "/publicity")
def a_leaflet_and_a_message_name_nobody(walk: Walk) -> str:
    window = walk.people[county.LIAISONS[0]].open("/publicity")
    leaflet = walk.file(window, "/leaflet.pdf")
    short = window.page.locator("#short").input_value()
    for words in (pdf_words(leaflet.data), short):
        assert not [who.name for who in PEOPLE if who.name in words]
    return f"宣传单 {leaflet.evidence};群发文字 {len(short)} 字:“{short[:24]}…”"


@shows("11-20", "四1 教师会议", "/publicity")
def a_text_to_read_at_the_meeting(walk: Walk) -> str:
    window = walk.people[county.LIAISONS[1]].open("/publicity")
    expect(window.page.locator("#long")).to_have_value(re.compile("12月20日"))
    long = window.page.locator("#long").input_value()
    return f"会上念的文字 {len(long)} 字,写着应还日 12月20日"


@shows("11-20", "四3 文明用语", "/policy")
def teachers_have_words_for_the_door(walk: Walk) -> str:
    """The office's pages, and what a phone has of them offline."""
    phone = walk.phones[county.TEACHERS[0]]
    scripts = [page for page in phone.ask("policy") if page["section"] == "script"]
    walk.office.open("/policy").see(scripts[0]["title_zh"])
    return f"手机上离线也有 {len(scripts)} 页上门用语,如“{scripts[0]['zh'][0]}”"


@shows("12-03", "三3 按程序收缴", "/imports/{token}")
def payments_come_from_bank_province_and_alipay(walk: Walk) -> str:
    said = [import_sums(walk, "12-02", [PEOPLE[11]])]
    said.append(_import_payments(walk, "支付宝还款", "12-03", PEOPLE[3], "支付宝"))
    said.append(_import_payments(walk, "省级代扣", "12-03", PEOPLE[8], "省级代扣"))
    return "银行、支付宝、省级代扣各一份;" + ";".join(said)


@shows("12-03", "三3 随时掌握", "/")
def the_overview_counts_who_has_repaid(walk: Walk) -> str:
    office = walk.office.open("/")
    paid = number(office.words(), r"已还清\s*([\d.]+%\s*3 / 12)")
    return f"已还清 {paid};各校表 {walk.table(office).evidence}"


@shows("12-03", "三3 解释政策", "/policy/pages/{key}")
def questions_have_an_answer_from_the_policy(walk: Walk) -> str:
    office = walk.office.open("/policy")
    pages = office.links("/policy/pages/.*")
    office.open(pages[0])
    titles = [page["title_zh"] for page in walk.phones[county.TEACHERS[0]].ask("policy")]
    title = oneline(office.page.locator("h1"))
    return f"{len(pages)} 页,第一页“{title}”;手机上同样 {len(titles)} 页"


VISITS_1211: tuple[tuple[Borrower, dict[str, Any]], ...] = (
    (PEOPLE[0], {"met": "self", "outcome": "promised", "promise_date": "2026-12-13"}),
    (PEOPLE[1], {"met": "self", "outcome": "hardship"}),
    (PEOPLE[2], {"met": "family", "outcome": "illness"}),
    (PEOPLE[4], {"met": "self", "outcome": "promised", "promise_date": "2026-12-16"}),
    (PEOPLE[5], {"met": "self", "outcome": "dispute"}),
    (PEOPLE[6], {"met": "nobody", "outcome": "not_home"}),
    (PEOPLE[7], {"met": "self", "outcome": "promised", "promise_date": "2026-12-13"}),
)
REASONS = (
    (PEOPLE[1], "hardship", "家中两位老人常年吃药，今年收成不好，想缓一缓。"),
    (PEOPLE[2], "illness", "本人今年做了手术，还在恢复，暂时不能上班。"),
    (PEOPLE[5], "dispute", "本人认为一份合同已提前还清，请县中心帮助核对。"),
    (PEOPLE[6], "hardship", "父亲在外打零工，眼下凑不齐，愿意分几次还。"),
)
PAPER_REASONS = (
    (PEOPLE[9], "家中老人住院，今年先还利息。"),
    (PEOPLE[10], "本人待业，已经找到活，开春还清。"),
)


def _teacher(who: Borrower) -> str:
    return county.TEACHERS[county.SCHOOLS.index(who.school)]


def accept_all(walk: Walk) -> int:
    """Every liaison accepts what waits for a judgement: together, then one by one what must be seen alone."""
    count = 0
    for unit, liaison in zip(UNITS, county.LIAISONS, strict=True):
        path = f"/schools/{unit}/review"
        window = walk.people[liaison].open(path)
        if (together := window.page.locator("#together .main-act")).count():
            for tick in window.page.locator("#together [name=flagged]").all():
                tick.check()
            with window.page.expect_navigation():
                together.click()
            count += int(number(window.look().words(), r"一起通过了 (\d+) 条"))
            window.open(path)
        for _ in range(window.page.get_by_role("button", name="通过", exact=True).count()):
            window.press("通过")
            count += 1
        window.open(path).see("没有等您复核的记录")
    return count


@shows("12-11T08:00", "三4 每天反馈", "/schools/{unit}")
def the_school_sees_this_mornings_repayments(walk: Walk) -> str:
    import_sums(walk, "12-10", [PEOPLE[11], PEOPLE[3], PEOPLE[8]])
    walk.sync()
    today = walk.phones[county.TEACHERS[0]].ask("today")
    window = walk.people[county.LIAISONS[0]].open("/schools/01")
    paid = number(window.words(), r"已还清\s*([\d.]+%\s*\d+ / \d+)")
    return f"联络员看到已还清 {paid};手机上截至 {today['list_as_of']},已还清 {today['paid']} 人"


@shows("12-11", "三4 专人上门", "/schools/{unit}/review")
def the_named_teachers_visit_and_hand_in(walk: Walk) -> str:
    for n, (who, body) in enumerate(VISITS_1211):
        visitors = [_teacher(who), county.COLLEAGUE]
        walk.record(_teacher(who), who, "visit", f"12-11T{9 + n:02}:10", visitors=visitors, **body)
    walk.sync()
    accepted = accept_all(walk)
    window = walk.people[county.LIAISONS[0]].open("/schools/01/review?show=received&kind=visit")
    visits = window.page.locator("section.card")
    said = oneline(visits.first.locator(".record-text"))[:70]
    tabs = oneline(window.page.locator(".tabs").first)
    return (
        f"01 校收到走访 {visits.count()} 次,如“{said}…”;{tabs[:40]};三校要判断的通过 {accepted} 条"
    )


@shows("12-13T08:00", "三4 每天反馈", "/cases")
def the_next_file_takes_who_has_paid_off_the_phones(walk: Walk) -> str:
    before = len(walk.phones[county.TEACHERS[1]].ask("cases"))
    said = import_sums(walk, "12-12", [PEOPLE[11], PEOPLE[3], PEOPLE[8], PEOPLE[7]])
    walk.sync()
    today = walk.phones[county.TEACHERS[1]].ask("today")
    rows = walk.office.open("/cases?show=paid").page.locator("tbody tr")
    expect(rows).to_have_count(4)
    first = oneline(rows.filter(has_text=PEOPLE[7].name))
    return f"{said};沙河镇中心校手机 {before} 人中已还清 {today['paid']} 人;{first[:60]}…"


@shows("12-13", "三4 查明原因", "/cases/{case}")
def the_reason_is_found_and_written_down(walk: Walk) -> str:
    again: dict[str, Any] = {"met": "family", "outcome": "hardship"}
    who = PEOPLE[6]
    visitors = [_teacher(who), county.COLLEAGUE]
    walk.record(_teacher(who), who, "visit", "12-13T10:20", visitors=visitors, **again)
    for who, reason, text in REASONS:
        body: dict[str, Any] = {"reason": reason, "narrative": text, "handling": "repayment_relief"}
        walk.record(_teacher(who), who, "statement", "12-13T11:40", **body)
    second: dict[str, Any] = {"met": "self", "outcome": "promised", "promise_date": "2026-12-16"}
    who = PEOPLE[0]
    visitors = [_teacher(who), county.COLLEAGUE]
    walk.record(_teacher(who), who, "visit", "12-13T15:50", visitors=visitors, **second)
    walk.sync()
    office = walk.open_case(walk.office, REASONS[0][0].name).see(REASONS[0][2])
    return oneline(office.page.locator(".history li").filter(has_text="情况说明").first)[:100]


@shows("12-13", "三4 专人上门", "/schools/{unit}/paper")
def a_school_without_phones_keys_in_its_sheets(walk: Walk) -> str:
    window = walk.people[county.LIAISONS[2]]
    for who, text in PAPER_REASONS:
        code = number(walk.open_case(window, who.name).words(), r"(03-\d{4}-\w)")
        visit = {"teacher": "1", "day": "1212", "time": "930", "a-met": "1", "a-outcome": "15"}
        walk.keyed(window, "03", code, "2", **visit)
        walk.keyed(
            window,
            "03",
            code,
            "5",
            **{"day": "1212", "a-reason": "15", "a-handling": "3", "a-narrative": text},
        )
    last = window.open("/schools/03/paper")
    return oneline(last.page.locator("main"))[-120:]


@shows("12-13", "四4 通报", "/bulletins/{id}")
def delivery_and_repayment_are_made_known_to_all_schools(walk: Walk) -> str:
    office = walk.office.open("/bulletins").press("按这些数字定稿")
    path = office.see("已定稿").open("/bulletins").links("/bulletins/[^/]+")[0]
    walk.kept["bulletin"] = path
    walk.printed_stamped_sealed(office, path, CENTRE_NAME, seed=3)
    sealed = walk.link(office, office.links(".*/files/summary.pdf")[0])
    words = pdf_words(sealed.data)
    assert not [who.name for who in PEOPLE if who.name in words]
    return f"{oneline(office.page.locator('h1'))},{sealed.evidence},没有任何人的姓名"


@shows("12-13", "四4 年终考核", "/inspection")
def the_figures_of_each_school_are_kept_for_the_years_end(walk: Walk) -> str:
    office = walk.office.open(walk.kept["bulletin"])
    frozen = walk.link(office, office.links(".*/files/frozen.xlsx")[0])
    log = walk.table(office.open("/inspection"))
    return f"通报数字 {frozen.evidence};督查台账各校 {log.evidence}"


def spot_check_of(window: OfficeWindow, school: str) -> str:
    """Where the spot check of a school stands, from the list of them."""
    row = window.page.locator("tbody tr").filter(has_text=school).first
    return row.locator("a[href^='/spot-checks/']").first.get_attribute("href") or ""


def keyed_findings(window: OfficeWindow, *digits: str, note: str = "") -> OfficeWindow:
    """The sheet's findings by its order; `note` stands beside the last."""
    window.fill(inspectors="督查一组", seen_on="2026-12-13")
    verdicts = window.page.locator("input[name^=verdict-]")
    expect(verdicts).to_have_count(len(digits))
    for n, digit in enumerate(digits):
        verdicts.nth(n).fill(digit)
    window.page.locator("input[name^=note-]").last.fill(note)
    return window.press("保存")


@shows("12-13", "四4 督查", "/spot-checks/{id}")
def a_sample_is_drawn_visited_and_keyed_in(walk: Walk) -> str:
    office = walk.office.open("/spot-checks").fill(size="2").press("抽取")
    path = spot_check_of(office.open("/spot-checks"), county.SCHOOLS[2])
    sheet = walk.file(office.open(path), "/sheet.pdf")
    keyed_findings(office.open(path), "1", "1")
    return f"督查表 {sheet.evidence};{oneline(office.page.locator('.sub').first)}"


@shows("12-13", "四4 约谈", "/late-schools")
def the_head_of_a_late_school_is_called_in(walk: Walk) -> str:
    office = walk.office.open("/seasons/2026")
    office.page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    fields = {"late.repaid_percent": "50", "late.repaid_by": "2026-12-12"}  # which has passed
    office.see("已经过去的,必须写").fill(**fields, reason="定约谈的线").press("保存").see("已保存")
    office.open("/late-schools").press("约谈").fill(day="2026-12-14").press("定日期")
    office.page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    talk = {"with_whom": "副校长田某", "agreed": "本周走完,12月18日前报汇总。"}
    office.fill(held_on="2026-12-13", **talk).press("记下")
    printed = walk.file(office.open("/late-schools"), "/list.pdf")
    card = office.page.locator(".card").filter(has_text="副校长田某").first
    said = oneline(card)
    talk_of = number(said, r"(\d+月\d+日已谈.*?汇总。)")
    return f"{said[:60]}…{talk_of};一览 {printed.evidence}"


@shows("12-13", "四3 保护隐私", "/audit")
def a_look_at_a_whole_id_number_is_on_record(walk: Walk) -> str:
    window = walk.open_case(walk.people[county.LIAISONS[0]], PEOPLE[1].name)
    expect(window.page.get_by_text(PEOPLE[1].id_number)).to_have_count(0)
    window.page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    window.page.locator("#purpose").select_option(index=1)
    with window.page.expect_navigation():
        window.page.locator("form[action$='/id-number'] button").click()
    window.look().see(PEOPLE[1].id_number)
    office = walk.office.open("/audit")
    line = oneline(office.page.locator("tbody tr").filter(has_text="身份证").first)
    assert county.LIAISONS[0] in line, line
    return f"操作记录:{line}"


@shows("12-13", "四3 只看遮挡", "/cases")
def who_inspects_the_county_reads_masked(walk: Walk) -> str:
    office = walk.office.open("/accounts")
    office.page.locator("#name").fill("ducha")
    office.page.locator("#shown").fill("督查组")
    office.page.locator("#role").select_option("auditor")
    office.press("保存").press("人就在旁边:显示链接")
    (link,) = office.links("/activate/.*")
    window = walk.activated("督查组", link).open("/cases").see("12 人")
    seen = window.words()
    leaked = [w for p in PEOPLE for w in (p.name, p.id_number) if w in seen]
    assert not leaked, leaked
    return f"督查组看到 12 人,没有一个完整姓名;如“{oneline(window.page.locator('tbody tr').first)[:40]}”"
