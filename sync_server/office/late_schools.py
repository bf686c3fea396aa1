"""Late schools (约谈): the season's rules name them, a person decides, and what came of it is kept.

Nothing is sent by itself. Every step is one transaction, audited without its words, which may be
of a person; pressed twice it has one effect. Until it stands on a printed list it can be taken
back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

import msgspec

from shared.assets import FONTS
from shared.late_schools import Ground, SchoolFigures, grounds, may_name
from shared.problems import ProblemError
from shared.season import Season, china_day, near_season
from sync_server.office import fonts, jobs
from sync_server.office.jobs import Job
from sync_server.paperwork.late_schools import LateLine, render_late_schools
from sync_server.services import Services
from sync_server.store import (
    audit,
    late_schools,
    progress,
    school_totals,
    seasons,
    summaries,
    units,
)
from sync_server.store.database import Connection
from sync_server.store.late_schools import LateSchool, State
from sync_server.store.scope import WHOLE_COUNTY, Of, as_scope, of_schools
from sync_server.store.units import UnitRow

LONGEST = {"reason": 300, "with_whom": 60, "agreed": 1000}
"""Most characters of what is typed."""


class School(msgspec.Struct, frozen=True, kw_only=True):
    """A school with what the rules say of it now, and what was decided.

    Attributes:
        figures: What the rules look at, as it stands now.
        named: The grounds of now; empty where no rule names it any more.
        decided: Every decision about it, the first one first.
    """

    unit: UnitRow
    figures: SchoolFigures
    named: tuple[Ground, ...]
    decided: tuple[LateSchool, ...] = ()

    @property
    def last(self) -> LateSchool | None:
        """The last decision."""
        return self.decided[-1] if self.decided else None

    @property
    def to_decide(self) -> bool:
        """Whether a rule names it and nothing is decided."""
        return bool(self.named) and self.last is None


def found(services: Services, of: Of, *, from_facts: bool = False) -> list[School]:
    """Return the schools that a rule names now or about which something was decided, by code.

    Args:
        services: The server's services.
        of: The schools that are looked at.
        from_facts: Whether everybody is judged anew, and not read as kept.
    """
    today = china_day(services.settings.now())
    return services.database.read(
        lambda c: found_in(c, services.season, today, of, from_facts=from_facts)
    )


def found_in(
    connection: Connection, season_id: str, today: date, of: Of, *, from_facts: bool = False
) -> list[School]:
    """Return the same inside a transaction, as of a day."""
    season, scope = seasons.get(connection, season_id), as_scope(of)
    decided: dict[str, list[LateSchool]] = {}
    for row in late_schools.listed(connection, season_id, scope):
        if scope.sees(row.unit):
            decided.setdefault(row.unit, []).append(row)
    if not may_name(season, today):  # no sum is asked for on the many days without one
        if not decided:
            return []
        of = of_schools(decided)
    if from_facts:  # what is decided, or printed, stands on the records themselves
        people_of = progress.case_standings(connection, season, scope=as_scope(of), from_facts=True)
        counted = progress.count_by(people_of, season, lambda line: line.case.school)
        sums = {unit: (one.people, one.delivered, one.paid) for unit, one in counted.items()}
    else:
        sums = school_totals.shares(connection, season, of)
    handed_in = summaries.standings(summaries.glanced(connection, season_id, of))
    found: dict[str, tuple[SchoolFigures, tuple[Ground, ...]]] = {}
    for code in {*sums, *decided}:
        people, delivered, repaid = sums.get(code, (0, 0, 0))
        stands = handed_in.get(code)
        figures = SchoolFigures(
            people=people,
            delivered=delivered,
            repaid=repaid,
            handed_in=stands is not None and stands.handed_in,
        )
        named = grounds(season, figures, today)
        if named or code in decided:
            found[code] = figures, named
    # what was decided of one that is gone stays
    rows = units.every_unit(connection, season_id, of_schools(found)) if found else []
    return [
        School(
            unit=one,
            figures=found[one.code][0],
            named=found[one.code][1],
            decided=tuple(decided.get(one.code, ())),
        )
        for one in rows
    ]


def decide(
    services: Services, unit: str, *, call_in: bool, reason: str, after: int, who: str
) -> LateSchool:
    """Decide that the head of a school that a rule names is called in, or is not.

    Args:
        services: The server's services.
        unit: The school.
        call_in: Whether there will be a talk.
        reason: Why; needed where there will be none.
        after: How many decisions about it the person was shown.
        who: Who decides.

    Returns:
        The decision; pressed twice, the same one.

    Raises:
        ProblemError: late.not_named, late.reason_missing, late.changed; season.closed.
    """
    reason, state = _typed("reason", reason), "listed" if call_in else "dismissed"
    if not (call_in or reason):
        raise ProblemError("late.reason_missing")
    now, today = services.settings.now_text(), china_day(services.settings.now())

    def job(connection: Connection) -> LateSchool:
        school = next(
            iter(found_in(connection, services.season, today, unit, from_facts=True)), None
        )
        last = school.last if school else None
        if last is not None and last.n == after + 1 and last.state == state:
            return last  # the same button, pressed twice
        if (last.n if last else 0) != after or (last is not None and last.is_open):
            raise ProblemError("late.changed")
        if school is None or not school.named:
            raise ProblemError("late.not_named")
        row = late_schools.add(
            connection,
            season=services.season,
            unit=unit,
            n=after + 1,
            state=state,
            at=now,
            who=who,
            grounds=msgspec.json.encode(school.named).decode(),
            reason=reason,
        )
        _note(connection, services, row, f"late.{state}", who)
        return row

    return services.change(job)


def set_day(services: Services, row_id: str, day: date, *, who: str) -> LateSchool:
    """Set the day of the talk, or another one.

    Raises:
        ProblemError: late.unknown, late.changed (decided against, or held), late.day_impossible;
            season.closed.
    """

    def job(connection: Connection, row: LateSchool, season: Season) -> LateSchool:
        if not near_season(season, day):
            raise ProblemError("late.day_impossible", day=day.isoformat())
        if row.talk_on == day.isoformat():
            return row
        return _moved(connection, services, row, "dated", "late.dated", who, talk_on=str(day))

    return _change(services, row_id, ("listed", "dated"), job)


def note_talk(
    services: Services, row_id: str, *, held_on: date, with_whom: str, agreed: str, who: str
) -> LateSchool:
    """Note that the talk was held: when, with whom, and what was agreed.

    Raises:
        ProblemError: late.unknown, late.changed, late.note_missing, late.day_impossible;
            season.closed.
    """
    values = {"with_whom": _typed("with_whom", with_whom), "agreed": _typed("agreed", agreed)}
    if not all(values.values()):
        raise ProblemError("late.note_missing")
    values["held_on"] = held_on.isoformat()
    today = china_day(services.settings.now())

    def job(connection: Connection, row: LateSchool, season: Season) -> LateSchool:
        if not near_season(season, held_on) or held_on > today:
            raise ProblemError("late.day_impossible", day=held_on.isoformat())
        if row.state == "held":
            if any(getattr(row, name) != value for name, value in values.items()):
                raise ProblemError("late.changed")
            return row  # the same button, pressed twice
        return _moved(connection, services, row, "held", "late.held", who, **values)

    return _change(services, row_id, ("dated", "held"), job)


def take_back(services: Services, row_id: str, state: str, *, who: str) -> None:
    """Take the last step back: the talk's note, its day, or the decision.

    Args:
        services: The server's services.
        row_id: The decision.
        state: The state that the person was shown; done before, nothing happens.
        who: Who does it.

    Raises:
        ProblemError: late.printed; season.closed.
    """

    def job(connection: Connection) -> None:
        row = next(
            (one for one in late_schools.listed(connection, services.season) if one.id == row_id),
            None,
        )
        if row is None or row.state != state:
            return  # the same button, pressed twice
        if not row.undoable:
            raise ProblemError("late.printed")
        if late_schools.take_back(connection, row):
            _note(connection, services, row, "late.take_back", who)

    services.change(job)


def printed(services: Services, *, who: str) -> bytes:
    """Render the list of decisions as a PDF; what stands on it is not taken back any more.

    A closed season still prints, and notes nothing.

    Raises:
        ProblemError: late.nobody, late.changed, paper.not_set.
    """
    schools = [one for one in found(services, WHOLE_COUNTY, from_facts=True) if one.decided]
    if not schools:
        raise ProblemError("late.nobody")
    season = services.database.read(lambda c: seasons.get(c, services.season))
    today = china_day(services.settings.now())
    lines = [LateLine(school=one.unit.name, row=row) for one in schools for row in one.decided]
    pdf = jobs.run(
        services,
        Job(kind="lists", who=who),
        render_late_schools,
        lines,
        season,
        today,
        FONTS,
        bool(services.settings.clock_spec),
        fonts.in_use(services),
    )
    try:
        services.change(lambda c: _note_printed(c, services, [line.row for line in lines], who))
    except ProblemError as problem:
        if problem.code not in ("season.closed", "season.retention_over"):
            raise
    return pdf


def _note_printed(
    connection: Connection, services: Services, rows: Sequence[LateSchool], who: str
) -> None:
    now = services.settings.now_text()
    late_schools.mark_printed(connection, rows, now)
    audit.note(connection, at=now, who=who, action="late.print", ref=str(len(rows)))


def _typed(name: str, text: str) -> str:
    return text.strip()[: LONGEST[name]]


def _change(
    services: Services,
    row_id: str,
    states: tuple[State, ...],
    job: Callable[[Connection, LateSchool, Season], LateSchool],
) -> LateSchool:
    """Change a decision that is in one of these states. Raises: late.unknown, late.changed."""

    def guarded(connection: Connection) -> LateSchool:
        row = late_schools.get(connection, row_id)
        if row.season != services.season:
            raise ProblemError("late.unknown")
        if row.state not in states:
            raise ProblemError("late.changed")
        return job(connection, row, seasons.get(connection, services.season))

    return services.change(guarded)


def _moved(
    connection: Connection,
    services: Services,
    row: LateSchool,
    state: State,
    action: str,
    who: str,
    **values: str,
) -> LateSchool:
    done = late_schools.move(connection, row, state, **values)
    if done is None:
        raise ProblemError("late.changed")
    _note(connection, services, done, action, who)
    return done


def _note(
    connection: Connection, services: Services, row: LateSchool, action: str, who: str
) -> None:
    audit.note(
        connection,
        at=services.settings.now_text(),
        who=who,
        action=action,
        ref=row.id,
        unit=row.unit,
    )
