"""Ids sort by time and say when; case codes detect typing errors."""

from __future__ import annotations

from itertools import product
from uuid import RFC_4122, UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.ids import (
    ALPHABET,
    MOST_CASES,
    case_code,
    check_character,
    is_uuid,
    parse_case_code,
    show_case_code,
    uuid7,
)
from shared.problems import ProblemError

MS = st.integers(0, (1 << 48) - 1)
TEN_BYTES = st.binary(min_size=10, max_size=10)
SCHOOLS = st.text("0123456789", min_size=2, max_size=2) | st.text(ALPHABET, min_size=1, max_size=8)
CODES = st.builds(case_code, SCHOOLS, st.integers(1, MOST_CASES))


def test_the_example_of_the_standard_comes_out() -> None:
    # RFC 9562, appendix A.6: 2022-02-22T19:22:22Z, rand_a 0xCC3, rand_b 0x18C4DC0C0C07398F
    random = (0xCC3 << 68 | 0x18C4DC0C0C07398F).to_bytes(10)
    assert uuid7(0x017F22E279B0, random) == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"


@given(MS, TEN_BYTES)
def test_a_uuid_is_version_7_of_the_right_variant_and_contains_its_time(
    ms: int, random: bytes
) -> None:
    made = uuid7(ms, random)
    assert (UUID(made).version, UUID(made).variant) == (7, RFC_4122)
    assert UUID(made).int >> 80 == ms
    assert is_uuid(made)


@given(MS, MS, TEN_BYTES, TEN_BYTES)
def test_uuids_sort_by_time(early: int, late: int, one: bytes, other: bytes) -> None:
    early, late = sorted((early, late))
    if early < late:
        assert uuid7(early, one) < uuid7(late, other)


@given(MS, TEN_BYTES, st.integers(0, 73))
def test_every_one_of_the_74_random_bits_counts(ms: int, random: bytes, bit: int) -> None:
    place = bit if bit < 62 else bit + 6  # rand_b is the low 62 bits, rand_a the high 12 of 80
    flipped = (int.from_bytes(random) ^ 1 << place).to_bytes(10)
    assert uuid7(ms, random) != uuid7(ms, flipped)


@pytest.mark.parametrize("length", [0, 9, 11, 16])
def test_a_uuid_needs_exactly_ten_random_bytes(length: int) -> None:
    with pytest.raises(ValueError, match="10 random bytes"):
        uuid7(0, bytes(length))


@pytest.mark.parametrize("ms", [-1, 1 << 48])
def test_a_time_that_does_not_fit_is_refused(ms: int) -> None:
    with pytest.raises(ValueError, match="48 bits"):
        uuid7(ms, bytes(10))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "017F22E2-79B0-7CC3-98C4-DC0C0C07398F",
        "017f22e279b07cc398c4dc0c0c07398f",
        "{017f22e2-79b0-7cc3-98c4-dc0c0c07398f}",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398f\n",
    ],
)
def test_only_the_form_we_write_is_a_uuid(text: str) -> None:
    assert not is_uuid(text)


def test_a_case_code_is_school_number_and_check_character() -> None:
    assert case_code("07", 123) == "0701234"
    assert show_case_code("0701234") == "07-0123-4"
    assert [case_code("07", number)[:-1] for number in (1, MOST_CASES)] == ["070001", "079999"]


@pytest.mark.parametrize(
    ("payload", "check"),
    [("0Z9001", "2"), ("AB1234", "M"), ("ZZZZZZZZ9999", "R"), ("020578", "3"), ("9H4321", "Q")],
)
def test_the_check_character_of_what_is_printed_never_changes(payload: str, check: str) -> None:
    assert check_character(payload) == check


@pytest.mark.parametrize(
    ("school", "number"), [("", 1), ("a7", 1), ("七", 1), ("07", 0), ("07", -1), ("07", 10_000)]
)
def test_a_code_that_could_not_be_read_back_is_never_made(school: str, number: int) -> None:
    with pytest.raises(ValueError, match="is 1 to"):
        case_code(school, number)


@given(CODES)
def test_a_code_reads_back_as_shown_typed_and_read_out(code: str) -> None:
    shown = show_case_code(code)
    wide = "".join(chr(ord(c) + 0xFEE0) for c in shown)
    for typed in (
        code,
        shown,
        shown.lower(),
        f" {shown}\u3000",
        wide,
        wide.lower(),
        shown.replace("-", " – "),
    ):
        assert parse_case_code(typed) == code


@given(CODES)
def test_a_code_fits_the_small_qr_alphabet(code: str) -> None:
    assert set(code) <= set(ALPHABET)


@given(CODES)
def test_every_wrong_character_is_caught(code: str) -> None:
    for place, wrong in product(range(len(code)), ALPHABET):
        if code[place] != wrong:
            with pytest.raises(ProblemError, match=r"case\.code_invalid"):
                parse_case_code(code[:place] + wrong + code[place + 1 :])


@given(CODES)
def test_every_swap_of_neighbours_is_caught(code: str) -> None:
    for place in range(len(code) - 1):
        if code[place] != code[place + 1]:
            with pytest.raises(ProblemError, match=r"case\.code_invalid"):
                parse_case_code(code[:place] + code[place + 1] + code[place] + code[place + 2 :])


def test_swaps_are_caught_for_every_pair_behind_every_beginning() -> None:
    beginnings = {check_character(c): c for c in ALPHABET}
    assert len(beginnings) == 36  # one beginning for each state the check can be in
    for start, one, other in product(beginnings.values(), ALPHABET, ALPHABET):
        if one < other:
            assert check_character(start + one + other) != check_character(start + other + one)


def _iso_7064_mod_37_36(payload: str) -> str:
    state = 36
    for character in payload:
        state = ((state + ALPHABET.index(character)) % 36 or 36) * 2 % 37
    return ALPHABET[(37 - state) % 36]


def test_the_standard_we_do_not_use_misses_a_swap_that_ours_finds() -> None:
    assert _iso_7064_mod_37_36("002889") == _iso_7064_mod_37_36("002898")
    assert check_character("002889") != check_character("002898")


@given(CODES, st.integers(0, 11), st.sampled_from(ALPHABET))
def test_a_swap_over_one_character_and_a_doubled_one_are_caught_too(
    code: str, place: int, other: str
) -> None:
    place %= len(code) - 2
    a, b, c = code[place], code[place + 1], code[place + 2]
    for wrong in ([c, b, a], [other, other, c] if a == b else [a, b, c]):
        typed = code[:place] + "".join(wrong) + code[place + 3 :]
        if typed != code:
            with pytest.raises(ProblemError, match=r"case\.code_invalid"):
                parse_case_code(typed)


@pytest.mark.parametrize(
    "text", ["", "07", "07-0123-", "07-0123-5", "学校-0123-4", "07_0123_4", "0701234" * 3]
)
def test_what_is_no_code_is_named_in_the_refusal(text: str) -> None:
    with pytest.raises(ProblemError) as caught:
        parse_case_code(text)
    assert caught.value.code == "case.code_invalid"
    assert text in caught.value.message()
    assert text in caught.value.message("en")
