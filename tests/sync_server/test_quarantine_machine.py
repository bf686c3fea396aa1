"""Whatever is pushed, decided, opened again and sent again: the chain stays whole, and no record is lost or doubled."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
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
from sqlalchemy import select, update

from shared import wire
from shared.digest import GENESIS, link, sha256_hex
from shared.problems import ProblemError
from shared.records.base import decode, encode
from sync_server.api.facts import _unpack
from sync_server.office import quarantine
from sync_server.office.quarantine import DECISIONS, Decision
from sync_server.services import Services
from sync_server.store import devices, evidence
from sync_server.store import quarantine as stored
from sync_server.store import tables as t
from sync_server.store.database import Connection
from sync_server.store.ledger import push
from sync_server.store.resolution import waits
from sync_server.store.scope import WHOLE_COUNTY
from tests.support.county import SEASON
from tests.support.devices import RawPhone, case_ids, fact_bytes

STEPS = 15
KINDS = ("good", "stranger", "unreadable", "season", "conflict", "fork", "forged", "replayed")


def machine(services: Services, case: str, stranger: str) -> type[RuleBasedStateMachine]:
    """A machine over one server; each run enrols a device of its own."""

    class Desk(RuleBasedStateMachine):
        @initialize()
        def enrol(self) -> None:
            self.phone = RawPhone()
            self.phone.device = services.database.write(lambda c: self._enrol(c, self.phone))
            self.renewed = RawPhone()
            self.renewed.device = services.database.write(lambda c: self._enrol(c, self.renewed))
            self.sent: list[wire.PushedFact] = []
            self.links = [GENESIS]
            self.held: set[str] = set()
            self.signed_anew: set[bytes] = set()
            self._place_stranger(here=False)

        def _enrol(self, connection: Connection, phone: RawPhone) -> str:
            now = datetime.now(UTC)
            code, _ = devices.issue_code(
                connection, SEASON, "01", "甲", expires_at=now + timedelta(days=1)
            )
            return devices.enrol(connection, code, phone.public_key, "", now)[0].id

        @rule(kind=st.sampled_from(KINDS), data=st.data())
        def push_something(self, kind: str, data: st.DataObject) -> None:
            self._arrive(self._made(kind, data))

        def _made(self, kind: str, data: st.DataObject) -> wire.PushedFact:
            body = fact_bytes(stranger if kind == "stranger" else case)
            if kind == "unreadable":
                return self._chained(b"{" + body)
            if kind == "season":
                return self._chained(fact_bytes(case, season="2018"))
            if kind == "conflict" and self.sent:
                other = wire.unb64(data.draw(st.sampled_from(self.sent)).bytes)
                if not other.startswith(b"{{"):
                    changed = msgspec.structs.replace(
                        decode(other), body={"met": "x", "outcome": str(len(self.sent))}
                    )
                    return self._chained(encode(changed))
            if kind in ("fork", "forged", "replayed"):
                return self._beside(kind, body, data)
            return self._chained(body)

        def _chained(self, body: bytes) -> wire.PushedFact:
            packed = self.phone.chained(body)
            self.links.append(self.phone.link)
            return packed

        def _beside(self, kind: str, body: bytes, data: st.DataObject) -> wire.PushedFact:
            """At a number that the chain has, or the next one with a signature that does not hold."""
            n = data.draw(st.integers(0, self.phone.n))
            at = link(self.links[n], sha256_hex(body))
            if kind == "forged":
                return self.phone.packed(body, n + 1, at, b"\1" * 64)
            if n == self.phone.n:
                return self._chained(body)
            return self.phone.packed(body, n + 1, at if kind == "fork" else self.links[n + 1])

        @precondition(lambda self: self.sent)
        @rule(data=st.data())
        def push_again(self, data: st.DataObject) -> None:
            self._arrive(data.draw(st.sampled_from(self.sent)))

        @precondition(lambda self: self._not_signed_anew())
        @rule(data=st.data())
        def push_again_under_a_new_key(self, data: st.DataObject) -> None:
            body = data.draw(st.sampled_from(self._not_signed_anew()))
            self.signed_anew.add(body)
            self._push(self.renewed, self.renewed.chained(body))
            mine = t.quarantine.c.device == self.phone.device
            asked = select(t.quarantine.c.sha256).where(mine, t.quarantine.c.resolution == "asked")
            left = services.database.read(lambda c: set(c.execute(asked).scalars()))
            assert sha256_hex(body) not in left, "it came, whatever became of it"

        def _not_signed_anew(self) -> list[bytes]:
            """A phone signs a record once under each of its keys."""
            bodies = dict.fromkeys(wire.unb64(packed.bytes) for packed in self.sent)
            return [body for body in bodies if body not in self.signed_anew]

        def _arrive(self, packed: wire.PushedFact) -> None:
            self.held.add(self._push(self.phone, packed))
            self.sent.append(packed)

        def _push(self, phone: RawPhone, packed: wire.PushedFact) -> str:
            incoming = _unpack(wire.PushRequest(facts=[packed]), phone.public_key)
            now = services.settings.now_text()
            outcomes, _ = services.database.write(lambda c: push(c, phone.device, incoming, now))
            assert outcomes[0].outcome != wire.GAP
            return incoming[0].sha256

        @rule(here=st.booleans())
        def the_stranger_moves(self, here: bool) -> None:
            self._place_stranger(here)

        def _place_stranger(self, here: bool) -> None:
            c = t.case_file.c
            to = update(t.case_file).where(c.id == stranger).values(unit="01" if here else "02")
            services.database.write(lambda k: k.execute(to))

        @rule(decision=st.sampled_from(DECISIONS), resolved=st.booleans(), data=st.data())
        def decide(self, decision: Decision, resolved: bool, data: st.DataObject) -> None:
            q = t.quarantine.c
            mine = select(q.id).where(
                q.device == self.phone.device, (q.settled_at != "") == resolved
            )
            ids = services.database.read(lambda c: list(c.execute(mine.order_by(q.id)).scalars()))
            if not ids:
                return
            item = quarantine.one(services, data.draw(st.sampled_from(ids)))
            try:
                quarantine.decide_one(
                    services, item.row.id, decision, "核对过", scope=WHOLE_COUNTY, who="甲"
                )
            except ProblemError:
                assert decision not in item.may
            else:
                assert decision in item.may

        @invariant()
        def the_chain_is_whole_and_nothing_is_lost_or_doubled(self) -> None:
            if hasattr(self, "held"):
                services.database.read(self._check)

        def _check(self, connection: Connection) -> None:
            device = devices.by_id(connection, self.phone.device)
            renewed = devices.by_id(connection, self.renewed.device)
            numbers = [s.n for s in evidence.chains(connection, [renewed.id])]
            assert numbers == list(range(1, renewed.n + 1))
            stubs = evidence.chains(connection, [device.id])
            assert [s.n for s in stubs] == list(range(1, device.n + 1))
            assert [s.link for s in stubs] == self.links[1 : device.n + 1]
            assert device.n == self.phone.n
            f = t.fact.c
            facts = connection.execute(select(f.sha256, f.n).where(f.device == device.id)).all()
            both = f.device.in_((device.id, renewed.id))
            ledger = list(connection.execute(select(f.sha256).where(both)).scalars())
            assert len(ledger) == len(set(ledger))
            q = t.quarantine.c
            apart = connection.execute(
                select(q.sha256, q.resolution).where(q.device == device.id)
            ).all()
            assert self.held == {*ledger, *(r.sha256 for r in apart)}
            waiting = connection.execute(select(q.sha256).where(q.unit == "01", waits())).scalars()
            assert not set(waiting) & set(ledger), "nobody decides about what is in the ledger"
            assert {r.sha256 for r in apart if r.resolution in ("taken", "arrived")} <= set(ledger)
            beside = {r.sha256 for r in facts if r.n < 0}
            proven = stored.taken(connection, [device.id])
            rows = {row.sha256: row for row in proven if row.sha256 in beside}
            assert beside == set(rows)
            assert all(stored.link_before(connection, row) for row in rows.values())

    return Desk


def test_no_order_of_pushes_and_decisions_breaks_a_chain_or_loses_a_record(
    services: Services, county: list[str]
) -> None:
    here = settings()
    limits = settings(here, max_examples=here.max_examples // 25, stateful_step_count=STEPS)
    case, stranger = case_ids(services, "01")[0], case_ids(services, "02")[0]
    run_state_machine_as_test(machine(services, case, stranger), settings=limits)
