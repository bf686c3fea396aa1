"""A record, or why it was refused, in words of either language, for history and outbox. No name, no amount."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from mobile.usecases.remote import RefusedError
from shared import codes
from shared.problems import PROBLEMS, ProblemError
from shared.records.base import Fact
from shared.records.kind import Field, RecordKind
from shared.records.registry import named

_WITHDRAWN = {"zh": "作废", "en": "withdrawn"}


def describe(fact: Fact, language: str = "zh", kind: str = "") -> str:
    """A record's coded fields and days as words, joined by a middle dot.

    Args:
        kind: For a correction, the kind of the record it corrects: the words say how that now reads.
    """
    body: Mapping[str, Any] = fact.body
    if fact.kind == "correction":
        if fact.body.get("withdraw"):
            return _WITHDRAWN[language]
        body = fact.body.get("body") or {}
    found = _in_words(named(kind or fact.kind), body)
    return " · ".join(_words(field, value, language) for field, value in found)


def coded(kind: RecordKind, body: Mapping[str, Any], language: str = "zh") -> list[str]:
    """The choices of a record, or of a form on its way to one, each in words."""
    found = _in_words(kind, body)
    return [_words(field, value, language) for field, value in found if field.table]


def _in_words(kind: RecordKind, body: Mapping[str, Any]) -> list[tuple[Field, str]]:
    fields = [field for name in kind.in_words if (field := kind.field(name))]
    return [(field, str(body[field.name])) for field in fields if body.get(field.name)]


def _words(field: Field, value: str, language: str) -> str:
    return _day(value, language) if field.day else codes.label(field.table, value, language)


def _day(day: str, language: str) -> str:
    """A day as people say it; text that is no day as it is."""
    try:
        moment = date.fromisoformat(day)
    except ValueError:
        return day
    return f"{moment.month}月{moment.day}日" if language == "zh" else f"{moment.day} {moment:%B}"


def refusal(problem: Mapping[str, object], language: str = "zh") -> str:
    """Why the server refused a record, from its problem details: our own sentences where we know the code."""
    if not problem:
        return ""
    title, detail = (str(problem.get(key) or "") for key in ("title", "detail"))
    code = str(problem.get("code") or "")
    if language == "zh" or code not in PROBLEMS:
        return "。".join(part for part in (title, detail) if part)
    return sentences(RefusedError(code, title, detail), language)


def sentences(problem: ProblemError, language: str = "zh") -> str:
    """What is wrong and what to do about it, one after the other."""
    return ("。" if language == "zh" else ". ").join(
        (problem.message(language), problem.fix(language))
    )
