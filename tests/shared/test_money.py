"""Money: read exactly or refused, shown in figures, written in words that cannot be mistaken."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.money import MOST_FEN, from_float, in_words, parse_fen, yuan
from shared.problems import ProblemError

FEN = st.integers(0, MOST_FEN) | st.integers(0, 10**9)


@pytest.mark.parametrize(
    ("value", "fen"),
    [
        ("1657", 165700),
        ("1,657.00", 165700),
        ("6,490,286.86", 649028686),
        ("¥1,657.5", 165750),
        ("￥ 1657.50 元", 165750),
        ("１，６５７．００元", 165700),
        ("\u00a0324.16\u3000", 32416),
        ("+0.5", 50),
        (".05", 5),
        ("5.", 500),
        ("0.00", 0),
        ("-0.00", 0),
        ("324.1600", 32416),
        (1657, 165700),
        (0, 0),
        (Decimal("324.16"), 32416),
        (Decimal("3.2416E+2"), 32416),
        ("999,999,999,999.99", MOST_FEN),
    ],
)
def test_an_amount_is_read(value: str | int | Decimal, fen: int) -> None:
    assert parse_fen(value) == fen


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("", "money.unreadable"),
        ("-", "money.unreadable"),
        ("无", "money.unreadable"),
        ("1,65", "money.unreadable"),
        ("1,6570", "money.unreadable"),
        ("12.3.4", "money.unreadable"),
        ("1e3", "money.unreadable"),
        ("-¥-5", "money.unreadable"),
        ("٣٢٤", "money.unreadable"),
        (True, "money.unreadable"),
        (Decimal("NaN"), "money.unreadable"),
        (Decimal("Infinity"), "money.unreadable"),
        (Decimal("1E+999999"), "money.unreadable"),
        ("9" * 60, "money.unreadable"),
        ("1000000000000", "money.unreadable"),
        ("-0.01", "money.negative"),
        ("¥-5", "money.negative"),
        (-1, "money.negative"),
        (Decimal("-1E20"), "money.negative"),
        (Decimal("-1E21"), "money.unreadable"),
        ("324.161", "money.too_precise"),
        ("1.0000000000000000000000000000000000001", "money.too_precise"),
        (Decimal("1E-999999"), "money.too_precise"),
    ],
)
def test_what_is_no_amount_is_refused_by_its_reason(value: str | int | Decimal, code: str) -> None:
    with pytest.raises(ProblemError) as caught:
        parse_fen(value)
    assert caught.value.code == code
    assert repr(caught.value.values["value"]) == repr(value)


@given(FEN)
def test_figures_read_back_as_the_same_amount(fen: int) -> None:
    assert parse_fen(yuan(fen)) == fen
    assert parse_fen(yuan(fen).replace(",", "")) == fen
    assert parse_fen(Decimal(fen) / 100) == fen


@given(st.integers(1, MOST_FEN))
def test_a_difference_below_zero_shows_its_minus_and_is_refused_as_an_amount(fen: int) -> None:
    assert yuan(-fen) == "-" + yuan(fen)
    with pytest.raises(ProblemError, match=r"money\.negative"):
        parse_fen(yuan(-fen))


@given(FEN)
def test_a_spreadsheet_cell_of_any_amount_gives_its_fen(fen: int) -> None:
    assert from_float(fen / 100) == fen


@given(st.lists(st.integers(0, 10**8), min_size=2, max_size=40))
def test_a_sum_a_spreadsheet_made_of_small_amounts_gives_its_fen(amounts: list[int]) -> None:
    total = 0.0
    for amount in amounts[:8]:
        total += min(amount, 10**6) / 100
    assert from_float(total) == sum(min(amount, 10**6) for amount in amounts[:8])


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (0.005, "money.too_precise"),
        (324.163, "money.too_precise"),
        (1.00000002, "money.too_precise"),
        (-0.01, "money.negative"),
        (-5.0, "money.negative"),
        (-0.005, "money.negative"),
        (float("nan"), "money.unreadable"),
        (float("inf"), "money.unreadable"),
        (1e300, "money.unreadable"),
        (1e13, "money.unreadable"),
    ],
)
def test_a_cell_that_is_no_amount_is_refused_by_its_reason(value: float, code: str) -> None:
    with pytest.raises(ProblemError) as caught:
        from_float(value)
    assert caught.value.code == code
    assert repr(caught.value.values["value"]) == repr(value)


def test_the_dust_of_a_subtraction_in_a_spreadsheet_is_not_an_amount() -> None:
    assert from_float(0.3 - 0.1 - 0.2) == 0
    assert from_float(0.1 + 0.2) == 30
    assert from_float(1e-8) == 0


def test_a_section_of_whole_thousands_follows_without_a_zero() -> None:
    assert in_words(1_100_000) == "人民币壹万壹仟元整"


def test_the_closest_float_to_a_large_amount_is_that_amount() -> None:
    fen = 68_659_750_317_708
    assert abs(fen / 100 * 100 - fen) > 1e-6
    assert from_float(fen / 100) == fen


def test_figures_are_grouped_by_three() -> None:
    assert [yuan(fen) for fen in (0, 5, 100, 649028686)] == ["0.00", "0.05", "1.00", "6,490,286.86"]


@pytest.mark.parametrize(
    ("fen", "words"),
    [
        (140950, "人民币壹仟肆佰零玖元伍角整"),
        (600714, "人民币陆仟零柒元壹角肆分"),
        (1640902, "人民币壹万陆仟肆佰零玖元零贰分"),
        (445601809, "人民币肆佰肆拾伍万陆仟零壹拾捌元零玖分"),
        (203426877, "人民币贰佰零叁万肆仟贰佰陆拾捌元柒角柒分"),
        (649028686, "人民币陆佰肆拾玖万零贰佰捌拾陆元捌角陆分"),
        (5, "人民币伍分"),
        (1000, "人民币壹拾元整"),
        (0, "人民币零元整"),
        (50, "人民币伍角整"),
        (1005, "人民币壹拾元零伍分"),
        (10000000100, "人民币壹亿零壹元整"),
        (10010000000, "人民币壹亿零壹拾万元整"),
        (100000000, "人民币壹佰万元整"),
        (100100100, "人民币壹佰万壹仟零壹元整"),
        (10000500000, "人民币壹亿零伍仟元整"),
        (10001500000, "人民币壹亿零壹万伍仟元整"),
        (20003500000, "人民币贰亿零叁万伍仟元整"),
    ],
)
def test_the_words_of_known_amounts(fen: int, words: str) -> None:
    assert in_words(fen) == words


def _read_words(words: str) -> int:
    """The amount that 大写 says, by a reader written independently: units add up, 零 and 整 say nothing."""
    digits = {character: value for value, character in enumerate("零壹贰叁肆伍陆柒捌玖")}
    total = section = digit = fen = 0
    for character in words.removeprefix("人民币"):
        if character in digits:
            digit = digits[character]
        elif character in "拾佰仟":
            section, digit = section + digit * {"拾": 10, "佰": 100, "仟": 1000}[character], 0
        elif character in "万亿":
            total, section, digit = (
                total + (section + digit) * {"万": 10**4, "亿": 10**8}[character],
                0,
                0,
            )
        elif character == "元":
            total, section, digit = total + section + digit, 0, 0
        elif character in "角分":
            fen, digit = fen + digit * {"角": 10, "分": 1}[character], 0
    return total * 100 + fen


@given(FEN)
def test_words_say_their_amount_and_only_that(fen: int) -> None:
    words = in_words(fen)
    assert _read_words(words) == fen  # a left inverse: no two amounts share their words
    assert "零零" not in words
    assert words.endswith("分") or words.endswith("整")


def test_no_two_small_amounts_share_their_words() -> None:
    assert len({in_words(fen) for fen in range(120_000)}) == 120_000


@pytest.mark.parametrize("fen", [-1, MOST_FEN + 1])
def test_amounts_without_words_are_refused(fen: int) -> None:
    with pytest.raises(ValueError, match="no words"):
        in_words(fen)
