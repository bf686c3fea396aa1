"""A record as a card of the console shows it: its kind, and its fields as label and value in the page's language.

The words come from the kinds of record (shared/records). What this version does not know is shown as itself.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from shared import codes
from shared.records.base import Fact
from shared.records.kind import Field, RecordKind
from shared.records.registry import likely, named
from shared.season import Season
from sync_server.console.web.formatting import Words, kind_label

EMPTY: tuple[object, ...] = ("", [], (), None, False)


class RecordView(msgspec.Struct, frozen=True, kw_only=True):
    """`headline` is read first; `fields` are (label, value); `long` is a text of several lines; `flags` stand out."""

    kind: str
    headline: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    long: str = ""
    flags: tuple[str, ...] = ()
    reviewed: bool = False


def describe(fact: Fact, season: Season, words: Words, *, masked: bool = False) -> RecordView:
    """A record in words.

    Args:
        masked: Whether a phone number or address that it brings is masked as in lists.
    """
    if fact.kind == "correction":
        return _correction(fact, season, words)
    kind, body = named(fact.kind), dict(fact.body)
    head = body.pop(kind.headline, "")
    headline = _value(kind.field(kind.headline), head, season, words)
    if masked and (mask := kind.masks.get(str(body.get(kind.masked_by)))):
        headline = mask(headline)
    long = str(body.pop(kind.long, ""))
    return RecordView(
        kind=kind_label(fact.kind, words),
        headline=headline,
        fields=tuple(_fields(kind, body, season, words)),
        long=long,
        flags=_flags(body.get("flags"), words) if kind.flagged else (),
        reviewed=kind.reviewed,
    )


def _correction(fact: Fact, season: Season, words: Words) -> RecordView:
    """Its reason, and what the record now reads. Of which kind that is, its own body must say."""
    kind, inner = named(fact.kind), fact.body.get("body")
    fields = _fields(kind, {"reason": fact.body.get("reason", "")}, season, words)
    flags: tuple[str, ...] = ()
    if isinstance(inner, Mapping):
        fields += _fields(likely(inner), inner, season, words)
        flags = _flags(inner.get("flags"), words)
    withdrawn = fact.body.get("withdraw")
    return RecordView(
        kind=kind_label(fact.kind, words),
        headline=words("撤回", "withdrawn") if withdrawn else words("改为", "now reads"),
        fields=tuple(fields),
        flags=flags,
        reviewed=kind.reviewed,
    )


def _flags(flags: object, words: Words) -> tuple[str, ...]:
    return tuple(codes.label(codes.FLAGS, str(flag), words.language) for flag in _listed(flags))


def _fields(
    kind: RecordKind, body: Mapping[str, object], season: Season, words: Words
) -> list[tuple[str, str]]:
    """The lines of a body: what is empty, hidden, or has a structure of its own is left out."""
    lines = []
    for name, value in body.items():
        field = kind.field(name)
        hidden = name == "flags" if field is None else not field.shown
        if hidden or value in EMPTY or isinstance(value, Mapping):
            continue
        label = words(*field.label) if field else name
        lines.append((label, _value(field, value, season, words)))
    return lines


def _value(field: Field | None, value: object, season: Season, words: Words) -> str:
    if field and field.table:
        table = season.reasons if field.of_season else field.table
        return codes.label(table, str(value), words.language)
    if field and field.day:
        return words.day(str(value))
    return words("、", ", ").join(_listed(value)) if isinstance(value, list | tuple) else str(value)


def _listed(value: object) -> list[str]:
    return [str(v) for v in value] if isinstance(value, list | tuple) else []
