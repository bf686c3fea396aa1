"""Copies of one phone's data as a machine: whatever is copied, put back or lost on the way, nothing is lost or doubled.

Each copy follows the phone's rules alone: it keeps a record until that record's own outcome, waits when its chain is
refused, and with a new key signs anew what the ledger does not hold.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from shared import wire
from shared.digest import GENESIS, sha256_hex
from sync_server.api.facts import _unpack
from sync_server.sealing.checking import evidence_checks
from sync_server.sealing.record import Findings
from sync_server.services import Services
from sync_server.store import devices, evidence, feed
from sync_server.store import tables as t
from sync_server.store.database import Connection
from sync_server.store.held import held
from sync_server.store.ledger import push
from tests.support.devices import RawPhone, case_ids, fact_bytes
from tests.support.engines import about_sqlite

pytestmark = about_sqlite(
    "a copy of its running file is found out; PostgreSQL is not in the folder"
)

STEPS, COPIES = 25, 4
AT = "2019-12-12T02:00:00.000+00:00"
Hashes = list[str]


@dataclass
class Row:
    """A record as a phone keeps it: its place in the chain, none once a new chain began."""

    data: bytes
    packed: wire.PushedFact | None
    sent: bool = False

    @property
    def sha256(self) -> str:
        return sha256_hex(self.data)


@dataclass
class Copy:
    """One copy: its key and chain, its records, and whether its chain was refused."""

    phone: RawPhone
    rows: list[Row] = field(default_factory=list)
    rewound: bool = False

    def as_it_is(self) -> Copy:
        return Copy(copy.copy(self.phone), [copy.copy(r) for r in self.rows], self.rewound)

    def waiting(self) -> list[Row]:
        return [r for r in self.rows if not r.sent]

    def sign_again(self) -> None:
        for row in self.waiting():
            if row.packed is None:
                row.packed = self.phone.chained(row.data)


def machine(services: Services, case: str) -> type[RuleBasedStateMachine]:
    """A machine over one server; each run enrols a device of its own."""

    class Copies(RuleBasedStateMachine):
        @initialize()
        def enrol(self) -> None:
            phone = RawPhone()
            phone.device = services.database.write(lambda c: self._enrol(c, phone))
            self.copies, self.kept = [Copy(phone)], list[Copy]()
            self.devices, self.acknowledged = [phone.device], set[str]()
            self.head_before = services.database.read(lambda c: feed.head(c, "01"))

        def _enrol(self, connection: Connection, phone: RawPhone) -> str:
            now = datetime.now(UTC)
            code, _ = devices.issue_code(
                connection, "2019", "01", "甲", expires_at=now + timedelta(days=1)
            )
            return devices.enrol(connection, code, phone.public_key, "", now)[0].id

        @rule(data=st.data(), count=st.integers(1, 3))
        def record(self, data: st.DataObject, count: int) -> None:
            one = self._any(data)
            for _ in range(count):
                made = fact_bytes(case)
                one.rows.append(Row(made, one.phone.chained(made)))

        @rule(data=st.data())
        def sign_the_same_bytes_again(self, data: st.DataObject) -> None:
            """What no phone by the rules does: one record under another number of the same key."""
            one = self._any(data)
            if one.rows and not one.rewound:
                again = data.draw(st.sampled_from(one.rows)).data
                one.rows.append(Row(again, one.phone.chained(again)))

        @precondition(lambda self: len(self.copies) < COPIES)
        @rule(data=st.data())
        def copy_the_folder(self, data: st.DataObject) -> None:
            self.copies.append(self._any(data).as_it_is())

        @rule(data=st.data())
        def keep_a_backup(self, data: st.DataObject) -> None:
            self.kept.append(self._any(data).as_it_is())

        @precondition(lambda self: self.kept)
        @rule(data=st.data())
        def put_a_backup_back(self, data: st.DataObject) -> None:
            at = data.draw(st.integers(0, len(self.copies) - 1))
            self.copies[at] = data.draw(st.sampled_from(self.kept)).as_it_is()

        @rule(data=st.data(), size=st.integers(1, 6), heard=st.booleans())
        def push_what_waits(self, data: st.DataObject, size: int, heard: bool) -> None:
            """The answer arrives, or is lost on the way back."""
            one = self._any(data)
            if not one.rewound:
                self._push(one, one.waiting()[:size], heard)

        @rule(data=st.data(), asks=st.booleans())
        def take_a_new_key(self, data: st.DataObject, asks: bool) -> None:
            """By the network it asks what is held first; by a hand-over file it cannot."""
            self._renew(self._any(data), asks)

        def _any(self, data: st.DataObject) -> Copy:
            return data.draw(st.sampled_from(self.copies))

        def _push(self, one: Copy, batch: list[Row], heard: bool) -> None:
            one.sign_again()
            packed = [r.packed for r in batch if r.packed is not None]
            incoming = _unpack(wire.PushRequest(facts=packed), one.phone.public_key)
            outcomes, receipt = services.database.write(
                lambda c: push(c, one.phone.device, incoming, AT)
            )
            stored = {line.sha256 for line in receipt}
            self.acknowledged |= stored
            if not heard:
                return
            for row, outcome in zip(batch, outcomes, strict=True):
                row.sent = row.sha256 in stored
                if outcome.outcome == wire.CONFLICT:
                    assert outcome.problem is not None
                    assert outcome.problem["code"] == "fact.chain_forked"
                    one.rewound = True
                elif outcome.outcome == wire.GAP and not one.rewound:
                    self._queue_again(one, outcome.expect or 1)
                    return

        def _queue_again(self, one: Copy, expect: int) -> None:
            for row in one.rows:
                if row.packed is not None and row.packed.n >= expect:
                    row.sent = False

        def _renew(self, one: Copy, asks: bool) -> None:
            new, old = RawPhone(), one.phone.device
            now = datetime.now(UTC)
            device, _ = services.database.write(
                lambda c: devices.renew(c, devices.by_id(c, old), new.public_key, "", now)
            )
            services.database.write(lambda c: devices.confirm(c, device.id, now))
            new.device = device.id
            self.devices.append(device.id)
            one.phone, one.rewound = new, False
            for row in one.rows:
                row.packed = None
            if asks:
                hashes = [row.sha256 for row in one.waiting()]
                known = services.database.read(lambda c: held(c, device, hashes))
                found = {line.sha256 for line in known}
                for row in one.rows:
                    row.sent = row.sent or row.sha256 in found
            one.sign_again()
            assert (new.n, new.link != GENESIS) == (len(one.waiting()), bool(one.waiting()))

        def teardown(self) -> None:
            """The network recovers, and whoever needs a new key gets one: everything is there once."""
            if not hasattr(self, "copies"):
                return
            for one in self.copies:
                self._until(lambda one=one: not one.waiting(), one)
            facts = services.database.read(self._ledger)
            of_copies = {row.sha256 for one in self.copies for row in one.rows}
            assert len(facts) == len(set(facts)), "doubled"
            assert of_copies | self.acknowledged == set(facts), "lost, or from nowhere"
            assert not set(services.database.read(self._set_apart)) & set(facts)
            assert services.database.read(self._findings) == []
            c = t.change.c
            after = select(c.seq).where(c.unit == "01", c.seq > self.head_before).order_by(c.seq)
            seqs = services.database.read(lambda k: list(k.execute(after).scalars()))
            assert seqs == list(range(self.head_before + 1, self.head_before + 1 + len(seqs)))

        def _until(self, done: Callable[[], bool], one: Copy) -> None:
            # a gap, a refusal, a new key, the rest; and once more for each record signed twice
            for _ in range(4 + len(one.rows)):
                if done():
                    return
                if one.rewound:
                    self._renew(one, asks=True)
                self._push(one, one.waiting(), heard=True)
            assert done(), "stuck"

        def _ledger(self, connection: Connection) -> Hashes:
            f = t.fact.c
            query = select(f.sha256).where(f.device.in_(self.devices))
            return list(connection.execute(query).scalars())

        def _set_apart(self, connection: Connection) -> Hashes:
            q = t.quarantine.c
            query = select(q.sha256).where(q.device.in_(self.devices), q.settled_at == "")
            return list(connection.execute(query).scalars())

        def _findings(self, connection: Connection) -> list[str]:
            """What a verifier finds in the chains of all devices, and numbers below a head that are nowhere."""
            stubs = evidence.chains(connection, self.devices)
            lines = [
                evidence_checks.Line(
                    device=s.device,
                    n=s.n,
                    sha256=s.sha256,
                    link=wire.b64(s.link),
                    sig=wire.b64(s.sig),
                )
                for s in stubs
            ]
            rows = [devices.by_id(connection, d) for d in self.devices]
            keys = [
                evidence_checks.Device(device=d.id, name="", public_key=wire.b64(d.public_key))
                for d in rows
            ]
            findings = Findings()
            evidence_checks.chains(lines, keys, set(), findings)
            gaps = evidence.chain_gaps(stubs, {d.id: d.n for d in rows})
            return [f.code for f in findings.items] + [str(gap) for gap in gaps]

    return Copies


def test_copies_of_a_phone_lose_nothing_and_double_nothing(
    services: Services, county: list[str]
) -> None:
    here = settings()
    limits = settings(here, max_examples=here.max_examples // 5, stateful_step_count=STEPS)
    run_state_machine_as_test(machine(services, case_ids(services, "01")[0]), settings=limits)
