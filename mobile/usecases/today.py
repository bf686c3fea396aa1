"""The first screen: what to do now, what was returned, what is unsent, how old the list is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from msgspec import structs

from mobile.usecases.lines import by_urgency, case_line, standing_of
from mobile.usecases.phone import Phone
from mobile.usecases.retention import is_over, office_day
from mobile.usecases.season import current_season
from mobile.usecases.stuck import stuck_lines
from mobile.usecases.text import Text
from mobile.usecases.views import CaseLine, DoneLine, TodayView
from mobile.usecases.words import describe
from shared.lifecycle import Review, in_force
from shared.records.registry import named
from shared.season import Season, china_day, china_time, day_of, phase_at

NOON = 12
"""The hour (China) until which the promises of the day are named."""
NEXT_DEADLINE = {
    "prepare": "lists",
    "notice": "slips",
    "collect": "statements",
    "visit": "statements",
}


async def today(phone: Phone) -> TodayView:
    """Return the first screen, from what is on the phone alone."""
    season = await current_season(phone)
    briefing = await phone.store.meta.briefing()
    enrolment = await phone.store.meta.enrolment()
    sync = await phone.store.meta.sync_state()
    states = phone.store.cases.all() if season else ()
    day = china_day(phone.now())
    lines = [case_line(phone, state, season, day.isoformat()) for state in states if season]
    names = Counter(line.name for line in lines)
    phase = phase_at(season, day) if season else None
    over = await season_over(phone)
    deadline = (
        None
        if over or season is None
        else season.deadlines.get(NEXT_DEADLINE.get(phase.key if phase else "", "statements"))
    )
    staff = enrolment.scope.staff_name if enrolment else ""
    return TodayView(
        day=day.isoformat(),
        phase=Text(phase.zh, phase.en) if phase else Text(),
        deadline=deadline.isoformat() if deadline else "",
        days_left=(deadline - day).days if deadline else None,
        over=over,
        demo_clock=phone.clock.demo,
        todo=tuple(
            structs.replace(line, namesake=True) if names[line.name] > 1 else line
            for line in sorted((line for line in lines if line.todo != "none"), key=by_urgency)
        ),
        returned=_returned(phone, lines, season) if season else (),
        **_counts(lines),
        unsent=len(phone.store.facts.unsent()),
        list_as_of=briefing.list_as_of if briefing else "",
        refreshed_at=sync.refreshed_at,
        fresh=sync.refreshed_at[:10] == day.isoformat(),
        teacher=staff,
        school=enrolment.scope.school_name if enrolment else "",
        stuck=await stuck_lines(phone.store),
        done=done_today(phone, lines),
        morning=(china_time(phone.now()) or phone.now()).hour < NOON,
        at_risk=phone.disk.promised() is False,
        colleagues=tuple(n for n in (briefing.staff if briefing else ()) if n != staff),
        renamed=(briefing.renamed or {}) if briefing else {},
    )


def done_today(phone: Phone, lines: Sequence[CaseLine]) -> tuple[DoneLine, ...]:
    """Return the homes something was recorded for today, on any phone of the teacher, newest first.

    Records count as they read now: a withdrawn one does not count.
    """
    day = china_day(phone.now()).isoformat()
    made = [kept.fact for kept in phone.store.facts.all()]
    made += [kept.fact for kept in phone.store.earlier.all()]
    cases = {fact.case for fact in made if day_of(fact.happened_at) == day}
    of = {line.id: line for line in lines}
    found = {
        case_id: [
            fact
            for fact in in_force([kept.fact for kept in phone.store.facts.of(case_id)])
            if named(fact.kind).listed and day_of(fact.happened_at) == day
        ]
        for case_id in of
        if case_id in cases
    }
    done = [
        DoneLine(
            line=of[case_id],
            records=tuple((fact.kind, describe(fact)) for fact in facts),
            at=max(fact.happened_at for fact in facts),
        )
        for case_id, facts in found.items()
        if facts
    ]
    return tuple(sorted(done, key=lambda one: one.at, reverse=True))


async def season_over(phone: Phone) -> bool:
    """Return whether this phone's season is over and its acknowledged records are deleted."""
    briefing = await phone.store.meta.briefing()
    return briefing is not None and is_over(briefing.season, await office_day(phone))


def _counts(lines: list[CaseLine]) -> dict[str, int]:
    return {
        "to_deliver": sum(line.todo == "deliver" for line in lines),
        "to_visit": sum(line.todo == "visit" for line in lines),
        "to_explain": sum(line.todo == "statement" for line in lines),
        "promised_today": sum(line.promised_today for line in lines),
        "paid": sum(line.paid for line in lines),
        "cases": len(lines),
    }


def _returned(
    phone: Phone, lines: list[CaseLine], season: Season
) -> tuple[tuple[CaseLine, Review], ...]:
    """What the office returned, with its comment; it stands on top."""
    found = []
    for line in lines:
        state = phone.store.cases.get(line.id)
        if line.returned and state is not None:
            open_ones = standing_of(phone, state, season).returned
            found += [(line, review) for review in state.reviews if review.fact in open_ones]
    return tuple(found)
