"""A push of many facts does what the same facts do one at a time: outcomes, receipt lines, stored rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from shared import wire
from shared.digest import GENESIS, link, sha256_hex
from shared.records.base import decode, encode
from sync_server.services import Services
from sync_server.store import ledger
from sync_server.store import tables as t
from sync_server.store.database import Connection
from sync_server.store.received_fact import ReceivedFact
from sync_server.store.resolution import ASKED, DROPPED
from tests.support.county import fill
from tests.support.devices import RawPhone, fact_bytes
from tests.support.pushes import AT, ids_of, rows_of, stored_phone

PHOTOS = tuple(sha256_hex(bytes([i])) for i in range(3))
NEXT = ("new", "photo", "correction", "correction of it", "conflict", "elsewhere", "unreadable")
REFUSED = ("far", "unknown case", "other school", "other season", "paper", "copy of another phone")
PLACES = ("again", "again at the next place", "damaged", "gap", "fork")
MOVES = (*NEXT, *REFUSED, *PLACES)
COUNTED = {"id", "seq", "version"}


class Chain:
    """Facts of one phone in the order of its chain, and what goes wrong on the way."""

    def __init__(self, own: Sequence[str], others: Sequence[str], copied: Sequence[bytes]) -> None:
        self.n, self.link = 0, GENESIS
        self.own, self.others, self.copied = own, others, copied
        self.items: list[ReceivedFact] = []

    def add(self, move: str, turn: int) -> None:
        """Add what a move brings; `turn` chooses among what is there already."""
        before = self.items[turn % len(self.items)] if self.items else None
        if move == "again" and before:
            self.items.append(before)
        elif move == "again at the next place" and before:
            self._next(before.data)
        elif move == "damaged":
            self._at(self.n + 1, self._data("new", turn, before), signed=False)
        elif move == "gap":
            self._at(self.n + 2, self._data("new", turn, before))
        elif move == "fork":
            self._at(max(1, self.n), self._data("new", turn, before))
        else:
            self._next(self._data(move, turn, before))

    def _next(self, data: bytes) -> None:
        self._at(self.n + 1, data)
        self.n, self.link = self.n + 1, self.items[-1].link

    def _at(self, n: int, data: bytes, *, signed: bool = True) -> None:
        at = link(self.link, sha256_hex(data))
        self.items.append(ReceivedFact(data=data, n=n, link=at, sig=b"", signed=signed))

    def _data(self, move: str, turn: int, before: ReceivedFact | None) -> bytes:
        case = self.own[turn % len(self.own)]
        made = fact_bytes(case)
        if move == "unreadable":
            return b"\xff%d" % len(self.items)
        if move == "photo":
            return fact_bytes(case, photos=PHOTOS[: 1 + turn % 3])
        if move == "copy of another phone":
            return self.copied[turn % len(self.copied)]
        changes: dict[str, dict[str, Any]] = {
            "far": {"happened_at": "1971-01-01T00:00:00+08:00"},
            "unknown case": {"case": "no-such-case"},
            "other school": {"case": self.others[turn % len(self.others)]},
            "elsewhere": {"case": self.own[-1]},  # a colleague's
            "other season": {"season": "2018"},
            "paper": {"paper": {"keyed_by": "a", "visited_by": "b"}},
        }
        if move in changes:
            return _changed(made, **changes[move])
        try:
            earlier = decode(before.data) if before else None
        except ValueError:
            earlier = None
        if earlier is None:
            return made
        if move == "conflict":
            return _changed(made, id=earlier.id, happened_at="2019-12-12T11:00:00+08:00")
        if move.startswith("correction"):
            words = dict(earlier.body)
            if move == "correction of it":
                words["outcome"] = "x" * (9 + 9999 * (turn % 2))
            body = {"corrects": earlier.id, "reason": "typo", "body": words}
            return _changed(made, kind="correction", case=earlier.case, body=body)
        return made


def _changed(data: bytes, **changes: Any) -> bytes:
    members = msgspec.json.decode(data)
    members.update(changes)
    return encode(decode(msgspec.json.encode(members)))


def ways(services: Services, phone: RawPhone, chain: Chain, cut: int, decisions: int) -> list[Any]:
    """What is answered and stored when the rest comes at once, and when it comes one at a time."""

    def both(connection: Connection) -> list[Any]:
        for item in chain.items[:cut]:
            ledger.push(connection, phone.device, [item], AT)
        _decide(connection, phone, decisions)
        rest = chain.items[cut:]
        return [
            _taken_back(connection, partial(_pushed, connection, phone, parts))
            for parts in ([rest], [[item] for item in rest])
        ]

    with pytest.raises(_DoneError) as done:
        services.database.write(lambda c: _raise(both(c)))
    return done.value.args[0]


class _DoneError(Exception):
    """Carries a result out of a transaction that is taken back."""


def _raise(found: object) -> None:
    raise _DoneError(found)


def _taken_back(connection: Connection, job: Callable[[], Any]) -> Any:
    with connection.begin_nested() as begun:
        found = job()
        begun.rollback()
    return found


def _decide(connection: Connection, phone: RawPhone, decisions: int) -> None:
    """Ask for, or drop, some of what was set apart."""
    q = t.quarantine.c
    query = select(q.sha256).where(q.device == phone.device).order_by(q.n, q.code)
    for place, sha256 in enumerate(connection.execute(query).scalars().all()):
        how = ("", ASKED, DROPPED)[decisions // 3**place % 3]
        if how:
            values = {"settled_at": AT, "resolution": how, "resolved_reason": "r"}
            connection.execute(update(t.quarantine).where(q.sha256 == sha256).values(**values))


def _pushed(connection: Connection, phone: RawPhone, parts: Sequence[list[ReceivedFact]]) -> Any:
    outcomes: list[wire.Outcome] = []
    lines: list[wire.ReceiptLine] = []
    for part in parts:
        more, stored = ledger.push(connection, phone.device, part, AT)
        outcomes += more
        lines += stored
    by_seq = select(t.fact.c.seq, t.fact.c.id).order_by(t.fact.c.unit, t.fact.c.seq)
    place = {row.seq: number for number, row in enumerate(connection.execute(by_seq))}
    answered = [
        msgspec.structs.replace(o, seq=None if o.seq is None else place[o.seq]) for o in outcomes
    ]
    receipt = [msgspec.structs.replace(line, seq=place[line.seq or 0]) for line in lines]
    return answered, receipt, _stored(connection)


def _stored(connection: Connection) -> Any:
    """Every row that a push writes, without the numbers that depend on how many pushes there were."""
    tables = (t.fact, t.fact_photo, t.quarantine, t.device, t.device_day, t.case_file)
    c = t.change.c
    feed = list(connection.execute(select(c.unit, c.kind, c.ref, c.seq).order_by(c.unit, c.seq)))
    newest = {row.ref: row.seq for row in feed if row.kind == "case"}
    versions = dict(connection.execute(select(t.case_file.c.id, t.case_file.c.version)).all())
    heads = dict(connection.execute(select(t.feed.c.unit, t.feed.c.head)).all())
    assert {case: versions[case] for case in newest} == newest
    for unit, head in heads.items():
        assert [row.seq for row in feed if row.unit == unit] == list(range(1, head + 1))
    return (
        [rows_of(connection, table, tuple(COUNTED & set(table.c.keys()))) for table in tables],
        [(row.unit, row.ref) for row in feed if row.kind == "fact"],
        sorted({(row.unit, row.kind, row.ref) for row in feed}),
    )


def test_many_facts_at_once_do_what_they_do_one_at_a_time(services: Services) -> None:
    def prepared(connection: Connection) -> tuple[RawPhone, Chain]:
        fill(connection)
        phone, copied = stored_phone(connection, "01"), stored_phone(connection, "01")
        own, others = ids_of(connection, "01"), ids_of(connection, "02")
        away = update(t.case_file).where(t.case_file.c.id == own[-1])
        connection.execute(away.values(assignee="somebody-else"))
        there = Chain(own, others, ())
        for _ in range(3):
            there.add("new", 0)
        ledger.push(connection, copied.device, there.items, AT)
        return phone, Chain(own, others, [item.data for item in there.items])

    phone, made = services.database.write(prepared)
    moves = st.lists(st.tuples(st.sampled_from(MOVES), st.integers(0, 40)), min_size=2, max_size=9)

    @given(moves, st.integers(0, 4), st.integers(0, 80))
    def run(drawn: list[tuple[str, int]], cut: int, decisions: int) -> None:
        chain = Chain(made.own, made.others, made.copied)
        for move, turn in drawn:
            chain.add(move, turn)
        at_once, one_by_one = ways(services, phone, chain, cut, decisions)
        for got, expected in zip(at_once, one_by_one, strict=True):
            assert got == expected

    settings(max_examples=max(40, settings().max_examples // 2))(run)()


def test_each_of_them_is_what_it_is_called(services: Services) -> None:
    """So that the comparison above compares something."""

    def codes_of(connection: Connection, move: str) -> list[str]:
        phone, own = stored_phone(connection, "01"), ids_of(connection, "01")
        chain = Chain(own, ids_of(connection, "02"), [fact_bytes(own[0])])
        for each in ("new", "new", move):
            chain.add(each, 1)
        outcomes, _ = ledger.push(connection, phone.device, chain.items, AT)
        return [(o.problem or {}).get("code", o.outcome) for o in outcomes]

    expected = {
        "conflict": "fact.conflict",
        "unreadable": "fact.unreadable",
        "far": "fact.out_of_bounds",
        "unknown case": "case.unknown",
        "other school": "case.unknown",
        "other season": "fact.wrong_season",
        "paper": "fact.paper_elsewhere",
        "correction of it": "fact.out_of_bounds",
        "again": wire.DUPLICATE,
        "again at the next place": wire.DUPLICATE,
        "damaged": "fact.bad_signature",
        "gap": wire.GAP,
        "fork": "fact.chain_forked",
    }
    services.database.write(lambda c: fill(c) and None)
    for move in MOVES:
        found = services.database.write(lambda c, m=move: codes_of(c, m))
        last = expected.get(move, wire.CREATED)
        assert (move, found) == (move, [wire.CREATED, wire.CREATED, last])
