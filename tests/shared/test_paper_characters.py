"""What a text is on paper, as a phone knows it: the characters of the fonts, and lines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.assets import FONTS
from shared.paper_characters import (
    CHARACTERS_A_LINE,
    MOST_LINES,
    is_printable,
    lines_on_paper,
    missing_characters,
)
from shared.records.kind import LONG
from sync_server.paperwork import glyphs


def test_the_phone_knows_the_characters_that_the_paper_has() -> None:
    charset = glyphs.load_charset(FONTS)
    known = {chr(code) for code in range(0x110000) if is_printable(chr(code))}
    assert charset <= known
    assert all(glyphs.missing_characters(c, charset) == () for c in known - charset)


@given(st.text())
def test_phone_and_paper_miss_the_same_characters(text: str) -> None:
    charset = glyphs.load_charset(FONTS)
    assert missing_characters(text) == glyphs.missing_characters(text, charset)


@given(st.text().filter(lambda text: not text.endswith("\r")))
def test_a_text_is_normalised_the_same_with_a_line_behind_it(text: str) -> None:
    # A text of one plain line is taken as it is; with a line end every character is looked at.
    assert glyphs.normalised(text + "\n") == glyphs.normalised(text) + "\n"


@pytest.mark.parametrize("sign", ["𠮷", "𰻝", "😀"])
def test_a_character_no_font_has_is_found_once(sign: str) -> None:
    assert missing_characters(f"王{sign}{sign}，欧阳𬭼") == (sign,)


@pytest.mark.parametrize(
    ("text", "lines"),
    [("", 0), ("一句话。", 1), ("一\n\n二", 3), ("字" * (CHARACTERS_A_LINE + 1), 2)],
)
def test_lines_are_counted_as_they_are_printed(text: str, lines: int) -> None:
    assert lines_on_paper(text) == lines


def test_the_longest_text_without_line_ends_is_within_its_lines() -> None:
    assert lines_on_paper("字" * LONG.most) <= MOST_LINES
