"""What an older server could have stored: facts and rows that no check would let in today.

They are written straight into the tables, with a place in the phone's chain and in the feed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st
from sqlalchemy import update

from shared.digest import sha256_hex
from shared.records.kind import RecordKind
from shared.records.registry import KINDS
from sync_server.services import Services
from sync_server.store import feed
from sync_server.store import tables as t
from sync_server.store.database import Connection
from tests.support.county import SEASON
from tests.support.devices import AT, RawPhone, new_id
from tests.support.engines import on_postgresql

MOMENTS = (
    AT,
    "9999-12-31T23:59:59+00:00",
    "0001-01-01T00:00:00+14:00",
    "1970-01-01T00:00:00Z",
    "2035-01-01T00:00:00+08:00",
    "2019-12-12",
    "2019-12-12T10:00:00",
    "0000-00-00",
    "",
    "=1+1",
    "昨天 下午{n}",
    "\x00" * 12,
)
"""Times that a fact or a row may state; the first is a sound one."""
LONG = "一份很长的说明(" * 6_000
"""A hundred kilobytes and more, with brackets that nobody closes."""
DIGITS = "1" * 100_000
TEXTS = (
    "正常",
    "",
    "=1+1",
    "@SUM(A1)",
    "<b>&\"'",
    "{{ 7*7 }}",
    "a\x00b\x07\x1b[31m",
    "\u202e\ufeff",
    "𠮷䶮",
    LONG,
    DIGITS,
)
CODES = ("promised", "claimed_paid", "illness", "unknown_code", "", "=1+1", "<x>")
ODD_VALUES: tuple[Any, ...] = (None, True, 0, -(10**30), 1e300, [], [1, None], {}, {"a": []}, "x")
"""JSON values of every sort, where a record has a text, a list or a position."""


ANYTHING = (*ODD_VALUES, *TEXTS, *CODES, *MOMENTS)
NO_FACTS = (b"", b"null", b"[" * 5000, b"\xff", b'{"id":"\\ud800"}', b'{"id":NaN}')
"""Bytes that are not a fact."""
PHOTOS = (["x"], ["../../etc/passwd", ".."], ["", "\x00"], ["a" * 64], ["b" * 64] * 30)


def envelope(case: str, kind: str = "visit", **changes: Any) -> dict[str, Any]:
    """A fact as JSON, still without checks; `changes` replace or add members."""
    body = {"met": "self", "outcome": "promised", "promise_date": "2019-12-18"}
    made = {
        "id": new_id(),
        "season": SEASON,
        "kind": kind,
        "case": case,
        "captured_at": AT,
        "happened_at": AT,
        "body": body if kind == "visit" else {},
        "photos": [],
    }
    return {**made, **changes}


def as_bytes(fact: dict[str, Any]) -> bytes:
    return json.dumps(fact, ensure_ascii=False).encode("utf-8", "surrogatepass")


def storable(value: object) -> str:
    """A value as a column of the run's database takes it: PostgreSQL's text has no NUL."""
    return str(value).replace("\x00", "?") if on_postgresql() else str(value)


def store(
    services: Services,
    phone: RawPhone,
    facts: Sequence[dict[str, Any] | bytes],
    *,
    received_at: str = "2019-12-12T02:00:00.000+00:00",
) -> list[str]:
    """Store facts as an older server did, at the next places of a phone's chain; their ids."""

    def job(connection: Connection) -> list[str]:
        return [_put(connection, phone, fact, received_at) for fact in facts]

    return services.database.write(job)


