"""The search for the shipped example in what a county sees: it finds what is planted, and nothing by chance."""

from __future__ import annotations

import io

import pytest
import xlsxwriter

from tests.support.leftovers import Looked
from tests.support.other_county import PEOPLE

HASH = "ab2019cd" * 8


@pytest.mark.parametrize(
    "planted",
    ["2019 年度", "2019-12-20", "20191220", "2019年12月20日", "在青槐县", "610599199506170011"],
)
def test_the_year_county_and_area_code_of_the_example_are_found(planted: str) -> None:
    looked = Looked()
    looked.text("here", f"前面 {planted} 后面")
    assert looked.found != []


@pytest.mark.parametrize(
    "innocent", [HASH, "1a2b 2019 3c4d 5e6f 7a8b 9c0d", "01:20:19", "12019", PEOPLE[0].id_number]
)
def test_other_numbers_and_hashes_are_left_alone(innocent: str) -> None:
    looked = Looked()
    looked.text("here", innocent)
    assert looked.found == []


def test_a_workbook_is_searched_within() -> None:
    looked, file = Looked(), io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        book.add_worksheet().write_string(0, 0, "青槐县")
    looked.xlsx("book", file.getvalue())
    assert looked.found != []
