"""How numbers, days and marks read on paper."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.assets import FONTS
from shared.problems import ProblemError
from shared.typography import FULL, full_width
from sync_server.paperwork import glyphs, words
from sync_server.paperwork.typeset import Job, typeset


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("家长表示愿意,但无力付清;已告知。", "家长表示愿意，但无力付清；已告知。"),
        ("2次:12月12日见本人(王老师);12月15日", "2次：12月12日见本人（王老师）；12月15日"),
        ("应还 1,657.00 元", "应还 1,657.00 元"),
        ("时间 15:20, ok", "时间 15:20, ok"),
        ("(样例)", "（样例）"),
        ("支付宝“在线还款”,进入", "支付宝“在线还款”，进入"),
    ],
)
def test_half_width_marks_beside_chinese_are_printed_full_width(typed: str, printed: str) -> None:
    assert full_width(typed) == printed


@given(st.text(alphabet="汉字abc123,;:()（）“” .", max_size=40))
def test_printing_prose_changes_nothing_but_the_width_of_marks(text: str) -> None:
    narrow = {v: k for k, v in FULL.items()}
    flat = lambda text: "".join(narrow.get(c, c) for c in text)  # noqa: E731 - used twice, below
    assert flat(full_width(text)) == flat(text)


def test_days_are_arabic_without_padding() -> None:
    assert words.day("2019-12-01") == "2019年12月1日"
    assert words.moment("2019-12-18T09:05:00+00:00") == "2019年12月18日17时05分"
    assert words.day("") == ""


def test_a_missing_character_becomes_a_geta_with_its_code() -> None:
    charset = frozenset("王〓\u3000 ")
    assert glyphs.mark_missing({"a": ["王\U00030edd"]}, charset) == {"a": ["王〓{U+30EDD}"]}
    assert glyphs.missing_characters("王\U00030edd\U00030edd㛃", charset) == ("\U00030edd", "㛃")


def test_many_missing_characters_are_noted_once_each_behind_their_text() -> None:
    charset = frozenset("王〓{U+1}= ")
    text = "王㛃㛃\U00030edd"
    assert glyphs.mark_missing(text, charset, many=True) == "王〓〓〓〓{U+36C3 U+30EDD}="
    different = [chr(0x20000 + n) for n in range(glyphs.MOST_FOOTNOTES)]
    assert not glyphs.many_missing([*different, text[:1], "".join(different)], charset)
    assert glyphs.many_missing({"a": [*different, text]}, charset)


def test_a_text_with_the_sign_of_a_mark_is_not_taken_for_one() -> None:
    assert glyphs.mark_missing("〓{U+1}", frozenset("〓{U+1} ")) == "〓 {U+1}"


def test_what_the_typesetter_refuses_is_a_named_problem() -> None:
    job = Job(template="label.typ", view={}, meta={"title": "汇总"}, created_at=datetime.now(UTC))
    with pytest.raises(ProblemError) as refused:
        typeset(job, FONTS)
    assert (refused.value.code, refused.value.values) == ("paper.not_set", {"document": "汇总"})


def test_controls_and_direction_marks_never_reach_paper() -> None:
    charset = frozenset("王ab ")
    assert glyphs.mark_missing("王\u202eab\x00\t王\u200b", charset) == "王ab 王"


@pytest.mark.parametrize("text", ["0000-00-00", "=1+1", "昨天"])
def test_a_day_that_is_none_is_named_so_on_paper(text: str) -> None:
    shown = {words.day(text), words.month_day(text), words.short_day(text), words.moment(text)}
    assert shown == {words.ODD_DAY}


def test_a_run_that_no_line_can_hold_is_broken_for_print() -> None:
    charset = frozenset("1汉 ")
    assert max(map(len, glyphs.mark_missing("1" * 5000, charset).split(" "))) == 400
    assert glyphs.mark_missing("汉" * 5000, charset) == "汉" * 5000
