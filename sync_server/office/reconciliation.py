"""People who claim to have paid, held against the repayment file in force.

The newest record of it counts, until a later visit that met somebody, or a statement, names another
outcome. Day and amount are read from the note where it names just one; the note itself is shown
beside them, for a record has no field for either.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Literal

import msgspec

from shared import money
from shared.cases import Case, Repaid
from shared.lifecycle import judge
from shared.problems import ProblemError
from shared.records.base import Fact
from shared.season import Season, china_day, day_in_season
from sync_server.services import Services
from sync_server.store import (
    behind,
    cases,
    claim_list,
    claims,
    progress,
    repayments,
    reviews,
    seasons,
    units,
)
from sync_server.store.database import Connection
from sync_server.store.scope import WHOLE_COUNTY, Of, as_scope

State = Literal["missing", "different", "paid"]
STATES: tuple[State, ...] = ("missing", "different", "paid")
"""Nothing in the file; something, but not all or not what was claimed; everything is paid."""

_YUAN = re.compile(r"([0-9][0-9,]*(?:\.[0-9]{1,2})?)\s*元")
NOTE_CHARS = 1000
"""So much of a note is searched: the search takes the square of its length."""
_DAY = re.compile(r"(?:(20[0-9]{2})\s*年\s*)?([0-9]{1,2})\s*月\s*([0-9]{1,2})\s*[日号]")


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """One person who claims to have paid.

    Attributes:
        case: The case.
        school: The name of its school.
        teacher: Who is to visit.
        claimed_on: ISO day of the record; "" where it states none that the season can hold.
        days: How many days ago that is, 0 without a day.
        claimed_paid_on: ISO day of the payment as the note names it, "" where it names none.
        claimed_fen: The amount that the note names, 0 where it names none.
        note: What the teacher wrote.
        as_of: The day of the file in force, "" before the first.
        repaid: What that file says.
        left_fen: What is still due by it.
        state: How the two agree.
    """

    case: Case
    school: str
    teacher: str
    claimed_on: str
    days: int
    claimed_paid_on: str
    claimed_fen: int
    note: str
    as_of: str
    repaid: Repaid
    left_fen: int
    state: State

    @property
    def too_early(self) -> bool:
        """Whether the file is older than the record, and cannot have the payment yet."""
        return self.state != "paid" and self.as_of < self.claimed_on


def claimed(services: Services, of: Of) -> list[Claim]:
    """Return everybody who claims it, the open ones first, the oldest of them first.

    Args:
        services: The server's services.
        of: The school, or what somebody sees.

    Raises:
        ProblemError: unit.unknown.
    """
    season, today = services.season, china_day(services.settings.now())
    return services.database.read(lambda c: claimed_in(c, season, today, of))


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """Some of those who claim it, in the same order, and how many all are by state."""

    claims: list[Claim]
    counts: Mapping[str, int]
    as_of: str


def part(services: Services, of: Of, at: int, most: int) -> Part:
    """Return a part of them: `at` from 1, `most` people.

    Raises:
        ProblemError: unit.unknown, pages.behind.
    """
    season_id, today = services.season, china_day(services.settings.now())

    def job(connection: Connection) -> Part:
        season = seasons.get(connection, season_id)
        behind.check_judged(connection, season, of)
        found = claim_list.find(connection, season, of)
        last = max(1, -(-found.count // most))
        first = (min(max(at, 1), last) - 1) * most
        ids = found.part(connection, first, first + most)
        return Part(
            claims=claimed_in(connection, season_id, today, of, ids) if ids else [],
            counts=found.counts,
            as_of=repayments.newest(connection, season_id),
        )

    return services.database.read(job)


def claimed_in(
    connection: Connection,
    season_id: str,
    today: date,
    of: Of,
    ids: Sequence[str] | None = None,
) -> list[Claim]:
    """Return them inside a transaction; see `claimed`. `ids`: of these cases alone."""
    if isinstance(of, str) and units.unit(connection, season_id, of) is None:
        raise ProblemError("unit.unknown", unit=of)
    season = seasons.get(connection, season_id)
    if ids is None:
        every = claim_list.find(connection, season, of)
        ids = every.part(connection, 0, every.count)
    claimed = list(_claims(connection, season, of, ids))
    schools = units.names_of(connection, season_id, {case.school for case, _, _ in claimed})
    assignees = {case.assignee for case, _, _ in claimed}
    staff = units.staff_named(connection, assignees, WHOLE_COUNTY)
    as_of = repayments.newest(connection, season_id)
    sums = repayments.sums_of(connection, season_id, as_of, [case for case, _, _ in claimed])
    found = []
    for case, repaid, fact in claimed:
        claimed_on = day_in_season(season, fact.happened_at)
        claimed_paid_on, claimed_fen = read_note(_note(fact), claimed_on)
        found.append(
            Claim(
                case=case,
                school=schools.get(case.school, ""),
                teacher=staff.get(case.assignee, ""),
                claimed_on=claimed_on,
                days=(today - date.fromisoformat(claimed_on)).days if claimed_on else 0,
                claimed_paid_on=claimed_paid_on,
                claimed_fen=claimed_fen,
                note=_note(fact),
                as_of=as_of,
                repaid=repaid,
                left_fen=repayments.left(case, sums),
                state="paid" if repaid.paid else "different" if repaid.repaid_fen else "missing",
            )
        )
    return sorted(
        found, key=lambda c: (STATES.index(c.state), c.claimed_on, c.case.school, c.case.id)
    )


def open_by_school(connection: Connection, season_id: str, of: Of) -> dict[str, int]:
    """How many claim to have paid and have not, by the file in force, by school."""
    season = seasons.get(connection, season_id)
    sums = progress.school_sums(connection, season, as_scope(of))
    return {school: one.claimed for school, one in sums.items() if one.claimed}


def _claims(
    connection: Connection, season: Season, of: Of, ids: Sequence[str]
) -> Iterable[tuple[Case, Repaid, Fact]]:
    if not ids:
        return
    facts = cases.facts_of(connection, ids)
    verdicts = reviews.reviews_of(connection, [f.fact.id for many in facts.values() for f in many])
    for row in cases.rows(connection, season.id, ids=ids, scope=as_scope(of)):
        case, repaid = cases.case_of(row), cases.repaid_of(row)
        own = [f.fact for f in facts.get(case.id, ())]
        fact = claims.in_force_claim(judge(case, own, repaid, verdicts, season).in_force)
        if fact is not None:
            yield case, repaid, fact


def _note(fact: Fact) -> str:
    return str(fact.body.get("note") or fact.body.get("narrative") or "")


def read_note(note: str, claimed_on: str) -> tuple[str, int]:
    """Return the day and the amount (fen) that a note names; "" and 0 where it names not just one.

    A day without a year is the last such day before the record. Pure.
    """
    note = note[:NOTE_CHARS]
    amounts, days = _YUAN.findall(note), _DAY.findall(note)
    fen = _fen(amounts[0]) if len(amounts) == 1 else 0
    return (_day(days[0], claimed_on) if len(days) == 1 else ""), fen


def _fen(amount: str) -> int:
    """Return an amount that a teacher typed, fen; 0 where its commas or its size make no sense."""
    try:
        return money.parse_fen(amount)
    except ProblemError:
        return 0


def _day(found: tuple[str, str, str], claimed_on: str) -> str:
    if not claimed_on:
        return ""
    this_year = int(claimed_on[:4])
    for year in (int(found[0]),) if found[0] else (this_year, this_year - 1):
        try:
            day = date(year, int(found[1]), int(found[2])).isoformat()
        except ValueError:
            continue
        if day <= claimed_on:
            return day
    return ""
