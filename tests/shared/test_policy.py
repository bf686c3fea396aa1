"""The shipped scripts and policy pages: whole in both languages, short enough to say, kind, and silent about the loan where they must be."""

from __future__ import annotations

import re

import msgspec
import pytest

from shared.policy import POLICY, SCRIPT, SECTIONS, PolicyPage, find, is_note, note_words, spoken
from sync_server.sample.season import pages_2019, policy_2019, scripts_2019

EVERY = pytest.mark.parametrize("page", policy_2019(), ids=lambda page: page.key)
SCRIPTS = pytest.mark.parametrize("page", scripts_2019(), ids=lambda page: page.key)
ZH = PolicyPage(key="k", title_zh="标题", title_en="", zh=("一。",), en=())


def spoken_words(key: str, language: str = "zh") -> str:
    page = find(policy_2019(), key)
    assert page is not None
    return "".join(page.lines(language))


def test_keys_are_unique_and_fit_into_an_address() -> None:
    keys = [page.key for page in policy_2019()]
    assert len(set(keys)) == len(keys)
    assert all(re.fullmatch(r"[a-z-]+", key) for key in keys)


def test_every_situation_of_a_visit_has_its_script() -> None:
    assert {p.key for p in scripts_2019()} == {
        "open-self",
        "open-family",
        "open-neighbour",
        "refused",
        "death",
        "cannot-write",
        "paid",
        "hardship",
        "anger",
        "minor",
        "fraud",
    }
    assert {p.section for p in scripts_2019()} == {SCRIPT}
    assert {p.section for p in pages_2019()} == {POLICY}


@EVERY
def test_both_languages_say_the_same_number_of_things(page: PolicyPage) -> None:
    assert page.section in SECTIONS
    assert page.title_zh
    assert page.title_en
    assert len(page.zh) == len(page.en) > 0
    assert [is_note(line) for line in page.zh] == [is_note(line) for line in page.en]


@SCRIPTS
def test_a_script_is_two_to_four_sentences_to_say_and_each_fits_one_breath(
    page: PolicyPage,
) -> None:
    assert 2 <= len(spoken(page.zh)) <= 4
    assert len(page.zh) <= 6
    assert max(map(len, spoken(page.zh))) <= 60


@EVERY
def test_nothing_shipped_threatens_or_hurts(page: PolicyPage) -> None:
    words = page.title_zh + "".join(page.zh)
    assert not [
        w
        for w in (
            "欠款",
            "恶意",
            "老赖",
            "催收",
            "起诉",
            "法院",
            "曝光",
            "黑名单",
            "后果自负",
            "必须",
        )
        if w in words
    ]


@pytest.mark.parametrize("key", ["open-family", "open-neighbour", "death", "minor"])
def test_scripts_for_people_who_must_not_hear_of_the_loan_do_not_mention_it(key: str) -> None:
    page = find(scripts_2019(), key)
    assert page is not None
    words = "".join((page.title_zh, *spoken(page.zh), page.title_en, *spoken(page.en)))
    assert not re.search(r"[0-9]|还款|贷款|欠|应还|金额|loan|debt|repay|\bdue\b|amount", words)


def test_the_policy_names_ways_dates_help_and_the_warning() -> None:
    words = "".join(line for page in pages_2019() for line in page.zh)
    for must in (
        "支付宝",
        "在线还款",
        "12月20日",
        "9月1日",
        "提前还款",
        "变更就学信息",
        "还款救助",
        "130%",
        "征信",
        "不代收现金",
        "110",
    ):
        assert must in words, must


def test_one_who_cannot_write_is_read_to_and_has_a_witness() -> None:
    assert all(
        word in spoken_words("cannot-write")
        for word in ("念给您听", "手印", "见证人", "本人或共同借款人")
    )


@pytest.mark.parametrize(
    ("line", "note"),
    [
        ("(记着。)", True),
        ("\uff08记着。\uff09", True),
        ("(记着。\uff09", True),
        ("您好(他)", False),
        ("()", False),
        ("", False),
    ],
)
def test_a_paragraph_wholly_in_brackets_is_not_said(line: str, note: bool) -> None:
    assert is_note(line) is note
    assert note_words(line) == ("记着。" if note else line)
    assert spoken((line,)) == (() if note else (line,))


def test_without_english_the_chinese_stands_in() -> None:
    assert (ZH.title("en"), ZH.lines("en")) == ("标题", ("一。",))


def test_a_page_from_before_there_were_sections_is_a_policy_page() -> None:
    old = b'{"key":"k","title_zh":"a","title_en":"b","zh":["c"],"en":["d"]}'
    assert msgspec.json.decode(old, type=PolicyPage).section == POLICY
