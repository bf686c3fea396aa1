"""Check that bytes from a phone are a fact that pages, summaries and seals can read later."""

from __future__ import annotations

import msgspec

from shared.bounds import breach
from shared.ids import is_uuid
from shared.problems import ProblemError
from shared.records.base import Fact, decode
from shared.records.registry import read
from shared.season import Season

UNREADABLE = "fact.unreadable"
OUT_OF_BOUNDS = "fact.out_of_bounds"


def decode_envelope(data: bytes) -> Fact | None:
    """Decode a fact; None when the bytes are not a fact, or it has no id to be known by."""
    try:
        fact = decode(data)
    except (ValueError, RecursionError):  # msgspec's errors, bytes that are no UTF-8, deep nesting
        return None
    return fact if is_uuid(fact.id) else None


def problem_of(fact: Fact, data: bytes, season: Season | None, corrected: str = "") -> str:
    """Return why a fact cannot be stored, "" when it can.

    The body of a kind of a later version only has to be within the bounds of any record; the words
    of a correction within those of `corrected`, the kind of the record it is of, where it is known.
    """
    try:
        read(fact)
    except msgspec.ValidationError:
        return UNREADABLE
    return OUT_OF_BOUNDS if breach(fact, data, season, corrected) else ""


def as_problem(code: str, data: bytes, season: Season | None, corrected: str = "") -> ProblemError:
    """Return a refusal with what its sentence names: the field that is out of bounds, and the rule.

    Made anew from the bytes, so that a fact sent again gets the same answer again.
    """
    fact = decode_envelope(data) if code == OUT_OF_BOUNDS else None
    found = breach(fact, data, season, corrected) if fact else None
    return found.problem() if found else ProblemError(code)
