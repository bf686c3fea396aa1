"""Records and problems as texts for history and outbox. No name, no amount."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from mobile.store.meta import ProblemNote
from mobile.usecases.remote import RefusedError
from mobile.usecases.text import Text
from shared import codes
from shared.problems import PROBLEMS, ProblemError
from shared.records.base import Fact
from shared.records.kind import Field, RecordKind
from shared.records.registry import named

_WITHDRAWN = Text("整条作废", "withdrawn")


def describe(fact: Fact, kind: str = "") -> Text:
    """Describe a record by its coded fields and days, joined by a middle dot.

    Args:
        fact: The record.
        kind: For a correction, the kind of the record it corrects: the words say how that now
            reads.

    """
    body: Mapping[str, Any] = fact.body
    if fact.kind == "correction":
        if fact.body.get("withdraw"):
            return _WITHDRAWN
        body = fact.body.get("body") or {}
    found = _in_words(named(kind or fact.kind), body)
    zh, en = (
        " · ".join(_words(field, value, language) for field, value in found)
        for language in ("zh", "en")
    )
    return Text(zh, en)


def code_words(table: tuple[codes.Code, ...], code: str, language: str = "zh") -> str:
    """Return the words of a code as a phone shows them; an unknown code as itself."""
    row = codes.find(table, code)
    return Text(row.zh, row.en).in_language(language)


def coded(kind: RecordKind, body: Mapping[str, Any], language: str = "zh") -> list[str]:
    """Return the chosen codes of a record or an unfinished form, each in words.

    Args:
        kind: The kind of the record.
        body: Its fields; a form's fields have the same names.
        language: `zh` or `en`.

    """
    found = _in_words(kind, body)
    return [_words(field, value, language) for field, value in found if field.table]


def _in_words(kind: RecordKind, body: Mapping[str, Any]) -> list[tuple[Field, str]]:
    fields = [field for name in kind.in_words if (field := kind.field(name))]
    return [(field, str(body[field.name])) for field in fields if body.get(field.name)]


def _words(field: Field, value: str, language: str) -> str:
    return day_of(value, language) if field.day else code_words(field.table, value, language)


def day_of(day: str, language: str) -> str:
    """A day in words; text that is not a day comes back unchanged."""
    try:
        moment = date.fromisoformat(day)
    except ValueError:
        return day
    return f"{moment.month}月{moment.day}日" if language == "zh" else f"{moment.day} {moment:%B}"


def refusal(problem: Mapping[str, object]) -> Text:
    """Say why the server refused a record.

    Args:
        problem: The server's problem details; an empty mapping gives an empty text.

    Returns:
        The server's own sentences in Chinese, and ours in English where this version knows the
            code.

    """
    if not problem:
        return Text()
    title, detail = (str(problem.get(key) or "") for key in ("title", "detail"))
    code = str(problem.get("code") or "")
    zh = "。".join(part for part in (title, detail) if part)
    known = code in PROBLEMS
    return Text(zh, _sentences(RefusedError(code, title, detail), "en") if known else zh)


def sentences(problem: ProblemError) -> Text:
    """Say what is wrong and what to do about it."""
    return Text(_sentences(problem, "zh"), _sentences(problem, "en"))


def wrong(problem: ProblemError) -> Text:
    """Say what is wrong."""
    return Text(problem.message("zh"), problem.message("en"))


def fix(problem: ProblemError) -> Text:
    """Say what to do about it."""
    return Text(problem.fix("zh"), problem.fix("en"))


def _sentences(problem: ProblemError, language: str) -> str:
    return ("。" if language == "zh" else ". ").join(
        (problem.message(language), problem.fix(language))
    )


def note_of(problem: ProblemError) -> ProblemNote:
    """Return what the phone keeps of a problem: its code and values, no rendered sentence."""
    if isinstance(problem, RefusedError):
        return ProblemNote(code=problem.code, title=problem.title, detail=problem.detail)
    values = {name: v if isinstance(v, int) else str(v) for name, v in problem.values.items()}
    return ProblemNote(code=problem.code, values=values)


def note_text(note: ProblemNote | None) -> Text:
    """Render a kept problem; None gives an empty text."""
    if note is None:
        return Text()
    if note.code not in PROBLEMS:
        return Text("。".join(part for part in (note.title, note.detail) if part))
    row = PROBLEMS[note.code]
    if note.title and not note.detail and "{" in row.zh + row.fix_zh:
        return Text(note.title)  # from 0.1, whose values are in the sentence alone
    if note.title:
        return sentences(RefusedError(note.code, note.title, note.detail))
    return sentences(ProblemError(note.code, None, **note.values))
