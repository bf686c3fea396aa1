"""A record as the console shows it: its kind, and its fields as label and value.

The labels come from shared/records. What this version does not know is shown unchanged.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from shared import codes
from shared.records.base import Fact
from shared.records.kind import Field, RecordKind
from shared.records.registry import KINDS, fits, likely, named
from shared.season import Season
from sync_server.console.web.formatting import Words, kind_label

EMPTY: tuple[object, ...] = ("", [], (), None, False)


class RecordView(msgspec.Struct, frozen=True, kw_only=True):
    """A record in words: `headline` first, `fields` as (label, value), `long` text, `flags`.

    `paper`: the account that typed it in, for one from paper; "" for a phone's. `when`: the time it
    states. A time that the season cannot hold and a body that does not fit are
    shown as they stand, with a mark.
    """

    kind: str
    headline: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    long: str = ""
    flags: tuple[str, ...] = ()
    reviewed: bool = False
    when: str = ""
    paper: str = ""


def describe(
    fact: Fact, season: Season, words: Words, *, masked: bool, whole: bool = True
) -> RecordView:
    """Describe a record in the page's language.

    Args:
        fact: The record as the phone sent it.
        season: The season whose reasons the codes are looked up in.
        words: The page's language.
        masked: Whether a new phone number or address is masked, in a correction of it too.
        whole: Whether it is all of the record; of a part nobody can say that it does not fit.
    """
    view = _of_kind(fact, season, words, masked=masked)
    flags = (
        view.flags
        if not whole or fits(fact)
        else (*view.flags, words("内容不正常", "contents do not fit"))
    )
    when, paper = words.stated(fact.happened_at, season), fact.paper.keyed_by if fact.paper else ""
    return msgspec.structs.replace(view, flags=flags, when=when, paper=paper)


def _of_kind(fact: Fact, season: Season, words: Words, *, masked: bool) -> RecordView:
    if fact.kind == "correction":
        return _correction(fact, season, words, masked=masked)
    kind, body = named(fact.kind), _shown_body(named(fact.kind), fact.body, masked=masked)
    head = body.pop(kind.headline, "")
    long = str(body.pop(kind.long, ""))
    return RecordView(
        kind=kind_label(fact.kind, words),
        headline=_value(kind.field(kind.headline), head, season, words),
        fields=tuple(_fields(kind, body, season, words)),
        long=long,
        flags=_flags(body.get("flags"), words) if kind.flagged else (),
        reviewed=kind.reviewed,
    )


def _correction(fact: Fact, season: Season, words: Words, *, masked: bool) -> RecordView:
    """Describe a correction: its reason, and the body it puts in place of the record's.

    The envelope does not name the corrected record's kind; the body has to show it.
    """
    kind, inner = named(fact.kind), fact.body.get("body")
    fields = _fields(kind, {"reason": fact.body.get("reason", "")}, season, words)
    flags: tuple[str, ...] = ()
    if isinstance(inner, Mapping):
        of_record = likely(inner)
        body = _shown_body(of_record, inner, masked=masked)
        fields += _fields(of_record, body, season, words)
        flags = _flags(inner.get("flags"), words)
    withdrawn = fact.body.get("withdraw")
    return RecordView(
        kind=kind_label(fact.kind, words),
        headline=words("整条作废", "withdrawn") if withdrawn else words("改为", "now reads"),
        fields=tuple(fields),
        flags=flags,
        reviewed=kind.reviewed,
    )


def _shown_body(kind: RecordKind, body: Mapping[str, Any], *, masked: bool) -> dict[str, Any]:
    """Copy a body, with what its kind declares as maskable masked if asked.

    A body whose kind is unknown is masked by every kind that could mask it: rather too much.
    """
    shown = dict(body)
    if masked:
        for each in (kind,) if kind.name else KINDS.values():
            mask = each.masks.get(str(body.get(each.masked_by)))
            if mask and each.headline in body:
                shown[each.headline] = mask(str(body[each.headline]))
    return shown


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
        return words.stated(str(value), season)
    return words("、", ", ").join(_listed(value)) if isinstance(value, list | tuple) else str(value)


def _listed(value: object) -> list[str]:
    return [str(v) for v in value] if isinstance(value, list | tuple) else []
