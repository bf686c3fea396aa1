"""The table of problems: whole in both languages, and every refusal can be shown."""

from __future__ import annotations

import re
from string import Formatter

import pytest

from shared.problems import PROBLEMS, TABLE, Problem, ProblemError, Where, details, fill
from tests.support.for_each import for_each

FIXERS = {"teacher", "liaison", "centre", "operator", "developer"}
ROWS = for_each(TABLE, lambda row: row.code)


def _values(*sentences: str) -> set[str]:
    return {
        name
        for sentence in sentences
        for _, name, _, _ in Formatter().parse(sentence)
        if name is not None
    }


def test_codes_are_unique_and_sorted() -> None:
    codes = [row.code for row in TABLE]
    assert codes == sorted(set(codes))
    assert list(PROBLEMS) == codes


@ROWS
def test_a_code_is_one_or_two_plain_words(row: Problem) -> None:
    assert re.fullmatch(r"[a-z_]+(\.[a-z0-9_]+)?", row.code)


@ROWS
def test_both_languages_use_the_same_values(row: Problem) -> None:
    assert _values(row.zh) == _values(row.en)
    assert _values(row.fix_zh) == _values(row.fix_en)
    assert all(name.isidentifier() for name in _values(row.zh, row.fix_zh))


@ROWS
def test_no_value_is_named_like_an_argument_of_the_error(row: Problem) -> None:
    assert _values(row.zh, row.fix_zh).isdisjoint({"self", "code", "where"})


@ROWS
def test_every_sentence_is_there_in_its_language(row: Problem) -> None:
    for chinese, english in ((row.zh, row.en), (row.fix_zh, row.fix_en)):
        assert re.search(r"[\u4e00-\u9fff]", chinese)
        # English may quote the word a cell must hold (是, 附件1), but is not made of it.
        assert len(re.findall(r"[A-Za-z]", english)) > 2 * len(
            re.findall(r"[\u4e00-\u9fff]", english)
        )


@ROWS
def test_the_status_is_an_error_and_the_fixer_is_known(row: Problem) -> None:
    assert 400 <= row.status <= 599
    assert row.fixable_by in FIXERS


@ROWS
def test_every_problem_becomes_problem_details(row: Problem) -> None:
    values = dict.fromkeys(_values(row.zh, row.fix_zh), "甲")
    error = ProblemError(
        row.code, where=Where(file="名单.xlsx", row=4, column="身份证号码"), **values
    )
    for language in ("zh", "en"):
        shown = details(error, language)
        assert shown == {
            "type": f"urn:doorstep:problem:{row.code}",
            "title": error.message(language),
            "status": row.status,
            "detail": error.fix(language),
            "code": row.code,
            "file": "名单.xlsx",
            "row": 4,
            "column": "身份证号码",
        }
        assert "?" not in fill(row.zh, values)
        assert "{" not in shown["title"] + shown["detail"]


def test_details_name_no_place_when_there_is_none() -> None:
    assert set(details(ProblemError("auth.required"))) == {
        "type",
        "title",
        "status",
        "detail",
        "code",
    }


def test_a_page_is_named() -> None:
    assert details(ProblemError("scan.qr_foreign", where=Where(page=3)))["page"] == 3


def test_a_missing_value_shows_as_a_question_mark() -> None:
    assert ProblemError("money.unreadable").message("en") == "Not an amount: ?"


def test_an_unregistered_code_is_a_mistake_of_ours() -> None:
    with pytest.raises(KeyError):
        ProblemError("no.such_code")
