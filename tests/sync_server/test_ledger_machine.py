"""P3 as a machine: whatever is dropped, doubled, cut short or sent out of order, every fact is there once, in order.

The phone is a model of the outbox rule alone: it keeps a fact until it received that fact's own outcome.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from shared import wire
from shared.digest import sha256_hex
from sync_server.api.facts import _unpack
from sync_server.services import Services
from sync_server.store import devices, evidence, feed
from sync_server.store import tables as t
from sync_server.store.database import Connection
from sync_server.store.ledger import push
from sync_server.store.received_fact import ReceivedFact
from tests.support.devices import RawPhone, case_ids, fact_bytes

STEPS = 25
CREATED_OR_KNOWN = (wire.CREATED, wire.DUPLICATE)


def machine(services: Services, case: str) -> type[RuleBasedStateMachine]:
    """A machine over one server; each run enrols a device of its own."""

    class Pushes(RuleBasedStateMachine):
        @initialize()
        def enrol(self) -> None:
            self.phone = RawPhone()
            self.phone.device = services.database.write(self._enrol)
            self.made: list[wire.PushedFact] = []
            self.waiting: list[wire.PushedFact] = []
            self.on_the_way: list[list[wire.PushedFact]] = []
            self.head_before = services.database.read(lambda c: feed.head(c, "01"))

        def _enrol(self, connection: Connection) -> str:
            now = datetime.now(UTC)
            code, _ = devices.issue_code(
                connection, "2019", "01", "甲", expires_at=now + timedelta(days=1)
            )
            return devices.enrol(connection, code, self.phone.public_key, "", now)[0].id

        @rule(count=st.integers(1, 4))
        def record(self, count: int) -> None:
            for _ in range(count):
                packed = self.phone.chained(fact_bytes(case))
                self.made.append(packed)
                self.waiting.append(packed)

        @rule(size=st.integers(1, 6), heard=st.booleans())
        def push_what_waits(self, size: int, heard: bool) -> None:
            """The answer arrives, or is lost on the way back."""
            batch = self.waiting[:size]
            outcomes = self._arrive(batch)
            if heard:
                known = {
                    p.n
                    for p, o in zip(batch, outcomes, strict=True)
                    if o.outcome in CREATED_OR_KNOWN
                }
                self.waiting = [p for p in self.waiting if p.n not in known]

        @rule(size=st.integers(1, 6))
        def the_request_is_held_up(self, size: int) -> None:
            self.on_the_way.append(list(self.waiting[:size]))

        @precondition(lambda self: self.on_the_way)
        @rule(data=st.data())
        def an_old_request_arrives_after_all(self, data: st.DataObject) -> None:
            self._arrive(self.on_the_way.pop(data.draw(st.integers(0, len(self.on_the_way) - 1))))

        @precondition(lambda self: self.made)
        @rule(data=st.data())
        def any_facts_in_any_order(self, data: st.DataObject) -> None:
            self._arrive(data.draw(st.lists(st.sampled_from(self.made), max_size=6)))

        def _arrive(self, batch: list[wire.PushedFact]) -> list[wire.Outcome]:
            incoming: list[ReceivedFact] = _unpack(
                wire.PushRequest(facts=batch), self.phone.public_key
            )
            outcomes, receipt = services.database.write(
                lambda c: push(c, self.phone.device, incoming, "2019-12-12T02:00:00.000+00:00")
            )
            receipted = {line.sha256 for line in receipt}
            assert {outcome.outcome for outcome in outcomes} <= {*CREATED_OR_KNOWN, wire.GAP}
            # By hash, not by place: a fact before its forerunner and once more after it is a gap, then created.
            pairs = zip(incoming, outcomes, strict=True)
            assert receipted == {
                item.sha256 for item, outcome in pairs if outcome.outcome in CREATED_OR_KNOWN
            }
            return outcomes

        @invariant()
        def the_ledger_is_a_beginning_of_the_chain_and_nothing_twice(self) -> None:
            if not hasattr(self, "made"):
                return
            stubs = services.database.read(lambda c: evidence.chains(c, [self.phone.device]))
            assert [s.n for s in stubs] == list(range(1, len(stubs) + 1))
            sent = [sha256_hex(wire.unb64(p.bytes)) for p in self.made]
            assert [s.sha256 for s in stubs] == sent[: len(stubs)]
            heard = len(self.made) - len(self.waiting)
            assert len(stubs) >= heard

        def teardown(self) -> None:
            """The network recovers: two plain pushes, and everything is there, with a feed without a gap."""
            if not hasattr(self, "made"):
                return
            self._arrive(self.made)
            assert {o.outcome for o in self._arrive(self.made)} <= {wire.DUPLICATE}
            c = t.change.c
            after = select(c.seq).where(c.unit == "01", c.seq > self.head_before).order_by(c.seq)
            seqs = services.database.read(lambda k: list(k.execute(after).scalars()))
            assert seqs == list(range(self.head_before + 1, self.head_before + 1 + len(seqs)))
            f = t.fact.c
            mine = select(f.n, f.seq).where(f.device == self.phone.device).order_by(f.seq)
            rows = services.database.read(lambda k: k.execute(mine).all())
            assert [r.n for r in rows] == list(range(1, len(self.made) + 1))

    return Pushes


def test_every_fact_arrives_once_and_in_order_despite_network_faults(
    services: Services, county: list[str]
) -> None:
    here = settings()
    limits = settings(here, max_examples=here.max_examples // 5, stateful_step_count=STEPS)
    run_state_machine_as_test(machine(services, case_ids(services, "01")[0]), settings=limits)
