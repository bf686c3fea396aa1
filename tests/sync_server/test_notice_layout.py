"""Notices and sheets at their limits: every character is printed, none over another, one slip a person."""

from __future__ import annotations

import itertools
from collections import Counter
from datetime import date

import msgspec
import pytest

from shared.cases import Case, Contract, Person
from shared.policy import PolicyPage
from shared.season import Season
from shared.typography import full_width
from sync_server.office.school_contact import MOST_NAME
from sync_server.paperwork import glyphs
from sync_server.paperwork.notice_cover import render_cover
from sync_server.paperwork.notices import render_notices
from sync_server.paperwork.sheets import render_signing_sheets, render_statement_sheet
from tests.support.paper_boxes import Sheet, collisions, outside, sheets_of
from tests.support.seal_samples import FONTS, inputs

DAY = date(2019, 11, 25)
MOST_FEN = 99_999_999_999
CLEAR_MM = 10
"""No straddle stamp is pressed over these pages: what a printer can reach is enough."""
ADVICE = {
    "nothing": "",
    "Chinese": "家中只有其母一人,靠打零工度日;" * 310,
    "one run of letters": "W" * 5000,
    "astral": "\U00020001\U0001f600" * 400,
    "scripts": "ئۇيغۇر བོད་ ꆈꌠ " * 200,
}


def case_of(name: str, contracts: int, number: str) -> Case:
    """A person of this name with so many contracts of nine figures."""
    many = tuple(
        Contract(
            contract_no=f"{number}{n:03d}",
            loan_year="2013",
            principal_fen=MOST_FEN // 100,
            interest_fen=MOST_FEN // 100,
        )
        for n in range(contracts)
    )
    first = inputs(1, 0).cases[0]
    person = msgspec.structs.replace(first.borrower, name=name)
    return msgspec.structs.replace(
        first, borrower=person, co_borrower=Person(name=name), contracts=many
    )


def season_of(advice: str, words_of_office: str) -> Season:
    """A season with one page of advice, and a letterhead of these words."""
    base = inputs(1, 0).season
    head = msgspec.structs.replace(
        base.letterhead, centre=words_of_office, hotline="9" * 40, phone="0913-7654321"
    )
    page = PolicyPage(key="difficulty", title_zh="困难", title_en="", zh=(advice,), en=())
    kept = (p for p in base.policy if p.key != "difficulty")
    return msgspec.structs.replace(base, letterhead=head, policy=(*kept, page))


def check(pdf: bytes, wanted: list[str]) -> list[Sheet]:
    """Look at every page, and for every character of these texts."""
    sheets = sheets_of(pdf)
    for number, sheet in enumerate(sheets, 1):
        assert outside(sheet, CLEAR_MM) == [], number
        assert collisions(sheet) == [], number
    charset = glyphs.load_charset(FONTS)
    plain = "".join("".join(glyphs.normalised(full_width(text)).split()) for text in wanted)
    printed = Counter("".join(c if c in charset else glyphs.GETA for c in plain))
    missing = printed - Counter("".join(sheet.text for sheet in sheets))
    assert not {c for c in missing if c != glyphs.GETA}, missing
    return sheets


SHAPES = list(
    itertools.product(
        (("李明", "一中"), ("阿" * 50, "县" * 50), ("Ab" * 25, "Q7" * 25)),
        (1, 7, 60),
        ADVICE,
    )
)
USUAL = [SHAPES[0], SHAPES[21], SHAPES[42]]


LONGEST_CONTACT = "联络员" + "阿" * MOST_NAME
"""Who answers the school's telephone, with a name as long as may be entered."""


