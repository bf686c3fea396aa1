"""Rules of conduct at a visit: hours, two visitors, who may hear what, attempts a day.

Every rule answers with flags to show before the act; none refuses the record of what happened. The
limits are our own floor (season.limits), not law that binds a school (docs/sources.md#conduct).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from shared import codes
from shared.clock import EARLIEST, LATEST
from shared.records.base import Fact
from shared.season import Limits, china_day, china_time, day_of, moment_of

THIRD_PARTIES = frozenset({"neighbour", "village_cadre"})
SENT = frozenset({"post", "message"})
"""Ways of delivery (codes METHODS) that take nobody to a door."""
NO_PHOTO = "no_photo"
PHONE = "phone"
"""The channel (codes CHANNELS) that counts as a call."""

DISCLOSED = (
    codes.Code("amount", "金额", "amount"),
    codes.Code("phone", "电话", "phone"),
    codes.Code("co_borrower_phone", "共同借款人电话", "co-borrower's phone"),
    codes.Code("id_number", "身份证号", "ID number"),
    codes.Code("suggested_phone", "去年走访得到的电话", "phone from last year's visit"),
)
CALL, SHOWN = "call", "shown to the teacher"
PURPOSES = (
    codes.Code(CALL, "拨打电话", "to call"),
    codes.Code(SHOWN, "老师查看", "shown to the teacher"),
)


class Calls(NamedTuple):
    """One day's calls to one person.

    Attributes:
        dials: Calls made.
        effective: Calls answered.
        unrecorded: Dials without a recorded outcome (yet).

    """

    dials: int = 0
    effective: int = 0
    unrecorded: int = 0

    def full(self, limits: Limits) -> bool:
        """Return whether a daily limit is reached."""
        return self.dials >= limits.dials_a_day or self.effective >= limits.effective_calls_a_day


def may_hear_amounts(who: str) -> bool:
    """Return whether a person may hear amounts: a borrower or co-borrower, who owe them jointly."""
    return who in codes.MAY_HEAR_AMOUNTS


def visit_flags(
    when: datetime,
    visitors: Sequence[str],
    earlier: Sequence[Fact],
    limits: Limits,
    met: str = "",
    *,
    numbers: bool = True,
) -> tuple[str, ...]:
    """Return the flags of a visit.

    Args:
        when: When it happens (aware).
        visitors: Names of those who go.
        earlier: The case's other facts in force.
        limits: The season's limits.
        met: Who is met (codes PEOPLE).
        numbers: As for `may_ask_third_party`.

    """
    flags = []
    if not in_hours(when, limits):
        flags.append("outside_hours")
    if len({v.strip() for v in visitors if v.strip()}) < limits.visitors:
        flags.append("alone")
    apart = timedelta(days=limits.days_between_visits)
    # both ways: they may be written in any order
    if any(abs(when - other) < apart for other in _visits(earlier)):
        flags.append("too_soon")
    if met in THIRD_PARTIES and not may_ask_third_party(earlier, limits, numbers=numbers):
        flags.append("third_party_early")
    return tuple(flags)


def delivery_flags(
    when: datetime,
    servers: Sequence[str],
    earlier: Sequence[Fact],
    limits: Limits,
    signer: str = "",
    method: str = "",
    *,
    numbers: bool = True,
) -> tuple[str, ...]:
    """Return the flags of a delivery.

    Those of a visit, but for the time since the last one. Nobody goes along with a letter or a
    message, and nobody is disturbed by a letter.

    Args:
        when: When it happens (aware).
        servers: Names of those who brought it.
        earlier: The case's other facts in force.
        limits: The season's limits.
        signer: Who signed (codes PEOPLE).
        method: Codes METHODS.
        numbers: As for `may_ask_third_party`.

    """
    dropped = {"too_soon"}
    if method in SENT:
        dropped.add("alone")
    if method == "post":
        dropped.add("outside_hours")
    found = visit_flags(when, servers, earlier, limits, signer, numbers=numbers)
    return tuple(flag for flag in found if flag not in dropped)


def proof_flags(outcome: str, photos: Sequence[str]) -> tuple[str, ...]:
    """Return the flag of a delivery that somebody signed or confirmed, without a photo of it."""
    signed = codes.find(codes.DELIVERIES, outcome).group == "signed"
    return (NO_PHOTO,) if signed and not photos else ()


def call_flags(
    when: datetime,
    to: str,
    earlier: Sequence[Fact],
    limits: Limits,
    channel: str = PHONE,
    *,
    numbers: bool = True,
) -> tuple[str, ...]:
    """Return the flags of a contact attempt.

    Hours, calls of that day to the same person, third parties.

    Both daily limits count calls (made, and answered: docs/sources.md#calls-a-day); a message
    counts towards neither. The dial of the very call that is recorded now does not count as one
    before it.

    Args:
        when: When it happens (aware).
        to: The person (codes PEOPLE).
        earlier: The case's other facts in force.
        limits: The season's limits.
        channel: Codes CHANNELS.
        numbers: As for `may_ask_third_party`.

    """
    flags = []
    if not in_hours(when, limits):
        flags.append("outside_hours")
    calls = calls_of_day(when, to, earlier)
    if channel == PHONE and calls._replace(dials=calls.dials - min(calls.unrecorded, 1)).full(
        limits
    ):
        flags.append("too_many_calls")
    if to in THIRD_PARTIES and not may_ask_third_party(earlier, limits, numbers=numbers):
        flags.append("third_party_early")
    return tuple(flags)


def calls_of_day(when: datetime, to: str, earlier: Sequence[Fact]) -> Calls:
    """Count the calls to one person on the day of `when` in China.

    A record names no number, so all numbers of a person count together. A dial and the attempt
    recorded after it are one call; an attempt without a dial was made on another phone.
    """
    day, whom = china_day(when).isoformat(), to or "self"
    dials = effective = unrecorded = 0
    for fact in earlier:
        if day_of(fact.happened_at) != day:
            continue
        if _dialled(fact) == whom:
            dials, unrecorded = dials + 1, unrecorded + 1
        elif _rang(fact) == whom:
            dials, unrecorded = (dials, unrecorded - 1) if unrecorded else (dials + 1, 0)
            effective += codes.find(codes.CALLS, str(fact.body.get("outcome"))).group == "effective"
    return Calls(dials, effective, unrecorded)


def in_hours(when: datetime, limits: Limits) -> bool:
    """Return whether people may be visited or called at `when` (aware), by China's clock."""
    return limits.visit_from_hour <= (china_time(when) or when).hour < limits.visit_until_hour


def may_ask_third_party(earlier: Sequence[Fact], limits: Limits, *, numbers: bool = True) -> bool:
    """Return whether third parties may be asked.

    After an invalid number, or failed attempts in a row.

    Only attempts at the household count, and one that reached somebody starts the count anew.
    Without any number they may be asked at once: an invalid number counts as 失联, and having none
    to dial is no better.

    Args:
        earlier: The case's facts in force, in order.
        limits: The season's limits.
        numbers: Whether any number of borrower or co-borrower is known.

    Source: docs/sources.md#third-parties.

    """
    failures, invalid = 0, not numbers
    for fact in earlier:
        came = _came_of(fact)
        if came == "effective":
            failures, invalid = 0, False
        elif came == "failed":
            failures += 1
            invalid = invalid or fact.body.get("outcome") == "invalid_number"
    return invalid or failures >= limits.failures_before_third_party


def last_visit(earlier: Sequence[Fact]) -> datetime | None:
    """Return when the last visit happened by the teachers' own statement; None before the first."""
    return max(_visits(earlier), default=None)


def _visits(earlier: Sequence[Fact]) -> list[datetime]:
    """When visits happened; without those of unreadable times or years that no clock shows."""
    moments = [moment_of(f.happened_at) for f in earlier if f.kind == "visit"]
    return [m for m in moments if m is not None and EARLIEST <= m <= LATEST]


def _rang(fact: Fact) -> str:
    """The person a call was made to; "" for a message or another kind of fact.

    Defaults are left out of a body.
    """
    rang = fact.kind == "contact_attempt" and fact.body.get("channel", PHONE) == PHONE
    return str(fact.body.get("to", "self")) if rang else ""


def _dialled(fact: Fact) -> str:
    """The person whose number was given to the dialler; "" for any other fact."""
    called = fact.kind == "disclosure" and fact.body.get("purpose") == CALL
    return str(fact.body.get("to", "")) if called else ""


def _came_of(fact: Fact) -> str:
    """Effective or failed for an attempt at the household, "" for anything else."""
    if fact.kind == "contact_attempt" and str(fact.body.get("to", "self")) not in THIRD_PARTIES:
        return codes.find(codes.CALLS, str(fact.body.get("outcome"))).group
    if fact.kind == "visit" and str(fact.body.get("met")) not in THIRD_PARTIES:
        return "failed" if fact.body.get("met") == "nobody" else "effective"
    return ""
