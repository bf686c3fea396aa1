"""The last day, 12-18: person by person under the seal, to the centre, to province and bank."""

from __future__ import annotations

import io
import zipfile

from tests.support import notice_county as county
from tests.support.browser.clauses import shows
from tests.support.browser.notice_december import PEOPLE, accept_all, import_sums
from tests.support.browser.notice_walk import UNITS, Walk, number, oneline, pdf_words
from tests.support.foreign_seals import sealed_pdf
from tests.support.other_county import CENTRE

OPEN_ALL = "document.querySelectorAll('details').forEach(d => d.open = true)"

HAVE_PAID = [PEOPLE[n] for n in (0, 3, 4, 7, 8, 11)]


@shows("12-18T08:00", "三4 多次走访", "/cases/{case}")
def who_promised_was_visited_until_it_was_paid(walk: Walk) -> str:
    import_sums(walk, "12-17", HAVE_PAID)
    walk.sync()
    office = walk.open_case(walk.office, PEOPLE[0].name)
    visits = office.page.locator(".history li").filter(has_text="上门走访")
    said = [oneline(visit.locator(".when")) for visit in visits.all()]
    assert len(said) >= 2
    paid = number(office.words(), r"(截至 \S+ 已还 [\d,.]+ 元)")
    return f"走访 {len(said)} 次({';'.join(said)}),{paid}"


@shows("12-18T08:00", "三4 每天反馈", "/schools/{unit}/morning")
def the_last_mornings_sheet_counts_who_is_left(walk: Walk) -> str:
    window = walk.people[county.LIAISONS[0]].open("/schools/01/morning")
    window.see(PEOPLE[1].name)
    return oneline(window.page.locator("ul.tally"))


@shows("12-18", "三4 逐人说明盖章", "/schools/{unit}/summary")
def each_school_explains_person_by_person_under_its_stamp(walk: Walk) -> str:
    accept_all(walk)
    files = []
    by_stamp = list(zip(UNITS, county.SCHOOLS, strict=True))[:2]
    for n, (unit, school) in enumerate(by_stamp):
        window, path = walk.people[county.LIAISONS[n]], f"/schools/{unit}/summary"
        window.open(path).press("检查并生成").see("打印、签字、盖章")
        walk.printed_stamped_sealed(window, path, school, seed=10 + n)
        files.append(walk.link(window, window.links(".*/files/summary.pdf")[0]))
        window.press("上报").see("已上报")
    (walk.folder / "封存件-01.pdf").write_bytes(files[0].data)
    words = pdf_words(files[0].data)
    for who, text in ((PEOPLE[1], "今年收成不好"), (PEOPLE[2], "做了手术")):
        assert who.name in words
        assert text in "".join(words.split())
    return ";".join(file.evidence for file in files)


@shows("12-18", "三4 逐人说明盖章", "/schools/{unit}/summary")
def a_school_with_an_electronic_seal_gives_the_sealed_file(walk: Walk) -> str:
    """In place of stamp and scan; the seal is an invented one of a test authority."""
    window, path = walk.people[county.LIAISONS[2]], "/schools/03/summary"
    window.open(path).press("检查并生成").see("打印、签字、盖章")
    printed = walk.file(window.open(path), "/print")
    sealed = sealed_pdf(printed.data, name=f"{county.SCHOOLS[2]}（样章）")
    file = walk.folder / "电子公章-03.pdf"
    file.write_bytes(sealed)
    window.open(path).page.evaluate(OPEN_ALL)
    kind = window.page.locator("input[name=kind][value=elsewhere]")
    form = window.page.locator("form").filter(has=kind)
    form.locator("input[type=file]").set_input_files(str(file))
    form.locator("[name=seen]").check()
    window.press("上传并核对").see("电子公章文件可以附上封存")
    seal = oneline(window.page.locator("tbody tr").filter(has_text="样章").first)
    window.press("封存").see("已封存")
    stands_on = oneline(window.page.locator("p:has(.seal-mark)").first)
    whole = walk.link(window, window.links(".*/files/summary.pdf")[0])
    window.press("上报").see("已上报")
    return f"{seal};{stands_on};{whole.evidence}"


@shows("12-18", "三4 报中心", "/schools/{unit}/summary/{id}/receipt")
def the_centre_accepts_and_signs_a_receipt(walk: Walk) -> str:
    receipts = []
    for n, unit in enumerate(UNITS):
        officer = walk.people[county.OFFICERS[n]].open(f"/schools/{unit}/summary")
        officer.press("接收")
        (path,) = officer.links(".*/receipt")
        school = walk.people[county.LIAISONS[n]].open(path)
        receipts.append(walk.link(school, f"{path}/file"))
    return ";".join(receipt.evidence for receipt in receipts)


@shows("12-18", "三4 报中心", "/schools/{unit}/summary")
def the_officer_records_the_stamped_paper(walk: Walk) -> str:
    """One school's is here, the other's is still to come."""
    officer = walk.people[county.OFFICERS[0]].open("/schools/01/summary")
    card = officer.page.locator(".card.original")
    pages = number(oneline(card), r"打印稿共 (\d+) 页")
    officer.fill(pages=pages).press("原件已收").see("已登记")
    said = oneline(officer.page.locator(".card.original"))
    other = oneline(officer.open("/schools/02/summary").page.locator(".card.original h2 + *"))
    return f"{said[:60]};{county.SCHOOLS[1]} {other}"


@shows("12-18", "三4 汇总上报", "/bundles")
def province_and_bank_get_their_bundles(walk: Walk) -> str:
    office = walk.office.open("/county").press("全部汇总")
    others = office.links(r"/county\?to=.*")
    for n, path in enumerate(("/county", *others)):
        walk.printed_stamped_sealed(office, path, CENTRE, seed=30 + n)
        office.press("上报").see("已上报")
    said = []
    office.open("/bundles")
    makes = office.page.get_by_role("button", name="做材料包", exact=True)
    for _ in range(makes.count()):
        office.press("做材料包").open("/bundles")
    for form in office.page.locator("form[action$='/download']").all():
        action = form.get_attribute("action") or ""
        file = walk.file(office, action)
        with zipfile.ZipFile(io.BytesIO(file.data)) as folder:
            names = folder.namelist()
        assert any("00 说明.pdf" in name for name in names), names
        said.append(f"{file.evidence},{len(names)} 个文件")
    assert len(said) == 2
    return ";".join(said)


@shows("12-18", "三4 汇总上报", "/check")
def anybody_checks_what_came(walk: Walk) -> str:
    window = walk.window().open("/check").choose(walk.folder / "封存件-01.pdf")
    window.press("核验").see("文件完好")
    return oneline(window.page.locator(".verdict"))[:80]


@shows("12-18", "四2 长效机制", "/seasons/new")
def the_next_year_begins_with_the_same_schools_and_people(walk: Walk) -> str:
    office = walk.office.open("/seasons/new").see("会带过来")
    return number(office.words(), r"(会带过来[^\n]*)")
