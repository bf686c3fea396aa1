"""What the phone accepts of a server's answers: read and judged here before anything is stored.

A shape alone still allows numbers that no database takes, years that no calendar adds to and lists
without end. Whatever does not fit is `net.bad_answer`, and nothing of that answer is stored. Text
that only a screen shows may be odd: screens show it as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, TypeVar, cast

import msgspec

from shared import wire
from shared.box import POINT_BYTES
from shared.problems import ProblemError
from shared.season import SEASON_YEARS, Limits, Season, moment_of

T = TypeVar("T")
MOST_IN_JSON = 2**53 - 1
"""The largest integer that every JSON reader keeps exactly; SQLite keeps larger ones."""
LONGEST_TEXT = 64 * 1024
LONGEST_NAME = 200
"""Characters of an id, a name or a cursor's epoch."""
LONGEST_CURSOR = 2000
MOST_ITEMS = 5000
MOST_CHANGES = 3 * wire.MAX_FACTS
"""A page holds 500 cases or lines (docs/protocol.md#limits), the teacher's own records of each case
and what goes with them."""
MOST_DEPTH = 12
MOST_LIMIT = 1000
"""Of every number in a season's limits: hours, days, calls."""
LONGEST_WORDS = 1000
"""Characters of a sentence in problem details; the rest is cut off."""
_VISIBLE = re.compile(r"[!-~]{1,512}")
_WORDS = ("type", "title", "detail", "code", "file", "column")
_NUMBERS = ("status", "row", "page")


def read(data: bytes, shape: type[T]) -> T:
    """Return the answer in `data`.

    Raises:
        ProblemError: net.bad_answer.

    """
    try:
        found = msgspec.json.decode(data, type=shape)
        if isinstance(found, wire.ChangesPage):
            found = cast(T, wire.by_lines(found))
    except (ValueError, RecursionError) as error:
        raise ProblemError("net.bad_answer") from error
    if isinstance(found, wire.PushReply):
        outcomes = [_with_short_problem(outcome) for outcome in found.outcomes]
        found = msgspec.structs.replace(found, outcomes=outcomes)
    if not fits(found):
        raise ProblemError("net.bad_answer")
    return found


def fits(value: object) -> bool:
    """Whether every number, day, text and list of a struct is within bounds."""
    return _bounded(value, MOST_DEPTH)


def problem_details(data: bytes) -> dict[str, Any]:
    """Return the problem details in `data`, its sentences cut to a length; {} for anything else."""
    try:
        found = msgspec.json.decode(data, type=dict[str, Any])
    except (ValueError, RecursionError):
        return {}
    return short(found)


def short(problem: Mapping[str, Any]) -> dict[str, Any]:
    """Return problem details with known members alone, each of a bounded size."""
    words = {k: str(v)[:LONGEST_WORDS] for k in _WORDS if isinstance(v := problem.get(k), str)}
    numbers = {
        k: v for k in _NUMBERS if isinstance(v := problem.get(k), int) and 0 <= v <= MOST_IN_JSON
    }
    return words | numbers


def _with_short_problem(outcome: wire.Outcome) -> wire.Outcome:
    if outcome.problem is None:
        return outcome
    return msgspec.structs.replace(outcome, problem=short(outcome.problem))


def _bounded(value: object, depth: int) -> bool:
    if isinstance(value, str):
        return len(value) <= LONGEST_TEXT
    if isinstance(value, int):
        return abs(value) <= MOST_IN_JSON
    if isinstance(value, list | tuple):
        return (
            depth > 0
            and len(value) <= MOST_ITEMS
            and all(_bounded(item, depth - 1) for item in value)
        )
    if isinstance(value, dict):
        return (
            depth > 0
            and len(value) <= MOST_ITEMS
            and all(_bounded(k, 0) and _bounded(v, depth - 1) for k, v in value.items())
        )
    if isinstance(value, date):
        return value.year in SEASON_YEARS
    if isinstance(value, msgspec.Struct):
        return depth > 0 and _fits_its_kind(value, depth - 1)
    return True


def _fits_its_kind(value: msgspec.Struct, depth: int) -> bool:
    if isinstance(value, wire.Receipt):  # checked when it is opened (receipts.py)
        return True
    rule = _RULES.get(type(value))
    return (rule is None or rule(value)) and all(
        _bounded(getattr(value, name), depth) for name in value.__struct_fields__
    )


def _page(page: wire.ChangesPage) -> bool:
    at = moment_of(page.at)
    ahead = [] if page.ahead is msgspec.UNSET else page.ahead
    return (
        len(page.changes) <= MOST_CHANGES
        and all(len(cursor) <= LONGEST_CURSOR for cursor in (page.next, *ahead))
        and 0 < len(page.epoch) <= LONGEST_NAME
        and (not page.at or (at is not None and at.year in SEASON_YEARS))
        and (not page.more or page.next != "")
    )


def _change(change: wire.Change) -> bool:
    if any(record.seq < 0 for record in change.own) or len(change.to) > LONGEST_NAME:
        return False
    if change.case is not None and change.ref != change.case.case.id:
        return False
    wanted = {"case": change.case, "briefing": change.briefing or change.news}
    return change.seq >= 0 and wanted.get(change.kind, change) is not None


def _case(state: wire.CaseState) -> bool:
    # below zero is the phone's own mark of a case that has moved (mobile/store/cases.py)
    return state.version >= 0 and 0 < len(state.case.id) <= LONGEST_NAME


def _teacher(teacher: wire.Teacher) -> bool:
    return 0 < len(teacher.id) <= LONGEST_NAME and len(teacher.name) <= LONGEST_NAME


def _season(season: Season) -> bool:
    """Whether it is named by the year of its due day, as `season_rules` demands.

    By any later name the phone would take its records for those of an earlier season, and delete
    what the office has.
    """
    return season.id == str(season.due_day.year)


def _limits(limits: Limits) -> bool:
    return all(0 <= getattr(limits, name) <= MOST_LIMIT for name in limits.__struct_fields__)


def _outcome(outcome: wire.Outcome) -> bool:
    return (outcome.seq or 0) >= 0 and (outcome.expect is None or outcome.expect >= 1)


def _line(line: wire.ReceiptLine) -> bool:
    return line.seq >= 0


def _chain(place: wire.ChainPlace) -> bool:
    return place.n >= 0


def _enrolment(reply: wire.EnrolReply) -> bool:
    """The token goes into a header and the key is what every receipt is checked with."""
    try:
        point = wire.unb64(reply.server_key)
    except ValueError:
        return False
    names = (reply.device, reply.epoch, *msgspec.structs.astuple(reply.scope))
    return (
        len(point) == POINT_BYTES
        and bool(_VISIBLE.fullmatch(reply.token))
        and bool(_VISIBLE.fullmatch(reply.device))
        and all(len(name) <= LONGEST_NAME for name in names)
    )


_RULES: dict[type, Any] = {
    wire.ChangesPage: _page,
    wire.Change: _change,
    wire.CaseState: _case,
    wire.Teacher: _teacher,
    Season: _season,
    Limits: _limits,
    wire.Outcome: _outcome,
    wire.ReceiptLine: _line,
    wire.ChainPlace: _chain,
    wire.EnrolReply: _enrolment,
}
