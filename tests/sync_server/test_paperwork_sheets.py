"""Sheets to fill in by hand, read back from the real PDF."""

from __future__ import annotations

from datetime import date

import msgspec
import pypdfium2
import pytest

from shared import codes
from shared.cases import Case
from shared.codes import Code
from shared.ids import show_case_code
from shared.problems import ProblemError
from sync_server.paperwork.sheets import render_signing_sheets, render_statement_sheet
from tests.support.seal_samples import FONTS, inputs

SCHOOL, DAY = "青槐县柳林镇中心校", date(2019, 11, 25)


def texts(pdf: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return ["".join(page.get_textpage().get_text_range().split()) for page in document]
    finally:
        document.close()


def in_villages(*villages: str) -> list[Case]:
    found = inputs(len(villages), 0).cases
    return [msgspec.structs.replace(c, village=v) for c, v in zip(found, villages, strict=True)]


def test_the_blank_statement_offers_what_the_summary_knows() -> None:
    season = inputs(1, 0).season
    (page,) = texts(render_statement_sheet(season, SCHOOL, DAY, FONTS))
    assert all(reason.zh in page for reason in season.reasons)
    assert all(handling.zh in page for handling in codes.HANDLINGS)
    assert SCHOOL in page


@pytest.mark.parametrize(("count", "pages"), [(1, 1), (40, 1), (60, 2)])
def test_the_blank_statement_is_one_page_unless_the_reasons_leave_the_story_no_room(
    count: int, pages: int
) -> None:
    reasons = tuple(Code(f"r{n}", f"第{n}个原因比较长", f"r{n}", "other") for n in range(count))
    season = msgspec.structs.replace(inputs(1, 0).season, reasons=reasons)
    made = texts(render_statement_sheet(season, SCHOOL, DAY, FONTS))
    assert len(made) == pages
    assert f"第{count - 1}个原因比较长" in made[0]
    assert all(words in made[-1] for words in ("情况经过", "拟办意见", "校长签字"))


def test_each_village_signs_on_a_page_of_its_own() -> None:
    cases = in_villages("石桥村", "东李洼村", "石桥村", "")
    pages = texts(render_signing_sheets(cases, inputs(1, 0).season, SCHOOL, DAY, FONTS))
    assert [("东李洼村" in p, "石桥村" in p, "未写村名" in p) for p in pages] == [
        (True, False, False),
        (False, True, False),
        (False, False, True),
    ]
    assert [sum(show_case_code(c.code) in p for c in cases) for p in pages] == [1, 2, 1]


def test_neighbours_who_sign_below_each_other_read_no_name_loan_or_sum() -> None:
    cases = in_villages("石桥村", "石桥村", "石桥村")
    (page,) = texts(render_signing_sheets(cases, inputs(1, 0).season, SCHOOL, DAY, FONTS))
    assert not any(c.borrower.name in page or c.borrower.id_number in page for c in cases)
    assert not any(word in page for word in ("贷款", "还款", "欠", "元"))


def test_a_long_village_goes_on_with_its_header() -> None:
    cases = in_villages(*["石桥村"] * 40)
    pages = texts(render_signing_sheets(cases, inputs(1, 0).season, SCHOOL, DAY, FONTS))
    assert len(pages) > 1
    assert all("签收人" in page for page in pages)


def test_a_school_without_people_has_no_sheet_to_sign() -> None:
    with pytest.raises(ProblemError, match=r"paper\.nobody_due"):
        render_signing_sheets([], inputs(1, 0).season, SCHOOL, DAY, FONTS)
