"""What the centre types as a policy page: normalised, limited, and never so long that the notice needs two sheets."""

from __future__ import annotations

from datetime import date

import msgspec
import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.cases import Contract
from shared.policy import PolicyPage
from shared.problems import ProblemError
from sync_server.office.policy_text import (
    HARSH_WORDS,
    MAX_CHARACTERS,
    PRINTED_LIMITS,
    check,
    fingerprint,
    harsh_words,
    loan_words,
    page_from_form,
)
from sync_server.paperwork.notices import render_notices
from sync_server.sample.season import policy_2019
from tests.support.seal_samples import FONTS, inputs

GOOD = {"title_zh": "标题", "zh": "一句。\n\n两句。", "title_en": "Title", "en": "One.\nTwo."}


def refused(key: str = "own-00000000", **changes: str) -> tuple[str, object]:
    with pytest.raises(ProblemError) as problem:
        check(page_from_form(key, "script", {**GOOD, **changes}))
    return problem.value.code, problem.value.values["field"]


def test_a_line_is_a_paragraph_and_blank_ones_are_removed() -> None:
    page = page_from_form("k", "script", {**GOOD, "zh": "  一句。 \r\n\r\n\t两\u0000句。\n"})
    assert page.zh == ("一句。", "两 句。")


@given(st.text())
def test_nothing_typed_makes_a_page_with_a_control_character_or_an_empty_paragraph(
    words: str,
) -> None:
    page = page_from_form("k", "policy", dict.fromkeys(GOOD, words))
    assert all((line and line.isprintable()) or " " in line for line in (*page.zh, *page.en))
    assert not any(c in "\0\r\n\t\x1b" for c in page.title_zh + "".join(page.zh))
    assert (
        page_from_form("k", "policy", {**dict.fromkeys(GOOD, words), "zh": "\n".join(page.zh)}).zh
        == page.zh
    )


@pytest.mark.parametrize("name", ["title_zh", "zh", "title_en", "en"])
def test_an_empty_field_is_refused_by_name(name: str) -> None:
    assert refused(**{name: " \n "}) == ("policy.field_empty", name)


def test_english_may_be_missing_whole() -> None:
    check(page_from_form("k", "script", {**GOOD, "title_en": "", "en": ""}))


@pytest.mark.parametrize("name", sorted(MAX_CHARACTERS))
def test_one_character_too_many_is_refused_by_name(name: str) -> None:
    check(page_from_form("k", "script", {**GOOD, name: "字" * MAX_CHARACTERS[name]}))
    assert refused(**{name: "字" * (MAX_CHARACTERS[name] + 1)}) == ("policy.too_long", name)


def test_too_many_paragraphs_are_refused_by_name() -> None:
    assert refused(zh="一\n" * 11) == ("policy.too_many_paragraphs", "zh")


def test_every_shipped_text_passes_its_own_rules() -> None:
    for page in policy_2019():
        check(page)
        assert (harsh_words(page), loan_words(page)) == ((), ()), page.key


def test_words_that_hurt_are_named() -> None:
    assert [
        w
        for w in HARSH_WORDS
        if harsh_words(page_from_form("k", "script", {**GOOD, "zh": f"您这是{w}。"}))
    ] == list(HARSH_WORDS)


def test_what_is_said_to_family_may_not_name_the_loan_but_a_note_may() -> None:
    loose = page_from_form(
        "open-family", "script", {**GOOD, "zh": "您家有一笔贷款。\n(不说还款。)"}
    )
    assert loan_words(loose) == ("贷款",)
    assert loan_words(msgspec.structs.replace(loose, key="open-self")) == ()


def test_equal_pages_have_equal_fingerprints_and_no_page_has_none() -> None:
    page = policy_2019()[0]
    assert fingerprint(page) == fingerprint(msgspec.structs.replace(page))
    assert fingerprint(page) != fingerprint(msgspec.structs.replace(page, en=("x",)))
    assert fingerprint(None) == ""


def longest(key: str) -> PolicyPage:
    """The longest Chinese a printed page may have, spread so that it takes most lines."""
    count, letters = PRINTED_LIMITS[key]
    first = ("字",) if key == "repay" else ()  # the notice leaves this one out
    rest = count - len(first)
    each = (letters - len(first)) // rest
    return PolicyPage(
        key=key, title_zh="字", title_en="", zh=(*first, *("字" * each,) * rest), en=()
    )


def test_the_longest_printed_texts_still_leave_the_notice_and_its_slip_on_one_sheet() -> None:
    base = inputs(1, 0)
    pages = tuple(longest(key) for key in PRINTED_LIMITS)
    for page in pages:
        check(page)
    many = tuple(
        Contract(
            contract_no=f"6105992013{n:05d}",
            loan_year="2013",
            principal_fen=100_000,
            interest_fen=n,
        )
        for n in range(8)
    )
    case = msgspec.structs.replace(base.cases[0], contracts=many)
    season = msgspec.structs.replace(base.season, policy=pages)
    with pypdfium2.PdfDocument(
        render_notices((case,), season, "青石镇中心校", date(2019, 11, 25), FONTS)
    ) as pdf:
        first = "".join(pdf[0].get_textpage().get_text_range().split())
        assert all("".join(p.split()) in first for page in pages for p in page.zh[:1])
        assert "签收单" in first
        assert len(pdf) <= 2  # the contracts one by one on a sheet behind it
