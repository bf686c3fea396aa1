"""One case as a row: its standing by everything this phone knows, and what to do next."""

from __future__ import annotations

import msgspec

from mobile.capture.position import distance_m
from mobile.usecases.cover import shown_address, shown_name
from mobile.usecases.learnt import newest
from mobile.usecases.moved import has_moved
from mobile.usecases.phone import Phone
from mobile.usecases.standings import Judged
from mobile.usecases.views import CaseLine
from shared.identity import split_address
from shared.lifecycle import Standing
from shared.season import Season, china_day
from shared.wire import CaseState


def standing_of(phone: Phone, state: CaseState, season: Season) -> Standing:
    """Return where a case stands by everything this phone knows."""
    return phone.standings.of(state, phone.store.facts.of(state.case.id), season).standing


def case_line(phone: Phone, state: CaseState, season: Season, today: str = "") -> CaseLine:
    """Return the row of one case. `today`: the day in China, where the caller has it already."""
    today = today or china_day(phone.now()).isoformat()
    kept = phone.store.facts.of(state.case.id)
    judged = phone.standings.of(state, kept, season)
    unsent = len(phone.store.facts.unsent(state.case.id)) if kept else 0
    shown = (today, unsent, phone.here, phone.covered)
    line: CaseLine | None = phone.lines.get(judged, shown)
    if line is None:
        line = _line(phone, state, judged, today, unsent)
        phone.lines.put(judged, shown, line)
    return line


def _line(phone: Phone, state: CaseState, judged: Judged, today: str, unsent: int) -> CaseLine:
    standing, there = judged.standing, judged.place
    address = newest(state, judged.proposed, "address")
    township, village = split_address(address.value) if address.value else ("", "")
    return CaseLine(
        id=state.case.id,
        code=state.case.code,
        name=shown_name(phone, state.case.borrower.name),
        village=village or state.case.village,
        township=township or state.case.township,
        stage=standing.stage,
        todo=_todo(state, standing, today),
        address=shown_address(phone, address.value or state.case.address),
        address_from=msgspec.structs.replace(address, value="") if address.value else address,
        listed_address=shown_address(phone, state.case.address) if address.value else "",
        delivered=standing.delivered,
        visits=max(len(standing.visits), state.visits),
        promise_date=standing.promise_date,
        promised_today=standing.promise_date == today and not standing.repaid.paid,
        deceased=state.deceased,
        paid=state.repaid.paid,
        paid_on=state.repaid.paid_on,
        unsent=unsent,
        returned=bool(standing.returned),
        distance_m=distance_m(phone.here, there) if phone.here and there else None,
        moved=has_moved(state),
    )


def _todo(state: CaseState, standing: Standing, today: str) -> str:
    """The next thing to do.

    A paid or deceased person is not visited, nor one whose promised day has not come.
    """
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


URGENCY = {"fix": 0, "statement": 1, "visit": 2, "deliver": 3, "none": 4}


def by_urgency(line: CaseLine) -> tuple[bool, int, float, str, str, str]:
    """Return the sort key of Today.

    Promised for today, what to do, distance, then village while no position is known.
    """
    far = line.distance_m if line.distance_m is not None else float("inf")
    return (
        not line.promised_today,
        URGENCY[line.todo],
        far,
        line.township,
        line.village,
        line.code,
    )
