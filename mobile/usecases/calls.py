"""Calls: recorded before the number is dialled, their outcome asked for afterwards.

A call whose outcome is not recorded yet is kept in the draft of the case's contact attempt, so it
survives a kill: `called` is the moment of the dial, `calls` are earlier dials of that case that
lack an outcome, too.
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

WHOSE = {"phone": "self", "co_borrower_phone": "co_borrower", "suggested_phone": "self"}
"""Whose number it is (codes PEOPLE)."""


async def ring(phone: Phone, case_id: str, what: str, index: int = 0) -> str:
    """Return the number to dial; the call is recorded as a disclosure.

    Args:
        phone: The phone.
        case_id: The case.
        what: `phone`, `co_borrower_phone` or `suggested_phone`.
        index: Which of that person's numbers, from 0.

    Raises:
        ProblemError: case.unknown; fact.field_missing when there is no such number.

    """
    number = number_of(phone, case_id, what, index)
    await record(phone, case_id, Disclosure(what=what, to=WHOSE[what], purpose=CALL))
    return number


def calls_today(phone: Phone, to: str, earlier: Sequence[Fact], limits: Limits) -> CallsToday:
    """Count today's calls to one person against the season's limits.

    Args:
        phone: The phone.
        to: The person (codes PEOPLE).
        earlier: The case's facts in force.
        limits: The season's limits.

    """
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
    """Return the attempt's draft after a dial: every field but the outcome is filled in.

    Args:
        fields: The draft so far; a call in it that lacks an outcome is kept under `calls`.
        to: The person dialled (codes PEOPLE).
        at: When (ISO 8601).
        reason: Why the teacher called although a rule advised against it.

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
    """Return the draft of the call before, once the newest has its outcome.

    None when no call is left.
    """
    calls = list(fields.get("calls") or [])
    if not calls:
        return None
    last = calls.pop()
    return {
        **prepared({}, str(last["to"]), str(last["at"]), str(last.get("reason", ""))),
        "calls": calls,
    }


def called(fields: Mapping[str, Any] | None) -> Called | None:
    """Return the call whose outcome is to be asked for now.

    None when there is none or the teacher chose "later".
    """
    if not fields or not fields.get("called") or fields.get("later"):
        return None
    return Called(to=str(fields.get("to", "self")), at=str(fields["called"]))
