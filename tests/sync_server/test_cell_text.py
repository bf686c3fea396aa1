"""What the text of a cell means: a text without its edges, a day, a name, a phone, nothing at all."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from sync_server.intake import cell_text
from sync_server.intake.cell_text import (
    in_use,
    is_ditto,
    is_masked,
    is_name,
    is_silent,
    money_cell,
    read_day,
    zeros_for_digits,
)
from sync_server.intake.sheet import Cell


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (None, ""),
        ("", ""),
        (" \u3000王㛃\u200b ", "王㛃"),
        ("'610599", "610599"),
        ("‘ 610599", "610599"),
        ("柳泉镇\r\n 东村", "柳泉镇东村"),
        ("柳泉镇\n东村\r6组", "柳泉镇东村6组"),
        (12.0, "12"),
        (12.5, "12.5"),
        (1e22, "1e+22"),
        (-1e22, "-1e+22"),
        (-3.0, "-3"),
        (7, "7"),
        (date(2019, 12, 9), "2019-12-09"),
        (datetime(2019, 12, 9, 10, 22), "2019-12-09 10:22:00"),
    ],
)
def test_a_cell_is_the_text_that_people_see(cell: Cell, text: str) -> None:
    assert cell_text.cell_text(cell) == text


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-12-9", "2026-12-09"),
        ("2026/12/09 10:22", "2026-12-09"),
        ("2026-12-09T10:22:07.5", "2026-12-09"),
        ("2026.1.2", "2026-01-02"),
        ("2026年12月9日", "2026-12-09"),
        ("二〇二六年十二月九日", "2026-12-09"),
        ("20261209", "2026-12-09"),
        ("201807", "2018-07"),
        ("2018-7", "2018-07"),
        ("2018年7月", "2018-07"),
        ("2018年", "2018"),
        ("2018", "2018"),
        ("2026-02-30", None),
        ("20261301", None),
        ("43808", None),
        ("2026-12-9 上午", None),
        ("", None),
    ],
)
def test_a_day_a_month_or_a_year_is_read_as_far_as_it_goes(text: str, day: str | None) -> None:
    assert read_day(text) == day


@pytest.mark.parametrize("text", ["同上", " 同 上 ", "〃", "〃〃", '"', "同左"])
def test_as_above_in_every_spelling(text: str) -> None:
    assert is_ditto(text)


@pytest.mark.parametrize("text", ["", " ", "王〃", "同上村"])
def test_what_says_something_is_not_as_above(text: str) -> None:
    assert not is_ditto(text)


@pytest.mark.parametrize("text", ["无", "暂 无", "N/A", "NULL", "0", "000", "-", "***", "／"])
def test_a_text_that_only_says_nothing_is_known_is_silent(text: str) -> None:
    assert is_silent(text)


@pytest.mark.parametrize("text", ["", " ", "王", "10", "0a", "无锡"])
def test_a_text_that_says_something_is_not_silent_nor_is_an_empty_one(text: str) -> None:
    assert not is_silent(text)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("王㛃", True),
        ("阿依古丽·买买提", True),
        ("王1", False),
        ("王a", False),
        ("·", False),
        ("", False),
    ],
)
def test_a_name_has_letters_but_neither_digits_nor_latin_ones(text: str, name: bool) -> None:
    assert is_name(text) is name


@pytest.mark.parametrize(
    ("phone", "used"),
    [
        ("13812345678", True),
        ("16112345678", False),
        ("0913-1234567", True),
        ("010-12345678", True),
        ("0913-1234567-801", True),
        ("8123456", False),
        ("0913-123456", False),
        ("", False),
    ],
)
def test_a_phone_in_use_is_a_mobile_or_a_landline_with_its_area_code(
    phone: str, used: bool
) -> None:
    assert in_use(phone) is used


@pytest.mark.parametrize(
    ("number", "faults", "damaged"),
    [
        ("610599199801010000", ("id.checksum",), True),
        ("610599199801010000", (), False),
        ("610599199801010028", ("id.checksum",), False),
        ("610599800101000", ("id.length",), False),
    ],
)
def test_three_final_zeros_with_a_fault_are_a_number_that_a_spreadsheet_damaged(
    number: str, faults: tuple[str, ...], damaged: bool
) -> None:
    assert zeros_for_digits(number, faults) is damaged


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("110101********0012", True),
        ("110101＊0012", True),
        ("110101xxxx0012", True),
        ("110101XX0012", True),
        ("110101xX0012", True),
        ("11010119900101001X", False),
        ("11010119900101001x", False),
        ("", False),
    ],
)
def test_hidden_digits_are_seen_and_a_final_x_is_none(number: str, masked: bool) -> None:
    assert is_masked(number) is masked


@pytest.mark.parametrize(
    ("cell", "read"), [(7, 7), (True, "True"), (7.5, "7.5"), (" 7 ", "7"), (None, "")]
)
def test_a_whole_number_of_money_stays_a_number(cell: Cell, read: str | int) -> None:
    found = money_cell(cell)
    assert (type(found), found) == (type(read), read)
