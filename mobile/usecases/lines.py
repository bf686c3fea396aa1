"""One case as a row: its standing from everything this phone knows, and what is to do next. Masked here, once."""

from __future__ import annotations

import msgspec

from mobile.capture.position import distance_m
from mobile.store.facts import PENDING, REJECTED, WAITING, Kept
from mobile.usecases.phone import Phone
from mobile.usecases.views import CaseLine
from shared.facts import Position
from shared.identity import mask_name
from shared.lifecycle import Standing, in_force, stand
from shared.season import Season, china_day
from shared.wire import CaseState


def standing_of(phone: Phone, state: CaseState, season: Season) -> Standing:
    """The phone's own facts judged, with what other phones did (as the office counts it) where ours say nothing."""
    facts = [k.fact for k in phone.store.facts.of(state.case.id)]
    own = stand(state.case, facts, state.repaid, {r.fact: r for r in state.reviews}, season)
    if not own.delivered and state.delivery in ("signed", "unsigned"):
        own = msgspec.structs.replace(own, delivery=state.delivery)
    if own.statement == "none" and state.statement != "none":
        own = msgspec.structs.replace(own, statement=state.statement, group="special")
    return own


def case_line(phone: Phone, state: CaseState, season: Season) -> CaseLine:
    """The row of one case."""
    standing = standing_of(phone, state, season)
    kept = phone.store.facts.of(state.case.id)
    today = china_day(phone.now()).isoformat()
    there = _where(kept)
    return CaseLine(
        id=state.case.id,
        code=state.case.code,
        name=mask_name(state.case.borrower.name),
        village=state.case.village,
        township=state.case.township,
        stage=standing.stage,
        todo=_todo(state, standing, today),
        delivered=standing.delivered,
        visits=max(len(standing.visits), state.visits),
        promise_date=standing.promise_date,
        promised_today=standing.promise_date == today and not standing.repaid.paid,
        paid=state.repaid.paid,
        paid_on=state.repaid.paid_on,
        unsent=sum(1 for k in kept if k.state in (PENDING, WAITING, REJECTED)),
        returned=bool(standing.returned),
        distance_m=distance_m(phone.here, there) if phone.here and there else None,
    )


def _todo(state: CaseState, standing: Standing, today: str) -> str:
    """The next sensible thing. A paid or deceased person is not visited; a promise until its day is a row."""
    if standing.repaid.paid:
        return "none"
    if standing.returned:
        return "fix"
    if standing.group == "special" and standing.statement in ("none", "returned"):
        return "statement"
    if state.deceased or standing.group == "special":
        return "none"
    if not standing.delivered:
        return "deliver"
    if standing.promise_date > today:
        return "none"
    return "none" if any(v.day == today for v in standing.visits) else "visit"


def _where(kept: list[Kept]) -> Position | None:
    """The last position a visit or delivery of this case saved."""
    for fact in reversed(in_force([k.fact for k in kept])):
        if fact.body.get("position"):
            return msgspec.convert(fact.body["position"], Position)
    return None


URGENCY = {"fix": 0, "statement": 1, "visit": 2, "deliver": 3, "none": 4}


def by_urgency(line: CaseLine) -> tuple[bool, int, float, str, str, str]:
    """Order of Today: promised for today, then what to do, the nearest, by village until a position is known."""
    far = line.distance_m if line.distance_m is not None else float("inf")
    return (not line.promised_today, URGENCY[line.todo], far, line.township, line.village, line.code)
