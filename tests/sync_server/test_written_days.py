"""Days in Chinese numerals become days in digits, and nothing else of a text changes."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_server.intake.written_days import in_digits

DIGITS = "零一二三四五六七八九"
FORMAL = "零壹贰叁肆伍陆柒捌玖"


def numeral(number: int, digits: str, ten: str) -> str:
    """1 to 31 as people write it; bank papers put a digit before every ten."""
    tens, ones = divmod(number, 10)
    front = ten if tens == 1 and ten == "十" else f"{digits[tens]}{ten}" if tens else ""
    return front + (digits[ones] if ones else "")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("二〇一九年十二月十一日", "2019年12月11日"),
        ("二○一九年一月一日", "2019年1月1日"),
        ("二零二六年十月二十号", "2026年10月20日"),
        ("贰零壹玖年壹拾贰月零壹日", "2019年12月1日"),
        ("贰零贰陆年拾壹月叁拾壹日", "2026年11月31日"),
        ("貳零貳陸年零柒月〇捌日", "2026年7月8日"),
        ("2019年十二月廿一日", "2019年12月21日"),
        ("1999年二月卅日", "1999年2月30日"),
        ("二〇一九 年 三 月 十日", "2019年3月10日"),
        ("二〇一九年十二月", "2019年12月"),
        ("二〇一九年二十月四十日", "2019年20月99日"),
        ("二〇一九年十十月零日", "2019年99月99日"),
        ("二〇一九年十二月百日", "2019年12月百日"),
        ("签于二〇一九年十二月九日，二〇二〇年一月三日还清", "签于2019年12月9日，2020年1月3日还清"),
    ],
)
def test_a_day_in_numerals_is_read_as_it_is_meant(written: str, read: str) -> None:
    assert in_digits(written) == read


@pytest.mark.parametrize(
    "text",
    ["", "2019年12月11日", "二〇一九", "九年十二月十一日", "1819年十二月", "一二三四五", "年月日"],
)
def test_what_is_no_day_in_numerals_stays_as_it_is(text: str) -> None:
    assert in_digits(text) == text


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2999, 12, 31)))
def test_every_day_in_either_script_is_that_day(day: date) -> None:
    for digits, ten in ((DIGITS, "十"), (FORMAL, "拾")):
        year = "".join(digits[int(c)] for c in str(day.year))
        month, number = (numeral(n, digits, ten) for n in (day.month, day.day))
        read = f"{day.year}年{day.month}月{day.day}日"
        assert in_digits(f"于{year}年{month}月{number}日。") == f"于{read}。"
