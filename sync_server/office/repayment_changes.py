"""What changed for each school between two stored days of repayments.

`changes` is what a school gets every morning: who need not be visited any more, who paid a part,
who has to be visited again. It is computed from stored days alone, for any two of them, with the
contracts, schools and names of now; people who are off the list are left out. `as_json` and
`doorstep repayments changes` give the same structs as JSON, amounts in fen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

import msgspec

from shared.cases import Case, Repaid, Repayment, repaid
from shared.problems import ProblemError
from sync_server.services import Services
from sync_server.store import repayments, units
from sync_server.store.database import Connection
from sync_server.store.scope import Of

What = Literal["newly_paid", "partly_paid", "came_back", "reduced"]
WHATS: tuple[What, ...] = ("newly_paid", "partly_paid", "came_back", "reduced")
"""Everything due is covered now; more was paid, not all; it was covered and is not any more; less
is paid than before, of somebody who had not paid all.
"""


class PersonChange(msgspec.Struct, frozen=True, kw_only=True):
    """One person whose repayments changed.

    `case`: the id of the case, `code` as bare code. `due_fen`: everything due. `before_fen`,
    `after_fen`: paid by the earlier and the later day. `left_fen`: what is still due.
    """

    what: What
    case: str
    code: str
    name: str
    unit: str
    due_fen: int
    before_fen: int
    after_fen: int
    left_fen: int
    paid_on: str = ""


class SchoolChanges(msgspec.Struct, kw_only=True):
    """What changed for one school, and how it stands on the later day.

    `unit`: its code, "" for people in no school yet. `people`: how many are on its list, `paid` of
    them have paid everything. `still_due`: the others, and `still_due_fen` what they still owe.
    """

    unit: str
    school: str
    newly_paid: list[PersonChange] = []
    partly_paid: list[PersonChange] = []
    came_back: list[PersonChange] = []
    reduced: list[PersonChange] = []
    people: int = 0
    paid: int = 0
    repaid_fen: int = 0
    still_due: int = 0
    still_due_fen: int = 0


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """What changed since `since` ("" before the first file) until `as_of`, by school code."""

    season: str
    since: str
    as_of: str
    schools: tuple[SchoolChanges, ...]

    def people(self, what: What) -> list[PersonChange]:
        """Return all people of one kind of change, by school and code."""
        return [person for school in self.schools for person in getattr(school, what)]


Sums = dict[str, Repayment]
"""What each contract has paid, by its number in the spelling in which numbers are compared."""


def changes(services: Services, *, as_of: str = "", since: str | None = None, of: Of) -> Changes:
    """Compare two stored days.

    Args:
        services: The server's services.
        as_of: The later day; "" for the newest.
        since: The earlier day; None for the one stored before `as_of`, "" for nothing paid yet.
        of: The school, or what somebody sees.

    Returns:
        The changes.

    Raises:
        ProblemError: repayments.none, repayments.day_unknown.
    """
    return services.database.read(
        lambda c: changes_in(c, services.season, as_of=as_of, since=since, of=of)
    )


def changes_in(
    connection: Connection,
    season: str,
    *,
    as_of: str = "",
    since: str | None = None,
    of: Of,
) -> Changes:
    """Compare two stored days inside a transaction; see `changes`."""
    days = [s.as_of for s in repayments.snapshots(connection, season)]
    if not days:
        raise ProblemError("repayments.none")
    as_of = as_of or days[-1]
    earlier = [day for day in days if day < as_of]
    since = (earlier[-1] if earlier else "") if since is None else since
    for day in filter(None, (as_of, since)):
        if day not in days:
            raise ProblemError("repayments.day_unknown", day=day, days="、".join(days))
    before = repayments.sums(repayments.state_at(connection, season, since))
    after = repayments.sums(repayments.state_at(connection, season, as_of))
    names = {u.code: u.name for u in units.units(connection, season)}
    listed = repayments.listed_cases(connection, season, of)
    return compare(listed, before, after, names, season=season, since=since, as_of=as_of)


def compare(
    listed: Iterable[Case],
    before: Sums,
    after: Sums,
    names: Mapping[str, str],
    *,
    season: str,
    since: str,
    as_of: str,
) -> Changes:
    """Compare what was paid by two days. Pure.

    Args:
        listed: The cases on the list, in the order in which they are shown.
        before: The sums of the earlier day.
        after: The sums of the later day.
        names: Schools by code.
        season: The season.
        since: The earlier day.
        as_of: The later day.
    """
    schools: dict[str, SchoolChanges] = {}
    for case in listed:
        unit = case.school
        school = schools.setdefault(unit, SchoolChanges(unit=unit, school=names.get(unit, "")))
        was, now = repaid(case, before, since), repaid(case, after, as_of)
        left_fen = repayments.left(case, after)
        school.people += 1
        school.paid += now.paid
        school.repaid_fen += now.repaid_fen
        school.still_due += not now.paid
        school.still_due_fen += left_fen
        change = _change(case, was, now, left_fen)
        if change is not None:
            getattr(school, change.what).append(change)
    return Changes(season=season, since=since, as_of=as_of, schools=tuple(schools.values()))


def _change(case: Case, was: Repaid, now: Repaid, left_fen: int) -> PersonChange | None:
    if now.paid != was.paid:
        what: What = "newly_paid" if now.paid else "came_back"
    elif now.paid or now.repaid_fen == was.repaid_fen:
        return None
    else:
        what = "partly_paid" if now.repaid_fen > was.repaid_fen else "reduced"
    return PersonChange(
        what=what,
        case=case.id,
        code=case.code,
        name=case.borrower.name,
        unit=case.school,
        due_fen=case.total_fen,
        before_fen=was.repaid_fen,
        after_fen=now.repaid_fen,
        left_fen=left_fen,
        paid_on=now.paid_on,
    )


def as_json(found: Changes) -> dict[str, Any]:
    """Return the machine form: plain values, with counts by kind of change."""
    counts = {what: len(found.people(what)) for what in WHATS}
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(found))
    return {**plain, "counts": counts}
