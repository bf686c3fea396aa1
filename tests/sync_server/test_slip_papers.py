"""The papers of a batch of slips, read back from the real PDF: two copies, whole, nothing over another."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from shared.identity import mask_name
from shared.ids import case_code, show_case_code
from sync_server.paperwork.slip_papers import BatchPaper, Slip, render_receipt, render_sheet
from tests.support.paper_boxes import Sheet, collisions, outside, sheets_of
from tests.support.seal_samples import FONTS, inputs

SCHOOL, DAY = "青槐县柳林镇中心校", date(2019, 12, 3)
NAMES = ("李明", "欧阳静宜", "阿依古丽·买买提", "䶮" * 30, "Ab" * 25)
CLEAR_MM = 10
"""What a printer can reach is enough."""
COPIES = ("第一份，学校留存", "第二份，资助中心留存")


def batch(count: int, school: str = SCHOOL, **changes: object) -> BatchPaper:
    """A batch of so many slips: every seventh did not come, the last was not on the sheet."""
    slips = tuple(
        Slip(
            line=n + 1,
            code=case_code("01", n + 1),
            name=NAMES[n % len(NAMES)],
            on_sheet=n != count - 1,
            received=n % 7 != 3 or n == count - 1,
        )
        for n in range(count)
    )
    return msgspec.structs.replace(BatchPaper(unit=school, number=2, slips=slips), **changes)


def received(count: int, school: str = SCHOOL, **changes: object) -> BatchPaper:
    values = {"received_on": "2019-12-03", "given_by": "史联络", "received_by": "周包联"}
    return batch(count, school, **{"receipts": 1, **values, **changes})


def copies_of(pdf: bytes) -> tuple[str, str]:
    """The text of each copy; every page lies within the paper, with nothing over another."""
    sheets: list[Sheet] = sheets_of(pdf)
    for number, sheet in enumerate(sheets, 1):
        assert outside(sheet, CLEAR_MM) == [], number
        assert collisions(sheet) == [], number
    half = len(sheets) // 2
    assert len(sheets) == 2 * half
    parts = "".join(s.text for s in sheets[:half]), "".join(s.text for s in sheets[half:])
    for part, copy in zip(parts, COPIES, strict=True):
        assert copy in part
    return parts


@pytest.mark.parametrize("count", [1, 10, 70, 265])
@pytest.mark.parametrize("school", [SCHOOL, "县" * 40])
def test_a_sheet_has_every_slip_in_both_copies(count: int, school: str) -> None:
    paper = batch(count, school)
    for text in copies_of(render_sheet(paper, inputs(1, 0).season, DAY, FONTS)):
        assert all(text.count(show_case_code(slip.code)) == 1 for slip in paper.slips)
        assert f"共{count}张" in text
        assert school in text
        assert all(word in text for word in ("送交人（学校）", "接收人（中心）", "实收", "日期"))


def test_names_are_masked_as_on_the_slips() -> None:
    for make in (render_sheet, render_receipt):
        for text in copies_of(make(received(3), inputs(1, 0).season, DAY, FONTS)):
            assert mask_name("欧阳静宜") in text
            assert "静宜" not in text


@pytest.mark.parametrize("count", [2, 10, 265])
def test_a_receipt_names_what_was_received_and_what_is_missing(count: int) -> None:
    paper = received(count)
    came = [slip for slip in paper.slips if slip.received]
    for text in copies_of(render_receipt(paper, inputs(1, 0).season, DAY, FONTS)):
        assert f"签收单{len(came)}张" in text
        assert f"未到{count - len(came)}张" in text
        assert "第2批" in text
        assert "送交人史联络" in text
        assert "接收人周包联" in text
        assert "2019年12月3日" in text
        assert all(text.count(show_case_code(slip.code)) == 1 for slip in paper.slips)
        table = text.index("收到的签收单")
        for slip in paper.slips:
            assert (text.index(show_case_code(slip.code)) > table) == slip.received
        assert "迟交0张" in text


def test_late_slips_are_marked_line_by_line() -> None:
    for text in copies_of(render_receipt(received(5, late=True), inputs(1, 0).season, DAY, FONTS)):
        assert "迟交4张" in text
        assert text.count("迟交") == 1 + 1 + 4


def test_a_corrected_receipt_says_so_and_why() -> None:
    first, second = (received(3), received(3, receipts=2, reason="第3张在桌上"))
    season = inputs(1, 0).season
    assert "更正" not in copies_of(render_receipt(first, season, DAY, FONTS))[0]
    text = copies_of(render_receipt(second, season, DAY, FONTS))[0]
    assert "更正：第2次出具，以前的收据作废。原因：第3张在桌上" in text


def test_the_longest_names_and_reason_of_a_receipt_fit() -> None:
    paper = received(
        5, "县" * 40, given_by="史" * 40, received_by="周" * 40, receipts=2, reason="由" * 200
    )
    copies_of(render_receipt(paper, inputs(1, 0).season, DAY, FONTS))


def test_a_sheet_printed_while_it_is_prepared_says_so() -> None:
    season = inputs(1, 0).season
    assert "还在准备" in copies_of(render_sheet(batch(3, draft=True), season, DAY, FONTS))[0]
    assert "还在准备" not in copies_of(render_sheet(batch(3), season, DAY, FONTS))[0]


def test_equal_batches_give_equal_bytes() -> None:
    season = inputs(1, 0).season
    one, other = (render_receipt(received(3), season, DAY, FONTS) for _ in range(2))
    assert one == other
