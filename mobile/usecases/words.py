"""A record, or why it was refused, in words of either language, for history and outbox. No name, no amount."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from mobile.usecases.remote import RefusedError
from shared import codes
from shared.problems import PROBLEMS, ProblemError
from shared.records.base import Fact

_TABLES = {
    "notice_delivery": (
        ("method", codes.METHODS),
        ("outcome", codes.DELIVERIES),
        ("signer_relation", codes.PEOPLE),
    ),
    "visit": (("met", codes.PEOPLE), ("outcome", codes.REASONS)),
    "contact_attempt": (
        ("channel", codes.CHANNELS),
        ("to", codes.PEOPLE),
        ("outcome", codes.CALLS),
    ),
    "contact_update": (("field", codes.UPDATE_FIELDS), ("source", codes.PEOPLE)),
    "statement": (("reason", codes.REASONS), ("handling", codes.HANDLINGS)),
}
_WITHDRAWN = {"zh": "作废", "en": "withdrawn"}


def describe(fact: Fact, language: str = "zh", kind: str = "") -> str:
    """The coded fields as words, joined by a middle dot. A correction, of a record of `kind`, says how it now reads."""
    body: Mapping[str, Any] = fact.body
    if fact.kind == "correction":
        if fact.body.get("withdraw"):
            return _WITHDRAWN[language]
        body = fact.body.get("body") or {}
    words = coded(kind or fact.kind, body, language)
    if body.get("promise_date"):
        words.append(_promised(str(body["promise_date"]), language))
    return " · ".join(words)


def coded(kind: str, body: Mapping[str, Any], language: str = "zh") -> list[str]:
    """The choices of a record, or of a form on its way to one, each in words."""
    return [
        codes.label(table, str(body[name]), language)
        for name, table in _TABLES.get(kind, ())
        if body.get(name)
    ]


def _promised(day: str, language: str) -> str:
    """The day that was promised, as people say it; text that is no day as it is."""
    try:
        promised = date.fromisoformat(day)
    except ValueError:
        return day
    return (
        f"{promised.month}月{promised.day}日"
        if language == "zh"
        else f"{promised.day} {promised:%B}"
    )


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
    """What is wrong and what mends it, one after the other."""
    return ("。" if language == "zh" else ". ").join(
        (problem.message(language), problem.mend(language))
    )
