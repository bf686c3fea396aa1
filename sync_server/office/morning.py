"""The morning sheet of schools: what is new since the morning before, and what is to be chased.

Nothing is counted anew: people are those of store/progress.py, repayments those of
repayment_changes.py, claims those of reconciliation.py, slips those of slip_progress.py, records to
review those of the review queue. The rule of what comes first is shared/morning.py.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import TypeVar

import msgspec

from shared import morning
from shared.cases import Case
from shared.lifecycle import Standing
from shared.morning import Figures, Promise, ToDo
from shared.season import Season, china_day
from sync_server.office import (
    reconciliation,
    repayment_changes,
    review_records,
    slip_evidence,
    slip_progress,
)
from sync_server.office.morning_arrivals import Arrival, arrivals
from sync_server.office.morning_phones import ListOnPhone, SilentPhone, phones_of
from sync_server.office.reconciliation import Claim
from sync_server.office.repayment_changes import PersonChange
from sync_server.office.slip_evidence import SlipEvidence
from sync_server.services import Services
from sync_server.store import progress, repayments, seasons, slip_batches, units
from sync_server.store.database import Connection
from sync_server.store.progress import CaseStanding, Progress
from sync_server.store.scope import Of, as_scope
from sync_server.store.units import UnitRow

T = TypeVar("T")


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """The day of a sheet.

    Attributes:
        today: The day in China.
        since: The morning before; what happened later is new.
        first_day: The first day of the visits, from which the sheet counts.
        as_of: The day of the repayment file in force, "" before the first.
        before: That of the file in force the morning before, "" where there was none.
        fetched_from: Since when phones that fetched the list have the file in force (UTC ISO).
    """

    today: date
    since: datetime
    first_day: date
    as_of: str
    before: str
    fetched_from: str

    @property
    def has_begun(self) -> bool:
        """Whether the visits have begun."""
        return self.today >= self.first_day

    @property
    def has_news(self) -> bool:
        """Whether a repayment file came since the morning before."""
        return self.as_of != self.before

    @property
    def since_text(self) -> str:
        """The morning before as it is stored (UTC ISO)."""
        return self.since.astimezone(UTC).isoformat(timespec="milliseconds")


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody whose repayments changed; `teacher`: whose phone the person leaves, or is back on.

    `list_on_phone`: whether that teacher's phone has fetched the list since the file came.
    """

    person: PersonChange
    teacher: str
    list_on_phone: ListOnPhone


