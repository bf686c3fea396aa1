"""One spelling for what people typed: nothing unseen is left, no digit changes, twice is once."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import spelling

EVERY = [
    spelling.clean,
    spelling.fold,
    spelling.id_number,
    spelling.contract_no,
    spelling.name,
    spelling.name_key,
    spelling.school,
]
ODD = st.sampled_from(
    list(
        "０９٣६①⼀⽯⻓⻩×ХⅩ＊xX-－—·• \u3000\u202d\u202c\u200b\ufeff\xad\n王䶮𬱖无１2345678９ＡａΑ"
    )
)
TEXTS = st.one_of(
    st.text(), st.text(ODD), st.text(st.sampled_from("0123456789０１２３×X -—\u202d"))
)


@pytest.mark.parametrize("spell", EVERY)
@given(text=TEXTS)
def test_spelling_twice_is_spelling_once(spell, text):
    assert spell(spell(text)) == spell(text)


@pytest.mark.parametrize("spell", EVERY)
@given(text=TEXTS)
def test_no_format_character_is_left(spell, text):
    assert not [c for c in spell(text) if unicodedata.category(c) == "Cf"]


def digits(text: str) -> list[int]:
    return [unicodedata.decimal(c) for c in text if c.isdecimal()]


@pytest.mark.parametrize("spell", EVERY[:-2])
@given(text=TEXTS)
def test_every_digit_keeps_its_value_and_place(spell, text):
    assert digits(spell(text)) == digits(text)


@given(text=TEXTS)
def test_phones_are_found_alike_in_what_was_spelt_before(text):
    found = spelling.phones(text)
    assert spelling.phones("、".join(found)) == found


def test_every_format_character_this_python_knows_is_dropped():
    known = [chr(c) for c in range(sys.maxunicode) if unicodedata.category(chr(c)) == "Cf"]
    assert spelling.clean("".join(known)) == ""


def test_every_kangxi_radical_is_a_han_character():
    radicals = [chr(c) for c in range(0x2F00, 0x2FD6)]
    assert all(unicodedata.name(spelling.clean(c)).startswith("CJK UNIFIED") for c in radicals)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("⽯⼩川", "石小川"),
        ("\u202d试甲一\u202c", "试甲一"),
        ("⻢⻓⻰", "马长龙"),
        ("王\u3000明", "王明"),
        ("阿依古丽•买买提", "阿依古丽·买买提"),
        ("王䶮𬱖", "王䶮𬱖"),
        ("\ufa0c明", "\ufa0c明"),
    ],
)
def test_a_name_has_one_spelling(typed, name):
    assert spelling.name(typed) == name


@pytest.mark.parametrize("ten", "x×Х✕*＊ⅩхΧⅹＸ")
def test_whatever_stands_for_ten_at_place_18_is_x(ten):
    assert spelling.id_number("61059919970203105" + ten) == "61059919970203105X"
    assert spelling.id_number("610599-19970203-105" + ten) == "61059919970203105X"


@pytest.mark.parametrize("text", ["无", "不详", "-", "610599********0012", "〃", "同上"])
def test_what_is_no_id_number_stays_none(text):
    assert spelling.id_number(text) == text


@pytest.mark.parametrize(
    "typed", ["6105 9920 1800 0001", "６１０５９９２０１８０００００１", "6105-9920-18000001"]
)
def test_a_contract_number_has_one_spelling(typed):
    assert spelling.contract_no(typed) == "6105992018000001"


@pytest.mark.parametrize(
    ("cell", "numbers"),
    [
        ("13812345678\n13912345678", ("13812345678", "13912345678")),
        ("13812345678\r\n0913-1234567", ("13812345678", "0913-1234567")),
        ("13812345678，１３９１２３４５６７８", ("13812345678", "13912345678")),
        ("\u202d13812345678\u202c", ("13812345678",)),
        ("138\n12345678", ("13812345678",)),
    ],
)
def test_two_numbers_of_a_cell_are_two(cell, numbers):
    assert spelling.phones(cell) == numbers


def test_what_was_changed_is_named_by_code_point():
    assert spelling.oddities("⽯小川\u202d", "石小川") == "U+2F6F→石、U+202D"
    assert spelling.oddities("61059919970203105×", "61059919970203105X") == "U+00D7→X"
    assert spelling.oddities("王明 \u200b", "王明") == ""
    assert spelling.oddities("王明", "王明") == ""
