"""The code tables: unique, whole in both languages, and tolerant of codes of a later version."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import codes

TABLES = {
    name: table
    for name, table in vars(codes).items()
    if isinstance(table, tuple) and table and isinstance(table[0], codes.Code)
}


def test_every_table_is_looked_at() -> None:
    assert set(TABLES) == {
        "PEOPLE",
        "METHODS",
        "DELIVERIES",
        "CHANNELS",
        "CALLS",
        "REASONS",
        "HANDLINGS",
        "UPDATE_FIELDS",
        "FLAGS",
    }


@pytest.mark.parametrize("name", TABLES)
def test_codes_of_a_table_are_unique_and_have_words_in_both_languages(name: str) -> None:
    table = TABLES[name]
    assert len({row.code for row in table}) == len(table)
    assert all(row.zh and row.en for row in table)


@pytest.mark.parametrize("name", TABLES)
def test_no_word_of_the_tables_is_one_we_avoid(name: str) -> None:
    words = "".join(row.zh for row in TABLES[name])
    assert not [avoided for avoided in ("欠款", "恶意", "老赖", "催讨") if avoided in words]


def test_every_sensitive_reason_has_a_short_code_of_its_own() -> None:
    short = [row.short for row in codes.REASONS if row.sensitive]
    assert all(short)
    assert len(set(short)) == len(short)


def test_illness_disability_death_and_custody_are_sensitive() -> None:
    assert {r.code for r in codes.REASONS if r.sensitive} == {
        "illness",
        "disability",
        "death",
        "imprisoned",
    }


def test_reasons_count_in_groups_a_summary_knows() -> None:
    assert {r.group for r in codes.REASONS} == {"promised", "special", "unreachable", "other"}


def test_only_those_who_owe_may_hear_amounts() -> None:
    assert {"self", "co_borrower"} == codes.MAY_HEAR_AMOUNTS


@given(st.text())
def test_a_code_of_a_later_version_is_its_own_word_and_in_no_group(code: str) -> None:
    known = {row.code for row in codes.REASONS}
    if code not in known:
        row = codes.find(codes.REASONS, code)
        assert (row.code, row.group, row.sensitive) == (code, "", False)
        assert codes.label(codes.REASONS, code) == codes.label(codes.REASONS, code, "en") == code


def test_a_known_code_has_words_in_either_language() -> None:
    assert codes.label(codes.PEOPLE, "co_borrower") == "共同借款人"
    assert codes.label(codes.PEOPLE, "co_borrower", "en") == "co-borrower"
