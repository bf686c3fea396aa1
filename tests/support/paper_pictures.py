"""`make paper`: one picture of every kind of page into docs/paper/, to be looked at before a change is merged."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import msgspec
import pypdfium2
from PIL import Image, ImageOps

from shared import recipients
from shared.assets import FONTS
from shared.cases import Case, Person, Repaid
from shared.lifecycle import stand
from shared.morning import CHASES, FIGURES
from shared.records.registry import KINDS
from sync_server.paperwork import account_slips
from sync_server.paperwork.bundle_note import About, render_note, render_register
from sync_server.paperwork.case_list import ListLine
from sync_server.paperwork.late_schools import render_late_schools
from sync_server.paperwork.leaflet import render_leaflet
from sync_server.paperwork.list_cover import Cover, group
from sync_server.paperwork.morning import Section, SheetView, render_morning
from sync_server.paperwork.notice_cover import render_cover
from sync_server.paperwork.notices import render_notices
from sync_server.paperwork.record_sheets import render_record_sheets
from sync_server.paperwork.school_list import render_school_list
from sync_server.paperwork.sheets import render_signing_sheets, render_statement_sheet
from sync_server.paperwork.slip_papers import BatchPaper, Slip, render_receipt, render_sheet
from sync_server.paperwork.spot_check import render_spot_check
from sync_server.sample.season import season_2019
from sync_server.sealing import seal
from sync_server.sealing.bundle_contents import (
    CONTENTS,
    HOW,
    LIST_WORDS,
    NOTE,
    REPORT,
    ROOT,
    SCHOOLS,
    WHAT_WORDS,
    WHY_WORDS,
    WORKBOOK,
)
from sync_server.sealing.making.compose import compose
from sync_server.sealing.making.label import label_pdf
from sync_server.sealing.making.recipients import for_recipient
from sync_server.sealing.summary import Contact
from tests.support.bulletins import bulletin_of, late_lines
from tests.support.seal_samples import NOW, inputs
from tests.support.spot_checks import pages_of, sheet_of
from tests.support.summary_trees import county_of

DEST = Path(__file__).resolve().parents[2] / "docs" / "paper"
DPI, LABEL_DPI = 75, 300
DAY = date(2019, 11, 25)

Picture = tuple[str, str, bytes, int]
"""File name, what it shows, the PDF, which of its pages."""


def _summaries() -> Iterator[Picture]:
    given = inputs(40, 6)
    season = msgspec.structs.replace(given.season, stamp_each_statement=True)
    contact = Contact(name="赵联络员", phone="0900-1234567")
    made = compose(
        msgspec.structs.replace(
            given, season=season, contact=contact, report_no="柳中校〔2019〕3号", demo=True
        )
    )
    printed = seal.print_summary(made, FONTS)
    pdf = printed.rendered.pdf
    first = next(a.page for a in printed.expected.stamp_areas if a.ref)
    yield "school-letter", "校报告首页：签字、盖章", pdf, 1
    yield "school-table", "附件1 催收情况汇总表", pdf, 2
    yield "school-statements", "附件2 特殊情况逐人说明（逐人盖章）", pdf, first
    centre, fen = "青槐县学生资助管理中心", 1_234_567_890
    county = county_of(centre, units=12, special=9, amount_fen=fen, person="欧阳*")
    head = msgspec.structs.replace(
        county.letterhead,
        sent_to="省学生资助管理中心、国家开发银行省分行",
        copied_to="县教育局、县财政局",
        copies=12,
    )
    numbered = msgspec.structs.replace(county, letterhead=head, report_no="青资助〔2019〕7号")
    report = seal.print_summary(numbered, FONTS).rendered
    yield "county-letter", "县报告首页", report.pdf, 1
    yield "county-table", "附件1 各单位情况汇总表", report.pdf, 2
    yield "county-special", "附件2 特殊情况人员一览", report.pdf, report.pages - 1
    yield "county-last", "县报告末页：例外事项、版记", report.pdf, report.pages
    told = ("父亲重病住院，母亲务农，家中无其他收入。", "与本人通过电话，答应明年一月起还。" * 90)
    special = tuple(
        msgspec.structs.replace(
            one,
            id_number="**************0011",
            reason_words="重大疾病",
            narrative=told[n % 2],
        )
        for n, one in enumerate(numbered.special)
    )
    whole = msgspec.structs.replace(numbered, special=special)
    for key, recipient in zip(("province", "bank"), recipients.DEFAULTS, strict=True):
        made = for_recipient(whole, recipient, recipients.DEFAULTS)
        report = seal.print_summary(made, FONTS).rendered
        at = 4 if key == "bank" else 5
        yield f"county-{key}", f"报{recipient.name}的一页", report.pdf, at


def _with_many_contracts(case: Case) -> Case:
    one = case.contracts[0]
    many = tuple(msgspec.structs.replace(one, contract_no=f"6105992013{n:05d}") for n in range(14))
    return msgspec.structs.replace(case, contracts=many, co_borrower=Person(name="欧阳建国"))


def _supervision() -> Iterator[Picture]:
    printed = seal.print_summary(bulletin_of(24), FONTS).rendered
    yield "bulletin-letter", "通报首页：文号、主送、盖章", printed.pdf, 1
    yield "bulletin-table", "通报附件：各单位送达、还款、走访情况表", printed.pdf, 2
    yield "bulletin-last", "通报末页：版记", printed.pdf, printed.pages
    late = render_late_schools(late_lines(), season_2019(), DAY, FONTS, demo=True)
    yield "late-schools", "约谈单位一览", late, 1
    sheet = render_spot_check(sheet_of(), season_2019(), FONTS, demo=True)
    yield "spot-check", "督查表：问什么、记了什么、勾哪一个", sheet, 1
    yield "spot-check-again", "督查表末页：名单和重新抽的十行程序", sheet, pages_of(sheet)


def _morning() -> Iterator[Picture]:
    people = tuple(
        (f"01-{n:04d}-0", "张*", f"第{n % 5}村", *last)
        for n, last in enumerate(
            [("承诺还款", "12-10", "今天"), ("承诺还款", "12-09", "已过 12-11")]
            + [("无人在家", "12-11", ""), ("特殊情况", "12-11", ""), ("–", "", "")] * 4
        )
    )
    paid = (("01-0031-0", "李*", "王老师", "手机还没同步，请打电话"),)
    columns = ("编号", "姓名", "村、社区", "上次结果", "上次走访", "答应哪天还")
    sheet = SheetView(
        school="柳泉镇中心校",
        sub="12月11日早上以来 · 还款情况截至12月12日",
        first=CHASES[0].words.zh.format(n=1),
        more=(CHASES[1].words.zh.format(n=1),),
        figures=tuple((label.zh, n) for n, label in enumerate(FIGURES.values())),
        sections=(
            Section(
                title="昨早以来还清，不用再去",
                count=1,
                columns=("编号", "姓名", "老师", "老师的手机"),
                rows=paid,
            ),
            Section(
                title="未还清 · 王老师",
                count=len(people),
                columns=columns,
                rows=people,
                note="今天答应还 1 人，日子已过 1 人，无任何记录 4 人",
            ),
        ),
    )
    pdf = render_morning([sheet], season_2019(), NOW, FONTS)
    yield "morning-sheet", "今日清单（姓名遮挡）", pdf, 1


def _sheets() -> Iterator[Picture]:
    given = inputs(14, 0)
    season, school, phone = given.season, given.school.name, "0900-1234567"
    for name, words, case, page in (
        ("notice", "附件3 还款通知书和签收单", given.cases[0], 1),
        ("notice-annex", "附件3 附页（合同多的）", _with_many_contracts(given.cases[0]), 2),
    ):
        pdf = render_notices((case,), season, school, DAY, FONTS, school_phone=phone)
        yield name, words, pdf, page
    again = {given.cases[0].id: 2}
    pdf = render_notices(
        given.cases[:1],
        season,
        school,
        DAY,
        FONTS,
        school_phone=phone,
        school_contact="联络员王建国",
        prints=again,
    )
    yield "notice-reprint", "附件3 补打的通知书", pdf, 1
    villages = [
        msgspec.structs.replace(c, village=f"杨树{n // 4}村") for n, c in enumerate(given.cases)
    ]
    pdf = render_cover(villages, season, school, DAY, FONTS, number=3, whom="王老师", prints=again)
    yield "notice-cover", "一批通知书的送达清单", pdf, 1
    yield "statement-sheet", "空白情况说明", render_statement_sheet(season, school, DAY, FONTS), 1
    cases = [msgspec.structs.replace(c, village="杨树村") for c in given.cases]
    pdf = render_signing_sheets(cases, season, school, DAY, FONTS)
    yield "signing-sheet", "各村签收表", pdf, 1
    for kind in (KINDS["visit"], KINDS["statement"]):
        pdf = render_record_sheets([kind], given.cases[:1], season, school, DAY, FONTS)
        yield f"record-{kind.name}", f"记录表：{kind.label.zh}", pdf, 1
    yield from _school_list(cases)
    slips = tuple(
        Slip(line=n, code=c.code, name=c.borrower.name, on_sheet=n < 14, received=n not in (4, 9))
        for n, c in enumerate(given.cases, start=1)
    )
    batch = BatchPaper(
        unit=school,
        number=2,
        slips=slips,
        received_on="2019-12-03",
        given_by="赵联络员",
        received_by="钱包联",
        late=True,
        receipts=1,
    )
    yield "slip-sheet", "签收单交接单", render_sheet(batch, season, DAY, FONTS), 1
    yield "slip-receipt", "签收单收据", render_receipt(batch, season, DAY, FONTS), 1
    yield "account-slips", "账号激活单", _account_slips(season.letterhead.centre, school), 1
    yield "label", "系统签名的标签", label_pdf(school, NOW, FONTS), 1


def _account_slips(centre: str, school: str) -> bytes:
    code, place = "abcd-efgh-jkmn-pqrs-tuvw", "https://zizhu.example/activate"
    slips = [
        account_slips.Slip(
            person=person,
            role=role,
            schools=(school,) * schools,
            sign_in=person,
            address=place,
            code=code,
            url=f"{place}/{code}",
            expires_at="2019-12-09T09:00:00+08:00",
        )
        for person, role, schools in (("赵联络员", "liaison", 1), ("钱包联", "officer", 5))
    ]
    return account_slips.render(slips, centre, DAY, FONTS, shortest=8)


def _made_known() -> Iterator[Picture]:
    """The leaflet, and what explains a bundle."""
    season = inputs(14, 0).season
    yield "leaflet", "政策宣传单", render_leaflet(season, FONTS, demo=True), 1
    about = About(
        name="2019年青槐县学生资助管理中心报国家开发银行 第1版",
        unit="青槐县学生资助管理中心",
        phone="0900-0000000",
        recipient="国家开发银行",
        season=season.id,
        document="610599-2019.BANK 第1版",
        cut_off="2019-12-18T17:00:00+08:00",
        sealed_at=NOW.isoformat(),
        demo=True,
        fingerprint="5e" * 32,
        check_url="https://zizhu.example/check",
        missing=(),
    )
    files = [
        (NOTE, WHAT_WORDS["note"]),
        (REPORT, WHAT_WORDS["report"]),
        (WORKBOOK, WHAT_WORDS["workbook"]),
        (f"{SCHOOLS}/", "各校封存件的登记；封存件不在本包，原因写在里面"),
        (ROOT, WHAT_WORDS["root"]),
        (HOW, WHAT_WORDS["how"]),
        (CONTENTS, LIST_WORDS),
    ]
    yield "bundle-note", "上报材料包的说明", render_note(about, files, (), (), FONTS), 1
    schools = ("青槐县柳林镇中心校", "青槐县石桥镇中心校")
    rows = [
        (name, f"610599-2019-{n} 第1版", f"{n}c" * 32, "不在本包") for n, name in enumerate(schools)
    ]
    pdf = render_register(about, rows, WHY_WORDS["right"], FONTS)
    yield "bundle-register", "各校封存件登记", pdf, 1


def _school_list(cases: list[Case]) -> Iterator[Picture]:
    given = inputs(14, 0)
    lines = [
        ListLine(case=case, standing=stand(case, [], Repaid(), {}, given.season), teacher=teacher)
        for case, teacher in zip(cases, ("赵老师", "欧阳老师") * len(cases), strict=False)
    ]
    pairs = [(line, line.case.total_fen) for line in lines]
    cover = Cover(
        school=given.school.name,
        officer="周包联",
        version=1,
        digest="5" * 64,
        import_at="2019-11-19T02:00:00Z",
        made_on=DAY.isoformat(),
        people=len(lines),
        due_fen=sum(fen for _, fen in pairs),
        villages=group([(line.case.village, fen) for line, fen in pairs], ""),
        teachers=group([(line.teacher, fen) for line, fen in pairs], ""),
    )
    pdf = render_school_list(lines, cover, given.season, "village", FONTS)
    yield "school-list-receipt", "学校名单的签收单", pdf, 1
    yield "school-list", "学校名单（遮挡）", pdf, 2


def picture_of(pdf: bytes, page: int, dpi: int) -> Image.Image:
    """One page on a grey edge."""
    document = pypdfium2.PdfDocument(io.BytesIO(pdf))
    try:
        drawn = document[page - 1].render(scale=dpi / 72).to_pil().convert("RGB")
    finally:
        document.close()
    return ImageOps.expand(drawn, 2, (190, 190, 190))


HEAD = """# Every kind of page

Made by `make paper`, never by hand. People, schools and numbers are invented.
"""


def main() -> None:
    """Draw all of them and the index."""
    DEST.mkdir(parents=True, exist_ok=True)
    parts = [HEAD]
    kinds = (_summaries, _supervision, _morning, _sheets, _made_known)
    for name, words, pdf, page in (one for kind in kinds for one in kind()):
        dpi = LABEL_DPI if name == "label" else DPI
        picture_of(pdf, page, dpi).save(DEST / f"{name}.webp", "WEBP", quality=70, method=6)
        parts.append(f"## {name}\n\n![{words}]({name}.webp)\n")
    (DEST / "README.md").write_text("\n".join(parts), "utf-8")


if __name__ == "__main__":
    main()
