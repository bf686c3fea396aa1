"""A record in words: its kind, and its fields as label and value in the page's language. Unknown codes stay themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from shared import codes, conduct
from shared.codes import Code
from shared.identity import mask_address, mask_phone
from shared.records.base import Fact
from shared.season import Season
from sync_server.console.web.formatting import Words

KINDS = {
    "notice_delivery": ("送达通知书", "Notice delivered"),
    "contact_attempt": ("联系", "Contact attempt"),
    "contact_update": ("联系方式更新", "Contact update"),
    "visit": ("上门走访", "Visit"),
    "statement": ("情况说明", "Statement"),
    "disclosure": ("查看信息", "Disclosure"),
    "correction": ("更正", "Correction"),
}
_LABELS = {
    "method": ("方式", "Method"),
    "outcome": ("结果", "Outcome"),
    "servers": ("送达人", "Served by"),
    "signer_name": ("签收人", "Signed by"),
    "signer_relation": ("与本人关系", "Relation"),
    "witness": ("见证人", "Witness"),
    "reason": ("原因", "Reason"),
    "note": ("备注", "Note"),
    "flags": ("提示", "Flags"),
    "flag_reason": ("说明理由", "Why"),
    "channel": ("渠道", "Channel"),
    "to": ("对象", "With"),
    "field": ("项目", "Field"),
    "value": ("新内容", "New value"),
    "source": ("来源", "Source"),
    "met": ("见到", "Met"),
    "visitors": ("走访人", "Visitors"),
    "promise_date": ("承诺日期", "Promised for"),
    "narrative": ("情况", "Narrative"),
    "handling": ("拟办意见", "Handling"),
    "evidence": ("证明材料", "Evidence"),
    "evidence_purpose": ("材料用途", "Purpose"),
    "what": ("内容", "What"),
    "purpose": ("用途", "Purpose"),
}
_TABLES: dict[tuple[str, str], tuple[Code, ...]] = {
    ("notice_delivery", "method"): codes.METHODS,
    ("notice_delivery", "outcome"): codes.DELIVERIES,
    ("notice_delivery", "signer_relation"): codes.PEOPLE,
    ("contact_attempt", "channel"): codes.CHANNELS,
    ("contact_attempt", "to"): codes.PEOPLE,
    ("contact_attempt", "outcome"): codes.CALLS,
    ("contact_update", "field"): codes.UPDATE_FIELDS,
    ("contact_update", "source"): codes.PEOPLE,
    ("visit", "met"): codes.PEOPLE,
    ("statement", "handling"): codes.HANDLINGS,
    ("disclosure", "to"): codes.PEOPLE,
    ("disclosure", "what"): conduct.LOOKS,
    ("disclosure", "purpose"): conduct.PURPOSES,
}
_MASKS: dict[str, Callable[[str], str]] = {"phone": mask_phone, "address": mask_address}
_FLAGS = {"notice_delivery", "contact_attempt", "visit"}


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """`headline` is what one reads first; `fields` are (label, value); `long` a narrative; `flags` what to look at."""

    kind: str
    headline: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    long: str = ""
    flags: tuple[str, ...] = ()


def tell(fact: Fact, season: Season, words: Words, *, masked: bool = False) -> Told:
    """A record as a card shows it. `masked`: a phone or address it brings is told as lists tell them."""
    if fact.kind == "correction":
        return _correction(fact, season, words)
    body = dict(fact.body)
    flags = _flags(body.pop("flags", ()), words)
    head = (
        "reason"
        if fact.kind == "statement"
        else "value"
        if fact.kind == "contact_update"
        else "outcome"
    )
    headline = _value(fact.kind, head, body.pop(head, ""), season, words)
    if masked and fact.kind == "contact_update":
        headline = _MASKS.get(str(body.get("field")), str)(headline)
    long = str(body.pop("narrative", ""))
    return Told(
        kind=words(*KINDS.get(fact.kind, (fact.kind, fact.kind))),
        headline=headline,
        fields=tuple(_fields(fact.kind, body, season, words)),
        long=long,
        flags=flags if fact.kind in _FLAGS else (),
    )


def _correction(fact: Fact, season: Season, words: Words) -> Told:
    what = words("撤回", "withdrawn") if fact.body.get("withdraw") else words("改为", "now reads")
    inner = fact.body.get("body")
    fields = [(words("原因", "Reason"), str(fact.body.get("reason", "")))]
    flags: tuple[str, ...] = ()
    if isinstance(inner, Mapping):
        fields += _fields(_kind_of(inner), inner, season, words)
        flags = _flags(inner.get("flags"), words)
    return Told(kind=words(*KINDS["correction"]), headline=what, fields=tuple(fields), flags=flags)


def _flags(said: object, words: Words) -> tuple[str, ...]:
    return tuple(codes.label(codes.FLAGS, str(flag), words.language) for flag in _listed(said))


def _kind_of(body: Mapping[str, object]) -> str:
    """The kind a corrected body is of, told by the field only that kind has."""
    marks = {
        "met": "visit",
        "narrative": "statement",
        "servers": "notice_delivery",
        "channel": "contact_attempt",
    }
    return next((kind for mark, kind in marks.items() if mark in body), "")


def _fields(
    kind: str, body: Mapping[str, object], season: Season, words: Words
) -> list[tuple[str, str]]:
    told = []
    for name, value in body.items():
        if name in ("supersedes", "consent", "position", "flags") or value in (
            "",
            [],
            (),
            None,
            False,
        ):
            continue
        label = words(*_LABELS[name]) if name in _LABELS else name
        told.append((label, _value(kind, name, value, season, words)))
    return told


def _value(kind: str, name: str, value: object, season: Season, words: Words) -> str:
    if (kind, name) in (("visit", "outcome"), ("statement", "reason")):
        return codes.label(season.reasons, str(value), words.language)
    if name == "promise_date":
        return words.day(str(value))
    table = _TABLES.get((kind, name))
    if table is not None:
        return codes.label(table, str(value), words.language)
    return words("、", ", ").join(_listed(value)) if isinstance(value, list | tuple) else str(value)


def _listed(value: object) -> list[str]:
    return [str(v) for v in value] if isinstance(value, list | tuple) else []
