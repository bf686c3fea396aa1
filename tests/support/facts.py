"""Facts made up from what the kinds declare: some within their bounds, some not.

`accepted_facts` and `histories` give what a ledger takes, odd as it may look; `hostile_facts` gives bytes that it refuses.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime, timedelta, timezone
from functools import cache
from typing import Any

import msgspec
from hypothesis import strategies as st

from shared.records import shapes
from shared.records.base import Fact, encode
from shared.records.kind import Field, RecordKind
from shared.records.registry import KINDS
from tests.support.factory import SEASON

CASE = "01a2249f-1730-7006-9d38-01623639a11c"
IDS = st.uuids().map(str)
HASHES = st.binary(min_size=32, max_size=32).map(bytes.hex)
TOKENS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}", fullmatch=True)
ODD = (
    "",
    " ",
    "=1+1",
    "@SUM(A1)",
    "-2",
    "<script>alert(1)</script>",
    "#eval(1) $x$ *粗* _斜_ @ref \\ \\u{1F}",
    "{{ 7 * 7 }}",
    "%s {name} {0}",
    "../../etc/passwd",
    "0000-00-00",
    "9999-12-31T23:59:59+00:00",
    "NULL",
    "None",
    "李䶮𠮷",
    "阿卜杜热合曼·买买提",
    "\u202e右到左\u202c",
    "👨‍👩‍👧‍👦",
    "e\u0301\u0301\u0301\u0301",
    "一行\n两行\r\n三行\t完",
    "\u2028\u2029\u200b\ufeff",
    "\ue000\U00100000",
    "610599199001011234",
    "19200001111",
)
"""Texts that are allowed and that a page, a sheet, a print or a database could stumble over."""
CLEAN = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-shapes.MOST_WHOLE, shapes.MOST_WHOLE)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(ODD)
    | st.text(CLEAN, max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(CLEAN, max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


LATER_KIND = TOKENS.filter(lambda name: name not in KINDS)
LATER_BODY: st.SearchStrategy[dict[str, Any]] = st.dictionaries(
    st.text(CLEAN, max_size=8) | st.just("outcome"), JSON, max_size=4
)
PHOTOS = st.lists(HASHES, max_size=2)


@cache
def texts(most: int, *, lines: bool = True) -> st.SearchStrategy[str]:
    """Texts of a length, the longest among them."""
    odd = [text[:most] for text in ODD if lines or text.isprintable() or "\n" not in text]
    return st.one_of(
        st.sampled_from(odd), st.text(CLEAN, max_size=min(most, 20)), st.just("长" * most)
    )


def values(field: Field) -> st.SearchStrategy[Any]:
    """Values of a field, as JSON holds them."""
    return values_of(field.holds)


def values_of(shape: shapes.Shape) -> st.SearchStrategy[Any]:
    """Values within a shape. A new shape needs its values here."""
    match shape:
        case shapes.Text():
            return texts(shape.most, lines=shape.lines)
        case shapes.Token():
            known = [row.code for row in shape.table]
            return st.sampled_from([*known, ""]) | TOKENS
        case shapes.Day():
            days = st.dates(
                date(shapes.RECORD_YEARS[0], 1, 1), date(shapes.RECORD_YEARS[-1], 12, 31)
            )
            return st.just("") | days.map(date.isoformat)
        case shapes.RecordId():
            return st.just("") | IDS
        case shapes.Hash():
            return HASHES
        case shapes.YesNo():
            return st.booleans()
        case shapes.Many():
            return st.lists(values_of(shape.of), max_size=min(shape.most, 3))
        case shapes.Place():
            return st.none() | st.fixed_dictionaries(
                {"latitude_deg": st.floats(-90, 90), "longitude_deg": st.floats(-180, 180)},
                optional={"accuracy_m": st.none() | st.floats(-1, 1e8), "crs": TOKENS},
            )
        case shapes.Anything():
            return st.none() | st.dictionaries(st.text(CLEAN, max_size=8), JSON, max_size=3)
    raise TypeError(f"no values for {shape}")


def bodies(kind: RecordKind) -> st.SearchStrategy[dict[str, Any]]:
    """Bodies of a kind: every required field, some of the others, at times one of a later version."""
    return _bodies(kind.name)


@cache
def _bodies(name: str) -> st.SearchStrategy[dict[str, Any]]:
    """Built once: a strategy costs more than what is drawn from it."""
    kind = KINDS[name]
    needed = {f.encode_name for f in msgspec.structs.fields(kind.body) if f.required}
    return st.fixed_dictionaries(
        {f.name: values(f) for f in kind.fields if f.name in needed},
        optional={
            **{f.name: values(f) for f in kind.fields if f.name not in needed},
            "of_a_later_version": JSON,
        },
    )


@cache
def moments() -> st.SearchStrategy[str]:
    """Times around the season with an offset, as phones in any zone write them."""
    around = datetime.combine(SEASON.due_day, datetime.min.time())
    zones = st.integers(-12 * 4, 14 * 4).map(lambda q: timezone(timedelta(minutes=15 * q)))
    near = st.datetimes(around - timedelta(days=300), around + timedelta(days=300), timezones=zones)
    return near.map(datetime.isoformat)


@cache
def clocks() -> st.SearchStrategy[str]:
    """Times of phones whose clock may be years off."""
    years = st.sampled_from(["1969-12-31", "2001-01-01", "2047-06-30", "2199-12-30"])
    return years.map(lambda day: f"{day}T12:00:00+08:00") | moments()


@st.composite
def accepted_facts(
    draw: st.DrawFn,
    case: str = CASE,
    earlier: Sequence[Fact] = (),
    kinds: Sequence[str] = tuple(KINDS),
) -> Fact:
    """A fact within its bounds.

    Args:
        draw: Hypothesis.
        case: The case it is about.
        earlier: Facts a correction may correct: it then often reads like one of their kind.
        kinds: The kinds to choose from; "" stands for one of a later version.
    """
    name = draw(st.sampled_from([*kinds, "correction"] if earlier else list(kinds)))
    if name in KINDS:
        body = draw(bodies(KINDS[name]))
    else:
        name, body = (
            draw(TOKENS.filter(lambda t: t not in KINDS)),
            draw(
                st.dictionaries(st.text(CLEAN, max_size=8) | st.just("outcome"), JSON, max_size=4)
            ),
        )
    if name == "correction" and earlier:
        target = draw(st.sampled_from(list(earlier)))
        body["corrects"] = target.id
        if target.kind in KINDS and draw(st.booleans()):
            body["body"] = draw(bodies(KINDS[target.kind]))
    captured = draw(clocks())
    return Fact(
        id=draw(IDS),
        season=SEASON.id,
        kind=name,
        case=case,
        captured_at=captured,
        happened_at=draw(st.just(captured) | moments()),
        body=body,
        photos=tuple(draw(PHOTOS)),
    )


@st.composite
def histories(draw: st.DrawFn, case: str = CASE, most: int = 6) -> list[Fact]:
    """Facts of one case in order, corrections of earlier ones and kinds of a later version among them."""
    made: list[Fact] = []
    for _ in range(draw(st.integers(1, most))):
        made.append(draw(accepted_facts(case, tuple(made), (*KINDS, ""))))
    return made


SPOILT_TEXTS = ("a\0b", "\x1b[2J", "\x7f", "\x85", "\ufffe", "x" * 100_000, "[" * 2000)
SPOILT: tuple[Any, ...] = (
    *SPOILT_TEXTS,
    None,
    True,
    -1,
    2**53 + 1,
    10**300,
    1e308,
    [],
    {},
    [[[[]]]],
    {"a": 1},
    ["x"] * 1000,
    {str(n): n for n in range(1000)},
)
SPOILT_ENVELOPE: dict[str, tuple[Any, ...]] = {
    "id": ("", "x", "A" * 36, "a" * 100_000, *SPOILT_TEXTS),
    "season": ("", "二〇一九", "2019 ", *SPOILT_TEXTS),
    "kind": ("", "visit\n", "一种", *SPOILT_TEXTS),
    "case": ("", " ", "c" * 41, *SPOILT_TEXTS),
    "captured_at": (
        "",
        "yesterday",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59+00:00",
        "1900-12-31T23:59:59+00:00",
        "2200-01-01T00:00:00+00:00",
        "2019-12-12T10:00:00",
        "2019-13-12T10:00:00+08:00",
        "2019-12-12T10:00:00+99:00",
        "٢٠١٩-12-12T10:00:00+08:00",
        *SPOILT_TEXTS,
    ),
    "photos": (["x"], ["../../etc/passwd"], ["A" * 64], ["a" * 64] * 101),
}
SPOILT_ENVELOPE["happened_at"] = (
    *SPOILT_ENVELOPE["captured_at"],
    "1989-06-01T10:00:00+08:00",
    "2150-06-01T10:00:00+08:00",
)
GARBAGE = st.one_of(
    st.binary(max_size=40),
    st.sampled_from(
        [b"null", b"[]", b"{}", b'"', b"[" * 5000, b'{"a":' * 300, b'{"id":"\\ud800"}']
    ),
    JSON.map(lambda value: json.dumps(value).encode()),
)
"""Bytes that are not a fact."""


@st.composite
def spoilt_facts(draw: st.DrawFn, case: str = CASE) -> bytes:
    """A fact with one value of its envelope or one field of its body out of bounds."""
    fact = draw(accepted_facts(case))
    # Near the season, so that `happened_at` is judged by it and not by a clock that is off as well.
    value = {**msgspec.to_builtins(fact), "captured_at": draw(moments())}
    value["happened_at"] = value["captured_at"]
    if draw(st.booleans()):
        name = draw(st.sampled_from(sorted(SPOILT_ENVELOPE)))
        value[name] = draw(st.sampled_from(SPOILT_ENVELOPE[name]))
    else:
        field = draw(st.sampled_from(KINDS[fact.kind].fields))
        worse = [bad for bad in SPOILT if field.holds.broken(bad) is not None]
        value["body"] = {**value["body"], field.name: draw(st.sampled_from(worse))}
    return json.dumps(value).encode()


def hostile_facts(case: str = CASE) -> st.SearchStrategy[bytes]:
    """Bytes that no ledger takes: garbage, and facts with one value out of bounds."""
    halves = accepted_facts(case).map(
        lambda f: encode(f).replace(b'"season":"', b'"season":"\\ud800')
    )
    return st.one_of(GARBAGE, spoilt_facts(case), halves)
