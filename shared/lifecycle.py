"""Facts and repayments in, where a case stands out. Pure: the same facts in the same order give the same standing.

Order is the server's sequence (on a phone: the device's own counter after what the server has), never a clock.
docs/states.md draws the machine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from shared import codes
from shared.cases import Case, Repaid
from shared.facts import Correction, Fact, NoticeDelivery, Statement, Visit
from shared.season import Season


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """What the office said of a fact. verdict: accepted | returned (with a comment that stands on top of Today)."""

    fact: str
    verdict: str
    comment: str = ""
    by: str = ""
    at: str = ""


class VisitLine(msgspec.Struct, frozen=True, kw_only=True):
    """One counted visit: two phones that report one case, day and pair make one line (product.md "Visit")."""

    day: str
    met: str
    outcome: str
    visitors: tuple[str, ...]
    facts: tuple[str, ...]


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Where a case stands.

    delivery: none | signed | unsigned | undelivered; statement: none | written | returned | accepted;
    group: repaid | promised | special | unreachable | other | none (how a summary counts an unpaid person).
    """

    delivery: str = "none"
    delivery_fact: str = ""
    delivered_on: str = ""
    signer_relation: str = ""
    visits: tuple[VisitLine, ...] = ()
    attempts: int = 0
    failed_attempts: int = 0
    outcome: str = ""
    promise_date: str = ""
    group: str = "none"
    statement: str = "none"
    statement_fact: str = ""
    repaid: Repaid = Repaid()
    returned: tuple[str, ...] = ()

    @property
    def delivered(self) -> bool:
        """The notice reached someone: signed for, or refused before a witness."""
        return self.delivery in ("signed", "unsigned")

    @property
    def stage(self) -> str:
        """The one word of docs/states.md: repaid | special | promised | visited | delivered | assigned."""
        if self.repaid.paid:
            return "repaid"
        if self.group in ("special", "promised"):
            return self.group
        if self.visits or self.attempts:
            return "visited"
        return "delivered" if self.delivered else "assigned"


def in_force(facts: Sequence[Fact]) -> list[Fact]:
    """Apply corrections: what each fact reads now, in its old place; withdrawn ones and corrections are left out.

    A correction of a correction changes the fact at the root; the last in order wins. One that names a fact of
    another case or an unknown fact changes nothing (it stays in the record, P3).
    """
    root: dict[str, str] = {}
    latest: dict[str, Fact | None] = {f.id: f for f in facts if f.kind != "correction"}
    for fact in facts:
        if fact.kind != "correction":
            continue
        said = msgspec.convert(fact.body, Correction)
        target = root.get(said.corrects, said.corrects)
        if target not in latest:
            continue
        root[fact.id] = target
        before = latest[target]
        latest[target] = None if said.withdraw else _corrected(before, facts, target, said.body, fact)
    return [now for f in facts if f.kind != "correction" and (now := latest[f.id]) is not None]


def _corrected(
    before: Fact | None, facts: Sequence[Fact], target: str, body: dict[str, Any] | None, by: Fact
) -> Fact | None:
    original = before or next(f for f in facts if f.id == target)
    if original.case != by.case or body is None:
        return before
    photos = by.photos or original.photos
    return msgspec.structs.replace(original, body=body, happened_at=by.happened_at, photos=photos)


def stand(case: Case, facts: Sequence[Fact], repaid: Repaid, reviews: Mapping[str, Review], season: Season) -> Standing:
    """Judge one case. `facts` are that case's, in order; facts of other cases are ignored."""
    now = in_force([f for f in facts if f.case == case.id])
    delivery = _delivery(now)
    visits = _visits(now)
    attempts = [f for f in now if f.kind == "contact_attempt"]
    statement = _statement(now, reviews)
    outcome, promise = _outcome(now)
    group = _group(outcome, statement[0], season)
    replaced = {f.body.get("corrects") for f in facts if f.kind == "correction"}
    replaced |= {f.body.get("supersedes") for f in now}
    returned = tuple(
        f.id for f in now if f.id in reviews and reviews[f.id].verdict == "returned" and f.id not in replaced
    )
    return Standing(
        **delivery,
        visits=visits,
        attempts=len(attempts),
        failed_attempts=sum(1 for f in attempts if codes.find(codes.CALLS, f.body["outcome"]).group == "failed"),
        outcome=statement[2] or outcome,
        promise_date=promise,
        group="repaid" if repaid.paid else group,
        statement=statement[0],
        statement_fact=statement[1],
        repaid=repaid,
        returned=returned,
    )


def _delivery(now: Sequence[Fact]) -> dict[str, str]:
    """The best delivery counts: one that reached someone stands although a later try found nobody."""
    best: dict[str, str] = {}
    rank = {"undelivered": 1, "unsigned": 2, "signed": 3}
    for fact in now:
        if fact.kind != "notice_delivery":
            continue
        body = msgspec.convert(fact.body, NoticeDelivery)
        state = codes.find(codes.DELIVERIES, body.outcome).group or "undelivered"
        if rank[state] > rank.get(best.get("delivery", ""), 0):
            best = {
                "delivery": state,
                "delivery_fact": fact.id,
                "delivered_on": fact.happened_at[:10] if state != "undelivered" else "",
                "signer_relation": body.signer_relation,
            }
    return best


def _visits(now: Sequence[Fact]) -> tuple[VisitLine, ...]:
    lines: dict[tuple[str, tuple[str, ...]], VisitLine] = {}
    for fact in now:
        if fact.kind != "visit":
            continue
        body = msgspec.convert(fact.body, Visit)
        visitors = tuple(sorted(set(body.visitors)))
        key = (fact.happened_at[:10], visitors or (fact.id,))
        before = lines.get(key)
        lines[key] = VisitLine(
            day=fact.happened_at[:10],
            met=body.met,
            outcome=body.outcome,
            visitors=visitors,
            facts=(*(before.facts if before else ()), fact.id),
        )
    return tuple(sorted(lines.values(), key=lambda v: v.day))


def _statement(now: Sequence[Fact], reviews: Mapping[str, Review]) -> tuple[str, str, str]:
    """(state, fact id, reason) of the statement in force: the last one."""
    last = next((f for f in reversed(now) if f.kind == "statement"), None)
    if last is None:
        return "none", "", ""
    verdict = reviews[last.id].verdict if last.id in reviews else "written"
    return verdict, last.id, msgspec.convert(last.body, Statement).reason


def _outcome(now: Sequence[Fact]) -> tuple[str, str]:
    """The last visit's outcome and, if it is a promise, its date. An attempt counts where no visit was made."""
    for fact in reversed(now):
        if fact.kind == "visit":
            body = msgspec.convert(fact.body, Visit)
            return body.outcome, body.promise_date
    failed = any(f.kind == "contact_attempt" for f in now)
    return ("unreachable_away" if failed else ""), ""


def _group(outcome: str, statement: str, season: Season) -> str:
    if statement != "none":
        return "special"
    if not outcome:
        return "none"
    return codes.find(season.reasons, outcome).group or "other"
