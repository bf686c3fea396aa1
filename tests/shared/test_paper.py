"""QR payloads: what was printed reads back, what others print is refused."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.ids import ALPHABET, case_code
from shared.paper import (
    PageMark,
    SlipMark,
    page_mark,
    parse_page_mark,
    parse_sheet_mark,
    parse_slip,
    parse_slip_mark,
    same_data,
    sheet_mark,
    slip_mark,
)
from shared.problems import ProblemError

QR_ALPHANUMERIC = set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")
SHA256 = st.binary(max_size=8).map(lambda data: hashlib.sha256(data).hexdigest())
DOCS = st.text(ALPHABET + "-.", min_size=1, max_size=64)
ZEROS = "0" * 64


@st.composite
def _marks(draw: st.DrawFn) -> tuple[str, int, int, int, str]:
    pages = draw(st.integers(1, 99_999))
    return (
        draw(DOCS),
        draw(st.integers(1, 999_999)),
        draw(st.integers(1, pages)),
        pages,
        draw(SHA256),
    )


@given(_marks())
def test_a_page_mark_reads_back_and_fits_the_small_qr_alphabet(
    made: tuple[str, int, int, int, str],
) -> None:
    text = page_mark(*made)
    mark = parse_page_mark(text)
    assert set(text) <= QR_ALPHANUMERIC
    assert (mark.doc, mark.version, mark.page, mark.pages) == made[:4]
    assert same_data(mark, made[4])


@given(_marks(), st.integers(0, 159))
def test_one_changed_bit_of_the_data_hash_is_other_data(
    made: tuple[str, int, int, int, str], bit: int
) -> None:
    changed = f"{int(made[4], 16) ^ 1 << 255 - bit:064x}"
    assert not same_data(parse_page_mark(page_mark(*made)), changed)


def test_the_mark_is_the_text_the_design_fixes() -> None:
    assert page_mark("2019-07", 2, 3, 11, ZEROS) == f"DS1:2019-07:2:3/11:{'A' * 32}"


def test_upper_case_hex_is_the_same_data() -> None:
    mark = parse_page_mark(page_mark("A", 1, 1, 1, "ab" * 32))
    assert same_data(mark, "AB" * 32)


@pytest.mark.parametrize(
    ("doc", "version", "page", "pages", "sha256_hex"),
    [
        ("", 1, 1, 1, ZEROS),
        ("abc", 1, 1, 1, ZEROS),
        ("A:B", 1, 1, 1, ZEROS),
        ("青", 1, 1, 1, ZEROS),
        ("A", 0, 1, 1, ZEROS),
        ("A", 1, 0, 1, ZEROS),
        ("A", 1, 3, 2, ZEROS),
        ("A", 1, 1, 1, "00"),
        ("A", 1, 1, 1, "g" * 64),
    ],
)
def test_a_mark_that_could_not_be_read_back_is_never_made(
    doc: str, version: int, page: int, pages: int, sha256_hex: str
) -> None:
    with pytest.raises(ValueError, match=r"no page mark|no sha256"):
        page_mark(doc, version, page, pages, sha256_hex)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "https://example.com/DS1",
        f"DS2:A:1:1/1:{'A' * 32}",
        f"DS1:A:1:2/1:{'A' * 32}",
        f"DS1:A:01:1/1:{'A' * 32}",
        f"DS1:A:1:1/1:{'A' * 31}",
        f"DS1:A:1:1/1:{'a' * 32}",
        f"DS1:A:1:1/1:{'A' * 32}X",
        f"DS1:A:١:1/1:{'A' * 32}",
        "DS1N:0701234",
    ],
)
def test_a_foreign_code_on_a_page_is_refused(text: str) -> None:
    with pytest.raises(ProblemError) as caught:
        parse_page_mark(text)
    assert caught.value.code == "scan.qr_foreign"


def test_a_mark_is_a_value() -> None:
    text = f"DS1:A:1:1/2:{'A' * 32}"
    assert parse_page_mark(text + "\n") == PageMark("A", 1, 1, 2, "A" * 32)


@given(st.integers(1, 99), st.integers(1, 9999))
def test_a_slip_names_its_case(school: int, number: int) -> None:
    code = case_code(f"{school:02d}", number)
    assert set(slip_mark(code)) <= QR_ALPHANUMERIC
    assert slip_mark(code) == f"DS1N:{code}"
    assert parse_slip_mark(slip_mark(code)) == code


def test_a_slip_names_its_season_and_one_of_0_1_names_none() -> None:
    code = case_code("07", 123)
    text = slip_mark(code, "2026")
    assert set(text) <= QR_ALPHANUMERIC
    assert parse_slip(text) == SlipMark(code, "2026")
    assert parse_slip(slip_mark(code)) == SlipMark(code, "")
    assert parse_slip_mark(text) == code
    with pytest.raises(ValueError, match="slip mark"):
        slip_mark(code, "26")


def test_a_slip_is_never_printed_with_a_wrong_code() -> None:
    with pytest.raises(ProblemError, match=r"case\.code_invalid"):
        slip_mark("0701235")


@pytest.mark.parametrize(
    "text", ["", "0701234", "DS1N:", "DS1N:0701235", "DS1N:07-0123-4", f"DS1:A:1:1/1:{'A' * 32}"]
)
def test_a_foreign_code_on_a_slip_is_refused(text: str) -> None:
    with pytest.raises(ProblemError) as caught:
        parse_slip_mark(text)
    assert caught.value.code == "slip.qr_foreign"


@given(st.integers(1, 99), st.integers(1, 9999), st.integers(1, 99))
def test_a_sheets_mark_reads_back_and_is_no_slips(school: int, number: int, place: int) -> None:
    code = case_code(f"{school:02d}", number)
    mark = sheet_mark(code, place)
    assert set(mark) <= QR_ALPHANUMERIC
    assert parse_sheet_mark(f" {mark}\n") == (code, place)
    with pytest.raises(ProblemError, match=r"slip\.qr_foreign"):
        parse_slip_mark(mark)
    assert parse_sheet_mark(slip_mark(code)) is None
