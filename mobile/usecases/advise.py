"""What the conduct rules say before an act: flags that ask for a reason, never a refusal."""

from __future__ import annotations

from datetime import datetime, timedelta

from mobile.usecases.lines import standing_of
from mobile.usecases.phone import Phone
from mobile.usecases.records import as_corrected
from mobile.usecases.season import season as season_of
from mobile.usecases.speak_to import has_number
from mobile.usecases.views import Advice
from shared.conduct import (
    PHONE,
    call_flags,
    delivery_flags,
    last_visit,
    may_hear_amounts,
    visit_flags,
)
from shared.lifecycle import in_force
from shared.problems import ProblemError
from shared.season import moment_of


async def advise(
    phone: Phone,
    case_id: str,
    form: str,
    *,
    who: str = "",
    visitors: tuple[str, ...] = (),
    at: datetime | None = None,
    corrects: str = "",
    channel: str = PHONE,
) -> Advice:
    """Judge an act by the season's conduct rules.

    Args:
        phone: The phone.
        case_id: The case the act is about.
        form: `visit`, `deliver` or `attempt`.
        who: Who is met or called (codes PEOPLE).
        visitors: Names of those who go.
        at: When it happens; None is now, or the time of the record that is corrected.
        corrects: The id of the record that a correction is about. It is judged at its own time and
            is not counted as earlier than itself.
        channel: How an attempt (codes CHANNELS) or a delivery (codes METHODS) is made.

    Returns:
        The flags to show, and the limits they were judged by.

    Raises:
        ProblemError: case.unknown; fact.unknown for an unknown `corrects`.

    """
    state = phone.store.cases.get(case_id)
    if state is None:
        raise ProblemError("case.unknown", case=case_id)
    season = await season_of(phone)
    limits = season.limits
    earlier = in_force([k.fact for k in phone.store.facts.of(case_id)])
    if corrects:
        record = as_corrected(phone, corrects)
        at = at or moment_of(record.happened_at)
        earlier = [fact for fact in earlier if fact.id != record.id]
    when = at or phone.now()
    numbers = has_number(phone, state)
    if form == "attempt":
        flags = call_flags(when, who, earlier, limits, channel, numbers=numbers)
    elif form == "deliver":
        flags = delivery_flags(when, visitors, earlier, limits, who, channel, numbers=numbers)
    else:
        flags = visit_flags(when, visitors, earlier, limits, who, numbers=numbers)
    if state.deceased and not corrects:
        flags = ("deceased", *flags)
    last = last_visit(earlier)
    again = last + timedelta(days=limits.days_between_visits) if last else None
    return Advice(
        flags=flags,
        deceased=state.deceased or standing_of(phone, state, season).outcome == "death",
        amounts_allowed=may_hear_amounts(who),
        next_visit_from=again.isoformat() if again else "",
        limits=limits,
    )
