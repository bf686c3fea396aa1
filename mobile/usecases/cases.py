"""The list of cases, and one case."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import msgspec

from mobile.store.kept import Kept
from mobile.usecases import learnt, suggested
from mobile.usecases.calls import called, calls_today
from mobile.usecases.cover import shown_name
from mobile.usecases.lines import by_urgency, case_line, standing_of
from mobile.usecases.moved import moved_to
from mobile.usecases.phone import Phone
from mobile.usecases.save import history_line
from mobile.usecases.search import matching
from mobile.usecases.season import current_season
from mobile.usecases.season import season as season_of
from mobile.usecases.views import CaseLine, CaseView, HistoryLine, Learnt
from shared.identity import mask_id, mask_numbers, mask_phone
from shared.ids import show_case_code
from shared.lifecycle import Review, in_force
from shared.problems import ProblemError
from shared.records.registry import named
from shared.season import Season, china_day
from shared.wire import CaseState

FILTERS: dict[str, Callable[[CaseLine], bool]] = {
    "": lambda line: True,
    "not_delivered": lambda line: not line.delivered and not line.paid,
    "to_visit": lambda line: line.todo == "visit",
    "promised_today": lambda line: line.promised_today,
    "statement_missing": lambda line: line.todo == "statement",
    "returned": lambda line: line.returned,
    "paid": lambda line: line.paid,
}


async def list_cases(phone: Phone, query: str = "", only: str = "") -> tuple[CaseLine, ...]:
    """Return the matching rows, the most urgent first.

    Args:
        phone: The phone.
        query: Parts of a name, of its pinyin initials, of a case code (with its hyphens or
            without), a village, township or address, or the end of a phone number; "" matches all.
        only: A key of FILTERS.

    """
    season = await current_season(phone)
    if season is None:
        return ()
    found = [s for s in matching(phone, query) if _still_shown(phone, s, season)]
    day = china_day(phone.now()).isoformat()
    lines = [case_line(phone, state, season, day) for state in found]
    return tuple(sorted((line for line in lines if FILTERS[only](line)), key=by_urgency))


def _still_shown(phone: Phone, state: CaseState, season: Season) -> bool:
    """A paid case is shown for a week, one with unsent records until they are acknowledged.

    Source: docs/sources.md#paid-shown-a-week.
    """
    if not state.repaid.paid or not state.repaid.as_of:
        return True
    if phone.store.facts.unsent(state.case.id):
        return True
    try:
        as_of = date.fromisoformat(state.repaid.as_of)
        last = as_of + timedelta(days=season.limits.paid_shown_days)
    except (ValueError, OverflowError):  # no day that a week can be added to: it stays on the list
        return True
    return china_day(phone.now()) <= last


async def open_case(phone: Phone, case_id: str) -> CaseView:
    """Return one case, its numbers masked.

    Raises:
        ProblemError: case.unknown.

    """
    state = phone.store.cases.get(case_id)
    if state is None:
        raise ProblemError("case.unknown", case=case_id)
    season = await season_of(phone)
    standing = standing_of(phone, state, season)
    drafts = {d.form: d.fields for d in await phone.store.drafts.all() if d.case == case_id}
    asked = called(drafts.get("attempt"))
    earlier = in_force([k.fact for k in phone.store.facts.of(case_id)])
    borrower, co_borrower = state.case.borrower, state.case.co_borrower
    own = learnt.proposed(phone, state)
    numbers = learnt.phones(state, own)
    workplace = learnt.newest(state, own, "workplace")
    return CaseView(
        line=msgspec.structs.replace(
            case_line(phone, state, season), code=show_case_code(state.case.code)
        ),
        id_number=mask_id(borrower.id_number),
        phones=tuple(mask_phone(number) for number, _ in numbers),
        phones_from=tuple(
            msgspec.structs.replace(origin, value="") if origin.value else origin
            for _, origin in numbers
        ),
        new_phones=sum(origin is not learnt.LISTED for _, origin in numbers),
        workplace=learnt.LISTED if phone.covered else _masked_numbers(workplace),
        co_borrower=shown_name(phone, co_borrower.name) if co_borrower else "",
        co_borrower_phones=tuple(mask_phone(p) for p in co_borrower.phones) if co_borrower else (),
        college=state.case.college,
        contracts=len(state.case.contracts),
        history=_history(phone, case_id),
        returned=tuple(r for r in state.reviews if r.fact in standing.returned),
        returned_elsewhere=_returned_elsewhere(phone, state),
        earlier_visits=state.visits,
        list_as_of=state.repaid.as_of,
        deceased=state.deceased,
        outcome=standing.outcome,
        calls=tuple(
            calls_today(phone, to, earlier, season.limits) for to in ("self", "co_borrower")
        ),
        called=asked,
        death_recorded=standing.outcome == "death" and not state.deceased,
        moved_to=await moved_to(phone, case_id),
        suggested=suggested.views(phone, state, own),
    )


def _masked_numbers(workplace: Learnt) -> Learnt:
    return msgspec.structs.replace(workplace, value=mask_numbers(workplace.value))


def _returned_elsewhere(phone: Phone, state: CaseState) -> tuple[Review, ...]:
    """What the office returned of another phone's records.

    A teacher who takes over a case sees what must be corrected.
    """
    return tuple(
        r
        for r in state.reviews
        if r.fact in state.returned and phone.store.facts.get(r.fact) is None
    )


def _history(phone: Phone, case_id: str) -> tuple[HistoryLine, ...]:
    """This phone's records of the case of the listed kinds, the newest first."""
    kept = [k for k in phone.store.facts.of(case_id) if named(k.fact.kind).listed]
    root: dict[str, Kept] = {}
    last: dict[str, Kept] = {}
    for k in kept:
        corrected = str(k.fact.body.get("corrects", ""))
        root[k.id] = root.get(corrected, k)
        last[root[k.id].id] = k
    return tuple(
        history_line(
            k,
            corrected=last[root[k.id].id] is not k,
            about=root[k.id].fact.kind,
            newest=last[root[k.id].id] is k and not k.fact.body.get("withdraw"),
        )
        for k in reversed(kept)
    )
