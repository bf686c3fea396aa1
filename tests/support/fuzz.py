"""Pushes of accepted and hostile facts in any mixture, straight into a server's ledger."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Table, func, select

from shared import wire
from shared.digest import GENESIS, link, sha256_hex
from shared.records.base import encode
from sync_server.services import Services
from sync_server.store import devices, ledger
from sync_server.store import tables as t
from sync_server.store.database import Connection
from sync_server.store.fact_validation import decode_envelope
from sync_server.store.received_fact import ReceivedFact
from tests.support.county import SEASON
from tests.support.devices import RawPhone, new_id
from tests.support.facts import accepted_facts, hostile_facts

AT = "2019-12-12T02:00:00+00:00"
REFUSALS = {"fact.unreadable", "fact.out_of_bounds"}


def fuzz_ledger(services: Services, case: str) -> None:
    """Push mixtures, each from a phone of its own in school 01: each fact must get its outcome."""
    sound = accepted_facts(case).map(lambda fact: (encode(fact), wire.CREATED))
    hostile = hostile_facts(case).map(lambda data: (data, wire.REJECTED))

    @given(st.lists(sound | hostile, min_size=1, max_size=6))
    def run(drawn: list[tuple[bytes, str]]) -> None:
        pushed = {_anew(data): outcome for data, outcome in drawn}
        items, at = list[ReceivedFact](), GENESIS
        for n, data in enumerate(pushed, 1):
            at = link(at, sha256_hex(data))
            items.append(ReceivedFact(data=data, n=n, link=at, sig=b"", signed=True))
        device = services.database.write(_enrol)
        outcomes, stored = services.database.write(lambda c: ledger.push(c, device, items, AT))
        for got, (data, expected) in zip(outcomes, pushed.items(), strict=True):
            code = (got.problem or {}).get("code", "")
            assert got.outcome == expected, (code, data[:300])
            assert (code in REFUSALS) == (expected == wire.REJECTED), (code, data[:300])
        msgspec.json.encode(outcomes)
        assert len(stored) == list(pushed.values()).count(wire.CREATED)
        assert services.database.read(lambda c: devices.by_id(c, device)).n == len(pushed)

    settings(max_examples=max(30, settings().max_examples // 4))(run)()


def _anew(data: bytes) -> bytes:
    """The same bytes under an id of their own, so that no fact is the conflict of an earlier one."""
    fact = decode_envelope(data)
    return data if fact is None else data.replace(fact.id.encode(), new_id().encode())


def _enrol(connection: Connection) -> str:
    """A confirmed phone with a key of its own."""
    now, key = datetime.now(UTC), RawPhone().public_key
    code, _ = devices.issue_code(connection, SEASON, "01", "甲", expires_at=now + timedelta(days=1))
    device, _ = devices.enrol(connection, code, key, "", now)
    devices.confirm(connection, device.id, now)
    return device.id


def counts(services: Services) -> tuple[int, int]:
    """How many facts are in the ledger, and how many in quarantine."""

    def counted(table: Table) -> int:
        query = select(func.count()).select_from(table)
        return services.database.read(lambda c: int(c.execute(query).scalar() or 0))

    return counted(t.fact), counted(t.quarantine)