def _put(
    connection: Connection, phone: RawPhone, fact: dict[str, Any] | bytes, received_at: str
) -> str:
    data = fact if isinstance(fact, bytes) else as_bytes(fact)
    seen: dict[str, Any] = {} if isinstance(fact, bytes) else fact
    fact_id = str(seen.get("id") or new_id())
    place = phone.chained(data)
    seq = feed.advance(connection, phone.unit, [feed.Line(kind="fact", ref=fact_id)])
    photos = [p for p in seen.get("photos", ()) if isinstance(p, str)]
    connection.execute(
        t.fact.insert(),
        {
            "id": fact_id,
            "season": SEASON,
            "unit": phone.unit,
            "device": phone.device,
            "n": phone.n,
            "link": phone.link,
            "sig": phone.sign(phone.link),
            "sha256": sha256_hex(data),
            "data": data,
            "kind": storable(seen.get("kind", "visit")),
            "case_id": storable(seen.get("case", "")),
            "happened_at": storable(seen.get("happened_at", "")),
            "received_at": received_at,
            "seq": seq,
            "tray": False,
        },
    )
    assert place.n == phone.n
    for sha in dict.fromkeys(photos):
        connection.execute(
            t.fact_photo.insert(),
            {"fact_id": fact_id, "sha256": storable(sha), "unit": phone.unit},
        )
    connection.execute(
        update(t.device).where(t.device.c.id == phone.device).values(n=phone.n, link=phone.link)
    )
    return fact_id


def every_sort(case: str, *, thin: int = 1) -> list[dict[str, Any] | bytes]:
    """A fact for each odd value of each field, and each odd time of each kind.

    Args:
        case: The case they are about.
        thin: Of so many values of a field one is taken, another one for each field.
    """
    made: list[dict[str, Any] | bytes] = []
    for kind in (*KINDS, "later", ""):
        for at in MOMENTS:
            made.append(envelope(case, kind, happened_at=at, captured_at=at))
    for at in MOMENTS:
        claim = {"met": "self", "outcome": "claimed_paid", "note": "12月1日还了300元"}
        made.append(envelope(case, body={"met": "self", "outcome": "x", "promise_date": at}))
        made.append(envelope(case, body=claim, happened_at=at))
        made.append(envelope(case, "notice_delivery", body={"outcome": "signed"}, happened_at=at))
    place = 0
    for kind in KINDS.values():
        for field in kind.fields:
            place += 1
            for value in ANYTHING[place % thin :: thin]:
                made.append(envelope(case, kind.name, body=_sound(kind) | {field.name: value}))
    made += [envelope(case, photos=photos) for photos in PHOTOS]
    ids = [str(fact["id"]) for fact in made if isinstance(fact, dict)]
    for corrected in (ids[0], ids[len(MOMENTS)], "nobody", None, [], 5):
        for body in ({"met": "self", "outcome": "illness"}, None, {}, {"met": 5}, "x"):
            reads = {"corrects": corrected, "reason": "r", "body": body}
            made.append(envelope(case, "correction", body=reads))
    return [*made, *NO_FACTS]


def _sound(kind: RecordKind) -> dict[str, Any]:
    return dict.fromkeys(kind.required, "x")


@st.composite
def facts(draw: st.DrawFn, cases: Sequence[str], most: int = 12) -> list[dict[str, Any] | bytes]:
    """Facts in any order, sound and odd: bodies of their kind and none, corrections of one another."""
    made: list[dict[str, Any] | bytes] = []
    ids = [""]
    value = st.sampled_from(ANYTHING)
    for _ in range(draw(st.integers(1, most))):
        if draw(st.integers(0, 9)) == 9:
            made.append(draw(st.sampled_from(NO_FACTS)))
            continue
        kind = draw(st.sampled_from([*KINDS, "visit", "correction", "later", ""]))
        names = [field.name for field in KINDS[kind].fields] if kind in KINDS else ["outcome"]
        body = _sound(KINDS[kind]) if kind in KINDS and draw(st.booleans()) else {}
        body |= draw(st.dictionaries(st.sampled_from(names), value, max_size=4))
        if kind == "correction":
            inner = st.dictionaries(st.sampled_from(["met", "outcome", "promise_date"]), value)
            body |= {"corrects": draw(st.sampled_from(ids)), "body": draw(st.none() | inner)}
        fact = envelope(
            draw(st.sampled_from(cases)),
            kind,
            body=body,
            happened_at=draw(st.sampled_from(MOMENTS)),
            captured_at=draw(st.sampled_from(MOMENTS)),
            photos=draw(st.just([]) | st.sampled_from(PHOTOS)),
        )
        ids.append(str(fact["id"]))
        made.append(fact)
    return made
