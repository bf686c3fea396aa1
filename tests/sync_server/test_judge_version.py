"""Standings are kept: whatever changes what equal facts come to raises JUDGE_VERSION."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec

from shared import review_needs
from shared.cases import Case, Contract, Person, Repaid
from shared.digest import sha256_hex
from shared.late_receipt import late_receipt
from shared.lifecycle import JUDGE_VERSION, Review, judge
from shared.records.base import Fact
from shared.review_needs import Known
from sync_server.sample.season import season_2019
from sync_server.store import claims, tally

COMES_TO = {1: "050a4ea4dbd9bcc3"}
"""By JUDGE_VERSION, the hash of what all histories below come to. A new version gets a new line."""
HISTORIES = 400
DAYS = ("2019-12-03T09:00:00+08:00", "2019-12-15T19:30:00+08:00", "2031-01-01T00:00:00+08:00", "x")
BODIES: dict[str, tuple[dict[str, object], ...]] = {
    "visit": (
        {"met": "self", "outcome": "promised", "promise_date": "2019-12-18", "visitors": ["甲"]},
        {"met": "self", "outcome": "claimed_paid", "visitors": ["乙", "甲"]},
        {"met": "nobody", "outcome": "unreachable_away", "visitors": ["甲"], "flags": ["x"]},
        {"met": "parent", "outcome": "death", "promise_date": "2040-01-01"},
        {"met": 3, "outcome": []},
    ),
    "notice_delivery": (
        {"outcome": "signed", "signer_relation": "self"},
        {"outcome": "refused"},
        {"outcome": "acknowledged"},
        {"outcome": "nobody_home"},
    ),
    "statement": ({"reason": "death", "narrative": "x"}, {"reason": "claimed_paid"}),
    "contact_attempt": ({"outcome": "invalid_number"}, {"outcome": "promised"}),
    "later_kind": ({"anything": 1},),
}
T = TypeVar("T")


class _Dice:
    """The same numbers in every version of Python."""

    def __init__(self) -> None:
        self._count = itertools.count()

    def pick(self, values: Sequence[T]) -> T:
        digits = sha256_hex(str(next(self._count)).encode())
        return values[int(digits[:8], 16) % len(values)]


def history(pick: Callable[[Sequence[T]], T], case: str) -> list[Fact]:
    made: list[Fact] = []
    for n in range(pick((1, 2, 3, 5, 8))):
        kind = str(pick((*BODIES, "correction", "correction")))
        if kind == "correction" and not made:
            kind = "visit"
        body: dict[str, object]
        if kind == "correction":
            of: Fact = pick(made)
            inner = pick(BODIES.get(of.kind, BODIES["visit"]))
            body = {"corrects": of.id, "reason": "x"}
            body |= {"withdraw": True} if pick((0, 0, 1)) else {"body": inner}
        else:
            body = pick(BODIES[kind])
        made.append(
            Fact(
                **{"id": f"{case}-{n}", "season": "2019", "kind": kind, "case": case},
                **{"captured_at": DAYS[0], "happened_at": str(pick(DAYS)), "body": body},
                photos=pick(((), ("a" * 64,))),
            )
        )
    return made


def comes_to() -> str:
    season, pick, outputs = season_2019(), _Dice().pick, list[object]()
    for n in range(HISTORIES):
        case = Case(
            **{"id": f"case{n}", "season": "2019", "code": f"{n:08}", "assignee": pick(("", "s"))},
            borrower=Person(name="样例"),
            contracts=(Contract(contract_no="C", principal_fen=100_00, interest_fen=1_00),),
        )
        facts = history(pick, case.id)
        repaid = pick((Repaid(), Repaid(as_of="2019-12-10", repaid_fen=50_00), Repaid(paid=True)))
        reviews = {
            f.id: Review(fact=f.id, verdict=pick(("accepted", "returned")))
            for f in facts
            if pick((0, 0, 1))
        }
        came = [(f, "2019-12-16T01:00:00+00:00") for f in facts]

        def known(by: str, now: Fact, came: list[tuple[Fact, str]] = came) -> Known:
            late = late_receipt(now.id, now.happened_at, came, season)
            return Known(received_at=came[0][1], late_on=late)

        judged = judge(case, facts, repaid, reviews, season)
        total = tally.Progress()
        tally.add(total, case, judged.standing, season)
        records = review_needs.records_of(facts, reviews, known, season)
        claim = claims.in_force_claim(judged.in_force)
        outputs += [judged.standing, judged.standing.stage, total, claim and claim.id]
        outputs += [[(r.fact, r.state, r.findings, r.past) for r in records]]
    return sha256_hex(msgspec.json.encode(outputs))[:16]


def test_what_facts_come_to_changes_only_with_the_version() -> None:
    assert COMES_TO.get(JUDGE_VERSION) == comes_to()
