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
from shared.problems import ProblemError
from sync_server.paperwork.notices import render_notices
from tests.support.seal_samples import FONTS, inputs, page_picture

CUT_MM = 197


def notices(cases: tuple[Case, ...], **letterhead: str) -> bytes:
    base = inputs(1, 0)
    head = msgspec.structs.replace(base.season.letterhead, **letterhead)
    season = msgspec.structs.replace(base.season, letterhead=head)
    return render_notices(cases, season, base.school.name, date(2019, 11, 25), FONTS)


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


@pytest.mark.parametrize("phone", ["", "0913-7654321"])
def test_fourteen_contracts_still_fit_on_the_sheet(phone: str) -> None:
    many = tuple(
        Contract(
            contract_no=f"6105992013{n:05d}",
            loan_year="2013",
            principal_fen=100_000,
            interest_fen=n,
        )
        for n in range(14)
    )
    case = msgspec.structs.replace(
        inputs(1, 0).cases[0], contracts=many, co_borrower=Person(name="欧阳建国")
    )
    pdf = notices((case,), phone=phone)
    document = pypdfium2.PdfDocument(pdf)
    try:
        assert len(document) == 1
    finally:
        document.close()
    above, below = parts(pdf, 1)
    assert "欧阳建国" in above
    assert "2019年11月25日" in above
    assert "签收单" in below


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