class Unpaid(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who has not paid everything; `outcome_on`: the day of the last visit."""

    case: Case
    standing: Standing
    promise: Promise

    @property
    def outcome_on(self) -> str:
        """The day of the last visit; "" without a visit, or where it names none."""
        return self.standing.visits[-1].day if self.standing.visits else ""

    @property
    def is_untouched(self) -> bool:
        """Whether nothing is recorded, as `progress` counts it."""
        one = self.standing
        return not (one.visits or one.attempts or one.statement != "none")


class OfTeacher(msgspec.Struct, frozen=True, kw_only=True):
    """The unpaid people of a teacher; without id and name those who have none."""

    id: str
    name: str
    people: tuple[Unpaid, ...]

    def promised(self, when: Promise) -> int:
        """How many promised to pay then."""
        return sum(one.promise == when for one in self.people)

    @property
    def untouched(self) -> int:
        """Of how many nothing is recorded."""
        return sum(one.is_untouched for one in self.people)


class Slip(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody whose slip the centre does not have.

    `missing`: the number of the received sheet that names it and did not bring it, 0 for none.
    """

    case: Case
    standing: Standing
    teacher: str
    evidence: SlipEvidence
    missing: int = 0


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """The sheet of a school.

    Attributes:
        unit: The school.
        figures: Its numbers.
        to_do: What is to be chased, the first thing first.
        progress: The school's progress, as every other page has it.
        paid: Who has paid everything since.
        came_back: Whose payment was taken back.
        arrived: Who came to the school.
        teachers: The unpaid by teacher, those without a teacher first.
        claims: Who says to have paid, and by the file in force has not.
        slips: Whose slip the centre does not have.
        phones: Phones that were not heard of.
    """

    unit: UnitRow
    figures: Figures
    to_do: tuple[ToDo, ...]
    progress: Progress
    paid: tuple[Changed, ...]
    came_back: tuple[Changed, ...]
    arrived: tuple[Arrival, ...]
    teachers: tuple[OfTeacher, ...]
    claims: tuple[Claim, ...]
    slips: tuple[Slip, ...]
    phones: tuple[SilentPhone, ...]

    @property
    def first(self) -> ToDo | None:
        """The first thing to chase; None where there is nothing."""
        return self.to_do[0] if self.to_do else None


class Morning(msgspec.Struct, frozen=True, kw_only=True):
    """The sheets of schools on a day; `found`: everybody on their lists."""

    season: Season
    day: Day
    sheets: tuple[Sheet, ...]
    found: Sequence[CaseStanding]


def read(services: Services, of: Of) -> Morning:
    """Return the sheets of a school, or of those somebody sees, as of now."""
    now, real = services.settings.now(), services.settings.real_now()
    return services.database.read(lambda c: read_in(c, services.season, of, now, real))


def read_in(
    connection: Connection, season_id: str, of: Of, now: datetime, real_now: datetime
) -> Morning:
    """Read them inside a transaction, in a number of queries that no school adds to.

    Args:
        connection: Who reads.
        season_id: The season.
        of: The school, or what somebody sees.
        now: The season's clock.
        real_now: The real clock, by which phones are confirmed.
    """
    season = seasons.get(connection, season_id)
    day = day_of(connection, season, china_day(now))
    schools = _schools(connection, season_id, of)
    found = progress.case_standings(connection, season, scope=as_scope(of))
    gathered = _Gathered(connection, season, day, of, found, real_now)
    return Morning(
        season=season,
        day=day,
        sheets=tuple(gathered.sheet(row) for row in schools),
        found=found,
    )


def waiting_for_review(connection: Connection, season: str, of: Of) -> dict[str, int]:
    """Return how many records wait for a verdict, by school: the review queue's own number."""
    return review_records.waiting(connection, season, of)


def day_of(connection: Connection, season: Season, today: date) -> Day:
    """Return the day of the sheets."""
    since = morning.since(season, today)
    text = since.astimezone(UTC).isoformat(timespec="milliseconds")
    stored = repayments.snapshots(connection, season.id)
    newest = stored[-1] if stored else None
    return Day(
        today=today,
        since=since,
        first_day=morning.first_day(season),
        as_of=newest.as_of if newest else "",
        before=max((s.as_of for s in stored if s.imported_at <= text), default=""),
        fetched_from=newest.imported_at if newest else "",
    )


def _schools(connection: Connection, season: str, of: Of) -> list[UnitRow]:
    """The schools at work; the one asked for by its code also where it is gone."""
    if not isinstance(of, str):
        return units.within(connection, season, of)
    row = units.unit(connection, season, of)
    return [row] if row else []


class _Gathered:
    """Everything that the sheets of some schools say, read once for all of them."""

    def __init__(
        self,
        connection: Connection,
        season: Season,
        day: Day,
        of: Of,
        found: Sequence[CaseStanding],
        real_now: datetime,
    ) -> None:
        self.season, self.day = season, day
        self.names = units.staff_names(connection, season.id)
        self.found = _by(found, lambda line: line.case.school)
        self.teacher = {line.case.id: line.case.assignee for line in found}
        self.progress = progress.count_by(found, season, lambda line: line.case.school)
        self.changes = changes_of(connection, season.id, day, of)
        self.arrived = _by(arrivals(connection, season.id, day.since_text, of), lambda a: a.unit)
        claims = reconciliation.claimed_in(connection, season.id, day.today, as_scope(of))
        self.claims = _by([c for c in claims if c.state != "paid"], lambda c: c.case.school)
        self.evidence = slip_evidence.evidence_of(connection, season.id, found)
        self.slips = slip_progress.by_school(connection, season.id, found, self.evidence)
        batches = slip_batches.listed(connection, season.id, of)
        lines = slip_batches.lines(connection, [batch.id for batch in batches])
        self.missing = slip_progress.missing_of(batches, lines)
        self.review = waiting_for_review(connection, season.id, of)
        self.phones = phones_of(connection, season.id, of, day.today, real_now)

    def sheet(self, row: UnitRow) -> Sheet:
        """Put one school's sheet together."""
        unit, found = row.code, self.found.get(row.code, [])
        total = self.progress.get(unit, Progress())
        changes = self.changes.get(unit)
        paid = self._changed(changes.newly_paid if changes else [])
        came_back = self._changed(changes.came_back if changes else [])
        teachers, arrived = self._teachers(found), tuple(self.arrived.get(unit, ()))
        claims, slips = tuple(self.claims.get(unit, ())), self._slips(found)
        phones = tuple(self.phones.silent.get(unit, ()))
        papers = self.slips[unit].counts.papers if unit in self.slips else {}
        figures = Figures(
            paid=len(paid),
            paid_not_fetched=sum(one.list_on_phone == "not_fetched" for one in paid),
            paid_no_phone=sum(one.list_on_phone == "no_phone" for one in paid),
            came_back=len(came_back),
            arrived=sum(one.people for one in arrived),
            unpaid=total.unpaid,
            unassigned=sum(len(one.people) for one in teachers if not one.id),
            promised_today=sum(one.promised("today") for one in teachers),
            promised_past=sum(one.promised("past") for one in teachers),
            untouched=total.untouched,
            claimed=len(claims),
            slips_at_school=papers.get("at_school", 0),
            without_slip=papers.get("none", 0),
            review=self.review.get(unit, 0),
            phones=len(phones),
        )
        return Sheet(
            unit=row,
            figures=figures,
            to_do=morning.to_do(figures, self.season, self.day.today),
            progress=total,
            paid=paid,
            came_back=came_back,
            arrived=arrived,
            teachers=teachers,
            claims=claims,
            slips=slips,
            phones=phones,
        )

    def _changed(self, people: Sequence[PersonChange]) -> tuple[Changed, ...]:
        found = [self._change(person) for person in people]
        return tuple(sorted(found, key=lambda one: (one.list_on_phone == "fetched", one.teacher)))

    def _change(self, person: PersonChange) -> Changed:
        staff = self.teacher.get(person.case, "")
        fetched = self.phones.list_on_phone(staff, self.day.fetched_from)
        return Changed(person=person, teacher=self.names.get(staff, ""), list_on_phone=fetched)

    def _teachers(self, found: Sequence[CaseStanding]) -> tuple[OfTeacher, ...]:
        unpaid = [line for line in found if not line.standing.repaid.paid]
        made = [
            OfTeacher(id=staff, name=self.names.get(staff, ""), people=tuple(self._unpaid(people)))
            for staff, people in _by(unpaid, lambda line: line.case.assignee).items()
        ]
        return tuple(sorted(made, key=lambda one: (one.id != "", one.name, one.id)))

    def _unpaid(self, lines: Sequence[CaseStanding]) -> list[Unpaid]:
        """Those who promised first, by day, then those of whom nothing is recorded."""
        found = [
            Unpaid(
                case=line.case,
                standing=line.standing,
                promise=morning.promise(line.standing.promise_date, self.day.today),
            )
            for line in lines
        ]
        order = {"today": 0, "past": 1}
        return sorted(
            found,
            key=lambda one: (order.get(one.promise, 2), not one.is_untouched, one.case.code),
        )

    def _slips(self, found: Sequence[CaseStanding]) -> tuple[Slip, ...]:
        left = [
            Slip(
                case=line.case,
                standing=line.standing,
                teacher=self.names.get(line.case.assignee, ""),
                evidence=self.evidence[line.case.id],
                missing=self.missing.get(line.case.id, 0),
            )
            for line in found
            if self.evidence[line.case.id].paper != "handed_in"
        ]
        return tuple(
            sorted(left, key=lambda one: (not one.missing, one.evidence.paper, one.case.code))
        )


def changes_of(
    connection: Connection, season: str, day: Day, of: Of
) -> Mapping[str, repayment_changes.SchoolChanges]:
    """Return what a repayment file that came since the morning before changed, by school."""
    if not day.has_news:
        return {}
    found = repayment_changes.changes_in(
        connection, season, as_of=day.as_of, since=day.before, of=of
    )
    return {school.unit: school for school in found.schools}


def _by(lines: Sequence[T], key: Callable[[T], str]) -> dict[str, list[T]]:
    found: dict[str, list[T]] = defaultdict(list)
    for line in lines:
        found[key(line)].append(line)
    return dict(found)