def _check_notice(shape: tuple[tuple[str, str], int, str]) -> None:
    """A reprint of it, with the school's telephone: both marks and both lines are whole."""
    (name, school), contracts, advice = shape
    case = case_of(name, contracts, "6105992013")
    season = season_of(ADVICE[advice], school)
    pdf = render_notices(
        (case,),
        season,
        school,
        DAY,
        FONTS,
        school_phone="0913-2222222",
        school_contact=LONGEST_CONTACT,
        prints={case.id: 12},
    )
    numbers = [c.contract_no for c in case.contracts]
    sheets = check(pdf, [name, name, school, ADVICE[advice], LONGEST_CONTACT, *numbers])
    assert sheets[0].text.count("补打第12次") == 2
    assert sheets[0].text.count("补打第12次2019年11月25日") == 1
    assert sum(sheet.text.count("签收单") for sheet in sheets) == 1
    assert sheets[0].text.count("2019年11月25日") == 2
    assert all(len(sheet.text) > 60 for sheet in sheets)


@pytest.mark.parametrize("shape", USUAL, ids=range(len(USUAL)))
def test_a_notice_prints_whole(shape: tuple[tuple[str, str], int, str]) -> None:
    _check_notice(shape)


@pytest.mark.extended
@pytest.mark.parametrize("shape", SHAPES, ids=range(len(SHAPES)))
def test_every_shape_of_a_notice_prints_whole(shape: tuple[tuple[str, str], int, str]) -> None:
    _check_notice(shape)


@pytest.mark.parametrize(
    ("name", "school"), [("李明", "一中"), ("阿" * 50, "县" * 50), ("Ab" * 25, "Q7" * 25)]
)
def test_sheets_to_fill_in_print_whole(name: str, school: str) -> None:
    season = season_of("", school)
    for words_of_one, most_pages in (("由" * 14, 1), ("由" * 40, 2), ("m" * 40, 2)):
        reasons = tuple(msgspec.structs.replace(r, zh=words_of_one) for r in season.reasons)
        wide = msgspec.structs.replace(season, reasons=reasons)
        sheets = check(render_statement_sheet(wide, school, DAY, FONTS), [school, words_of_one])
        assert len(sheets) <= most_pages
        assert all(len(sheet.text) > 60 for sheet in sheets)
        last = sheets[-1].text
        assert all(word in last for word in ("情况经过", "校长签字", school))
    people = [msgspec.structs.replace(case_of(name, 1, "1"), village=name) for _ in range(60)]
    sheets = check(render_signing_sheets(people, season, school, DAY, FONTS), [name, school])
    assert all("签收人" in sheet.text for sheet in sheets)


@pytest.mark.parametrize("contracts", [1, 5, 6, 7, 14])
def test_a_form_chosen_for_a_shape_holds_everybody_of_it(contracts: int) -> None:
    """Names of usual length share a form, measured once: none of their sheets is too full."""
    season = season_of("家中只有其母一人，靠打零工度日；" * 3, "柳泉镇中心校")
    cases = [
        msgspec.structs.replace(case_of(name, contracts, "6105992013"), id=name)
        for name in ("李明", "诸葛建国", "阿依古丽·买", "国" * 6, "阿" * 50)
    ]
    pdf = render_notices(
        cases, season, "柳泉镇中心校", DAY, FONTS, school_phone="0913-2222222", prints={"李明": 2}
    )
    sheets = check(pdf, [case.borrower.name for case in cases])
    slips = [sheet for sheet in sheets if "签收单" in sheet.text]
    assert len(slips) == len(cases)
    assert ["补打" in sheet.text for sheet in slips] == [True, False, False, False, False]


@pytest.mark.parametrize(
    ("name", "school"), [("李明", "一中"), ("阿" * 50, "县" * 50), ("Ab" * 25, "Q7" * 25)]
)
def test_the_list_of_a_batch_prints_whole(name: str, school: str) -> None:
    people = [
        msgspec.structs.replace(case_of(name, 1, "1"), id=str(n), village=school) for n in range(60)
    ]
    pdf = render_cover(
        people, season_of("", school), school, DAY, FONTS, number=12, whom=name, prints={"3": 2}
    )
    sheets = check(pdf, [school, name])
    whole = "".join(sheet.text for sheet in sheets)
    assert whole.count("第2次") == 1
    assert "6105992013" not in whole
    assert all("第12批清单" in sheet.text for sheet in sheets)
