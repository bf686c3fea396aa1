"""附件3: a notice with amounts above the cut line, a slip without any below; read back from the
real PDF.
"""

from __future__ import annotations

from datetime import date

import msgspec
import pypdfium2
import pytest
import zxingcpp

from shared.cases import Case, Contract, Person
from shared.ids import show_case_code
from shared.money import in_words, yuan
from shared.paper import parse_slip_mark
from shared.policy import PolicyPage
from shared.problems import ProblemError
from shared.season import Season
from sync_server.paperwork.notices import render_notices
from tests.support.seal_samples import FONTS, inputs, page_picture

CUT_MM = 197


SCHOOL_PHONE = "0913-2222222"
STAMP_MM = 42


def notices(cases: tuple[Case, ...], season: Season | None = None, **letterhead: str) -> bytes:
    base = inputs(1, 0)
    head = msgspec.structs.replace(base.season.letterhead, **letterhead)
    season = msgspec.structs.replace(season or base.season, letterhead=head)
    day, name = date(2019, 11, 25), base.school.name
    return render_notices(cases, season, name, day, FONTS, school_phone=SCHOOL_PHONE)


def with_contracts(count: int) -> Case:
    many = tuple(
        Contract(
            contract_no=f"6105992013{n:05d}",
            loan_year="2013",
            principal_fen=99_999_999,
            interest_fen=n,
        )
        for n in range(count)
    )
    return msgspec.structs.replace(
        inputs(1, 0).cases[0], contracts=many, co_borrower=Person(name="欧阳建国")
    )


def page_count(pdf: bytes) -> int:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return len(document)
    finally:
        document.close()


def parts(pdf: bytes, page: int) -> tuple[str, str]:
    """Text above and below the cut line."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        text = document[page - 1].get_textpage()
        cut_pt = (297 - CUT_MM) * 72 / 25.4
        above = text.get_text_bounded(bottom=cut_pt)
        below = text.get_text_bounded(top=cut_pt)
        return "".join(above.split()), "".join(below.split())
    finally:
        document.close()


def test_one_sheet_a_person_in_the_order_given() -> None:
    cases = inputs(4, 0).cases
    pdf = notices(cases[::-1])
    document = pypdfium2.PdfDocument(pdf)
    try:
        assert len(document) == 4
    finally:
        document.close()
    assert show_case_code(cases[3].code) in parts(pdf, 1)[0]


def test_amounts_stand_on_the_upper_part_only() -> None:
    case = inputs(1, 0).cases[0]
    above, below = parts(notices((case,)), 1)
    assert yuan(case.total_fen) in above
    assert in_words(case.total_fen) in above
    for contract in case.contracts:
        assert contract.contract_no in above
        assert contract.contract_no not in below
        assert yuan(contract.total_fen) not in below
    assert yuan(case.total_fen) not in below
    assert "元" not in below


def test_the_slip_names_the_case_by_code_and_masked_name() -> None:
    case = inputs(2, 0).cases[1]
    above, below = parts(notices((case,)), 1)
    assert "阿依古丽·买买提" in above
    assert "阿依古丽·*" in below
    assert "买买提" not in below
    assert case.borrower.id_number not in above + below
    assert show_case_code(case.code) in below


@pytest.mark.parametrize("dpi", [100, 150])
def test_the_code_on_the_slip_reads_and_is_twenty_millimetres(dpi: int) -> None:
    case = inputs(1, 0).cases[0]
    (code,) = zxingcpp.read_barcodes(page_picture(notices((case,)), 1, dpi).convert("L"))
    assert parse_slip_mark(code.text) == case.code
    assert (code.position.top_right.x - code.position.top_left.x) / dpi * 25.4 == pytest.approx(
        20, abs=0.6
    )


@pytest.mark.parametrize(
    ("hotline", "phone", "printed"),
    [
        ("95593", "", "咨询电话：95593。"),
        ("95593", "0913-7654321", "咨询电话：95593，资助中心0913-7654321。"),
        ("", "0913-7654321", "咨询电话：资助中心0913-7654321。"),
        ("", "", ""),
    ],
)
def test_the_telephones_that_are_set_stand_on_the_upper_part(
    hotline: str, phone: str, printed: str
) -> None:
    pdf = notices(inputs(1, 0).cases, hotline=hotline, phone=phone)
    above, below = parts(pdf, 1)
    assert printed in above
    assert ("咨询电话" in above) == bool(printed)
    assert "0913" not in below


@pytest.mark.parametrize("count", [1, 5, 7, 14, 60])
def test_a_person_has_one_slip_however_many_contracts(count: int) -> None:
    case = with_contracts(count)
    pdf = notices((case,), phone="0913-7654321", hotline="95593")
    above, below = parts(pdf, 1)
    assert "签收单" in below
    assert "2019年11月25日" in above
    assert yuan(case.total_fen) in above
    whole = text_of(pdf)
    assert whole.count("签收人") == 1
    assert all(whole.count(c.contract_no) == 1 for c in case.contracts)
    codes = [c for n in range(page_count(pdf)) for c in codes_on(pdf, n + 1)]
    assert codes == [case.code]


def text_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return "".join("".join(p.get_textpage().get_text_range().split()) for p in document)
    finally:
        document.close()


def codes_on(pdf: bytes, page: int) -> list[str]:
    found = zxingcpp.read_barcodes(page_picture(pdf, page, 100).convert("L"))
    return [parse_slip_mark(code.text) for code in found]


@pytest.mark.parametrize("paragraphs", [0, 12, 60])
@pytest.mark.parametrize("count", [1, 14])
def test_texts_of_any_length_leave_the_stamp_room_above_the_cut(
    count: int, paragraphs: int
) -> None:
    base = inputs(1, 0).season
    words = tuple(f"第{n}条，" + "请按合同约定的方式还款。" * 3 for n in range(paragraphs))
    page = PolicyPage(key="difficulty", title_zh="困难", title_en="", zh=words, en=())
    season = msgspec.structs.replace(
        base, policy=(*(p for p in base.policy if p.key != "difficulty"), page)
    )
    pdf = notices((with_contracts(count),), season)
    whole = text_of(pdf)
    assert all(whole.count(f"第{n}条，") == 1 for n in range(paragraphs))
    day_mm = text_top_mm(pdf, "2019年11月25日")
    assert day_mm + STAMP_MM / 2 < CUT_MM
    assert page_count(pdf) == 1 or "附页" in parts(pdf, 2)[0]


def text_top_mm(pdf: bytes, words: str) -> float:
    """Where a text stands on page 1, in millimetres from the top."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        text = document[0].get_textpage()
        found = text.search(words)
        index, _ = found.get_next()
        return 297 - text.get_charbox(index)[3] / 72 * 25.4
    finally:
        document.close()


