"""Which bytes are a fact the ledger can store, and what the refusal of others names."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from shared.records.base import Fact, encode
from sync_server.store.fact_validation import as_problem, decode_envelope, problem_of
from tests.support import factory
from tests.support.factory import SEASON
from tests.support.facts import CASE

VISIT: dict[str, Any] = {"met": "self", "outcome": "promised"}
LONG: dict[str, Any] = {**VISIT, "note": "字" * 4001}


def made(kind: str = "visit", **body: Any) -> Fact:
    """A fact of a phone."""
    return factory.raw("01a2249f-1730-7006-9d38-01623639a11d", kind, body, of=CASE)


def corrected(**body: Any) -> Fact:
    """A correction that puts a body in the place of a record's."""
    return made("correction", corrects=made().id, reason="写错了", body=body)


def test_a_fact_is_decoded_and_anything_else_is_none() -> None:
    fact = made(**VISIT)
    assert decode_envelope(encode(fact)) == fact
    nameless = encode(msgspec.structs.replace(fact, id="1"))
    deep = encode(fact)[:-1] + b',"later":' + b"[" * 100_000
    for data in (nameless, deep, b"", b"{}", b"\xff", encode(fact)[:-1]):
        assert decode_envelope(data) is None


@pytest.mark.parametrize(
    ("fact", "problem"),
    [
        (made(**VISIT), ""),
        (made(met="self"), "fact.unreadable"),
        (made(**LONG), "fact.out_of_bounds"),
        (made("later_kind", mood="glad"), ""),
        (made("later_kind", mood="\0"), "fact.out_of_bounds"),
    ],
)
def test_a_fact_is_stored_or_its_problem_is_named(fact: Fact, problem: str) -> None:
    assert problem_of(fact, encode(fact), SEASON) == problem


def test_a_correction_is_held_to_the_bounds_of_the_record_it_is_of() -> None:
    fact = corrected(**LONG)
    assert problem_of(fact, encode(fact), SEASON, "visit") == "fact.out_of_bounds"
    assert problem_of(fact, encode(fact), SEASON) == ""


def test_the_bytes_themselves_are_bounded_too() -> None:
    fact = made(**VISIT)
    hidden = encode(fact)[:-1] + b',"later":"\\u0000"}'
    assert problem_of(fact, hidden, SEASON) == "fact.out_of_bounds"


def test_a_moment_far_from_the_phones_clock_is_sound_only_within_the_season_that_is_known() -> None:
    fact = msgspec.structs.replace(made(**VISIT), captured_at="2047-01-01T10:00:00+08:00")
    assert problem_of(fact, encode(fact), SEASON) == ""
    assert problem_of(fact, encode(fact), None) == "fact.out_of_bounds"
    named = as_problem("fact.out_of_bounds", encode(fact), None).values
    assert named
    assert as_problem("fact.out_of_bounds", encode(fact), SEASON).values == {}


def test_a_refusal_out_of_bounds_names_the_field_made_anew_from_the_bytes() -> None:
    fact = made(**LONG)
    problem = as_problem("fact.out_of_bounds", encode(fact), SEASON)
    assert (problem.code, "备注" in problem.message("zh")) == ("fact.out_of_bounds", True)
    inner = corrected(**LONG)
    problem = as_problem("fact.out_of_bounds", encode(inner), SEASON, "visit")
    assert "备注" in problem.message("zh")


def test_any_other_refusal_is_its_code_alone() -> None:
    assert as_problem("fact.unreadable", encode(made(**LONG)), SEASON).code == "fact.unreadable"
    assert as_problem("fact.out_of_bounds", b"", SEASON).code == "fact.out_of_bounds"
    assert as_problem("fact.conflict", encode(made(**VISIT)), None).code == "fact.conflict"
