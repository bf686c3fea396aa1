"""A number handed to the dialler: recorded before it rings, counted by the day, and its outcome asked for after it.

What is still to be told lives in the draft of the case's contact attempt, so it survives a kill: `called` is the
moment of the dial, `calls` are earlier dials of that case whose outcome is not told yet either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mobile.usecases.phone import Phone
from mobile.usecases.records import record
from mobile.usecases.speak_to import number_of
from mobile.usecases.views import Called, CallsToday
from shared.conduct import CALL, calls_of_day, in_hours
from shared.records.base import Fact
from shared.records.disclosure import Disclosure
from shared.season import Limits

WHOSE = {"phone": "self", "co_borrower_phone": "co_borrower"}
"""Whom a number rings (codes PEOPLE)."""


async def ring(phone: Phone, case_id: str, what: str, index: int = 0) -> str:
    """The number to dial (`phone` or `co_borrower_phone`, by index); the call is recorded as a disclosure.

    Raises: ProblemError case.unknown, fact.field_missing when there is no such number.
    """
    number = number_of(phone, case_id, what, index)
    await record(phone, case_id, Disclosure(what=what, to=WHOSE[what], purpose=CALL))
    return number


def calls_today(phone: Phone, to: str, earlier: Sequence[Fact], limits: Limits) -> CallsToday:
    """How often `to` was rung today, and whether the rules would rather wait. `earlier` are the facts in force."""
    now = phone.now()
    calls = calls_of_day(now, to, earlier)
    return CallsToday(
        to=to,
        dials=calls.dials,
        effective=calls.effective,
        most_dials=limits.dials_a_day,
        most_effective=limits.effective_calls_a_day,
        from_hour=limits.visit_from_hour,
        until_hour=limits.visit_until_hour,
        full=calls.full(limits),
        late=not in_hours(now, limits),
    )


def prepared(fields: Mapping[str, Any], to: str, at: str, reason: str = "") -> dict[str, Any]:
    """The attempt's draft after a dial to `to` at `at` (ISO): everything but the outcome is filled in.

    `reason`: what she said before she called all the same, where a rule asked.
    """
    calls = list(fields.get("calls") or [])
    if fields.get("called"):
        before = {
            "to": fields.get("to", "self"),
            "at": fields["called"],
            "reason": fields.get("flag_reason", ""),
        }
        calls.append(before)
    return {
        "channel": "phone",
        "to": to,
        "when": at,
        "called": at,
        "calls": calls,
        "later": False,
        "outcome": "",
        "flag_reason": reason,
        "corrects": "",
        "photos": [],
        "note": "" if fields.get("corrects") or fields.get("called") else fields.get("note", ""),
    }


def previous_call(fields: Mapping[str, Any]) -> dict[str, Any] | None:
    """The draft for the call before, once the newest one was told; None when none is left."""
    calls = list(fields.get("calls") or [])
    if not calls:
        return None
    last = calls.pop()
    return {
        **prepared({}, str(last["to"]), str(last["at"]), str(last.get("reason", ""))),
        "calls": calls,
    }


def called(fields: Mapping[str, Any] | None) -> Called | None:
    """The call whose outcome is to be asked for now; None when there is none or she said "later"."""
    if not fields or not fields.get("called") or fields.get("later"):
        return None
    return Called(to=str(fields.get("to", "self")), at=str(fields["called"]))
