"""What the rules say before an act: shown kindly, recorded with a reason, never a refusal."""

from __future__ import annotations

from datetime import datetime, timedelta

from mobile.usecases.lines import standing_of
from mobile.usecases.phone import Phone
from mobile.usecases.records import reads_now
from mobile.usecases.season import season as season_of
from mobile.usecases.speak_to import has_number
from mobile.usecases.views import Advice
from shared.conduct import PHONE, call_flags, last_visit, may_hear_amounts, visit_flags
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
    """Flags for `form` (visit | deliver | attempt by `channel`) at `at` (now). `mends`: the record a correction is
    about, which is judged at its own time (a death may be later) and is not earlier than itself.

    Raises: ProblemError case.unknown.
    """
    state = phone.store.cases.get(case_id)
    if state is None:
        raise ProblemError("case.unknown", case=case_id)
    season = await season_of(phone)
    limits = season.limits
    earlier = in_force([k.fact for k in phone.store.facts.of(case_id)])
    if corrects:
        record = reads_now(phone, corrects)
        at = at or moment_of(record.happened_at)
        earlier = [fact for fact in earlier if fact.id != record.id]
    when = at or phone.now()
    flags = (
        call_flags(when, who, earlier, limits, channel, numbers=has_number(state))
        if form == "attempt"
        else visit_flags(when, visitors, earlier, limits, who, numbers=has_number(state))
    )
    if state.deceased and not corrects:
        flags = ("deceased", *flags)
    if form == "deliver":
        flags = tuple(f for f in flags if f != "too_soon")
    last = last_visit(earlier)
    again = last + timedelta(days=limits.days_between_visits) if last else None
    return Advice(
        flags=flags,
        deceased=state.deceased or standing_of(phone, state, season).outcome == "death",
        amounts_allowed=may_hear_amounts(who),
        next_visit_from=again.isoformat() if again else "",
        limits=limits,
    )