def test_the_slip_says_receipt_by_number_and_names_no_loan() -> None:
    case = inputs(1, 0).cases[0]
    _, below = parts(notices((case,)), 1)
    code = show_case_code(case.code)
    assert f"本人已收到学校送交的书面通知一份（编号{code}），签字只表示收到。" in below
    assert not any(word in below for word in ("贷款", "还款", "欠", "合同"))
    assert "签收日期2019年" in below


def test_the_words_of_the_slip_are_a_text_of_the_season() -> None:
    case = inputs(1, 0).cases[0]
    season = msgspec.structs.replace(inputs(1, 0).season, receipt_words="收到通知，编号{编号}。")
    _, below = parts(notices((case,), season), 1)
    assert f"收到通知，编号{show_case_code(case.code)}。" in below


def test_a_family_can_check_who_came_and_whom_to_ask_about_its_data() -> None:
    season = msgspec.structs.replace(inputs(1, 0).season, retain_until=date(2020, 3, 29))
    above, _ = parts(notices(inputs(1, 0).cases, season, phone="0913-7654321"), 1)
    assert f"来访老师、请看工作证，可拨学校电话{SCHOOL_PHONE}核实。" in above.replace("，", "，")
    assert "个人信息告知" in above
    assert "保存到2020年3月29日" in above
    assert "查看、更正自己的信息，请拨0913-7654321" in above
    assert above.startswith("附件3")


def test_equal_arguments_give_equal_bytes() -> None:
    cases = inputs(2, 0).cases
    assert notices(cases) == notices(cases)


def test_no_threat_and_no_word_we_avoid() -> None:
    above, below = parts(notices(inputs(1, 0).cases), 1)
    assert not any(word in above + below for word in ("欠款", "恶意", "起诉", "曝光", "法律责任"))


def test_a_case_without_a_school_has_no_notice() -> None:
    bare = msgspec.structs.replace(inputs(1, 0).cases[0], code="")
    with pytest.raises(ProblemError, match=r"compose\.no_code"):
        notices((bare,))


def test_a_loan_year_of_two_years_stands_in_one_line() -> None:
    case = with_contracts(2)
    years = tuple(msgspec.structs.replace(c, loan_year="2007-2008") for c in case.contracts)
    pdf = notices((msgspec.structs.replace(case, contracts=years),))
    with pypdfium2.PdfDocument(pdf) as document:
        lines = document[0].get_textpage().get_text_bounded().splitlines()
    assert sum("2007-2008" in line for line in lines) == 2
