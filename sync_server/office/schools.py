"""The county's schools: add, rename, merge, retire, bring back. Each is one transaction, audited.

A school is its code, which the system gives once and to no other school; names come and go.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from shared import spelling
from shared.problems import ProblemError
from sync_server.office import summary_work
from sync_server.office.summary_inputs import document_of
from sync_server.services import Services
from sync_server.store import (
    audit,
    cases,
    school_merge,
    school_names,
    seasons,
    summaries,
    units,
    work_claims,
)
from sync_server.store import tables as t
from sync_server.store.database import Connection
from sync_server.store.school_merge import Counts
from sync_server.store.school_names import NameRow
from sync_server.store.scope import of_schools
from sync_server.store.summary_states import UNSEALED
from sync_server.store.units import UnitRow

MOST_NAME = 40
"""Characters of a school's name: one line on the notice."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A school as the page shows it: its people and the names it had."""

    unit: UnitRow
    people: int = 0
    names: tuple[NameRow, ...] = ()


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """A merge before it is done: what goes over, and what prevents it."""

    gone: UnitRow
    into: UnitRow
    counts: Counts
    obstacles: tuple[ProblemError, ...] = ()
    drafts: int = 0


def listed(services: Services) -> list[Line]:
    """Return every school in order of code, those that are gone too."""
    season = services.season
    return services.database.read(lambda c: lines_of(c, season, units.every_unit(c, season)))


def lines_of(connection: Connection, season: str, rows: Sequence[UnitRow]) -> list[Line]:
    """Return these schools with their people and names."""
    here = of_schools([row.code for row in rows])
    names = school_names.histories(connection, [row.code for row in rows])
    people = cases.people_of_schools(connection, season, here)
    return [
        Line(unit=row, people=people.get(row.code, 0), names=tuple(names.get(row.code, ())))
        for row in rows
    ]


def add(services: Services, name: str, *, who: str) -> str:
    """Add a school; the system gives the code. Return it.

    Pressed twice, the same one: a school of just this name that was added is not added again.

    Raises:
        ProblemError: school.name_missing, school.name_long, school.name_taken, school.merged,
            season.closed.
    """
    name, now = _name(name), services.settings.now_text()

    def job(connection: Connection) -> str:
        found = next((u for u in units.units(connection, services.season) if u.name == name), None)
        if found is not None:
            return found.code
        school_names.check_free(connection, services.season, name)
        school_names.check_not_merged(connection, services.season, name)
        code, _ = units.put_unit(connection, services.season, name)
        audit.note(connection, at=now, who=who, action="school.add", unit=code, detail=name)
        return code

    return services.change(job)


def rename(services: Services, unit: str, name: str, *, who: str) -> None:
    """Give a school another name; its code, people, phones and accounts stay, and phones hear it.

    What is printed or sealed keeps the name it has.

    Raises:
        ProblemError: school.name_missing, school.name_long, school.name_taken, school.merged,
            school.retired, unit.unknown, season.closed.
    """
    name, now = _name(name), services.settings.now_text()

    def job(connection: Connection) -> None:
        before = school_names.rename(connection, services.season, unit, name, at=now, who=who)
        if before:  # else pressed twice
            way = f"{before} → {name}"
            audit.note(connection, at=now, who=who, action="school.rename", unit=unit, detail=way)

    services.change(job)


def retire(services: Services, unit: str, *, who: str) -> None:
    """Take a school without people out of lists, choices and the roll-up; its history stays.

    Raises:
        ProblemError: unit.unknown, school.merged, school.has_people, season.closed.
    """
    now = services.settings.now_text()

    def job(connection: Connection) -> None:
        row = units.unit(connection, services.season, unit)
        if row is not None and row.retired_at and not row.merged_into:
            return  # pressed twice
        row = units.at_work(connection, services.season, unit)
        people = cases.people_of_schools(connection, services.season, unit).get(unit, 0)
        if people:
            raise ProblemError("school.has_people", school=row.name, count=people)
        _set_retired(connection, services.season, unit, now)
        audit.note(connection, at=now, who=who, action="school.retire", unit=unit, detail=row.name)

    services.change(job)


def bring_back(services: Services, unit: str, *, who: str) -> None:
    """Let a retired school be worked with again.

    Raises:
        ProblemError: unit.unknown, school.merged, season.closed.
    """
    now = services.settings.now_text()

    def job(connection: Connection) -> None:
        row = units.unit(connection, services.season, unit)
        if row is not None and row.retired_at and not row.merged_into:
            _set_retired(connection, services.season, unit, "")
            audit.note(
                connection, at=now, who=who, action="school.back", unit=unit, detail=row.name
            )
            return
        units.at_work(connection, services.season, unit)

    services.change(job)


def preview(services: Services, unit: str, into: str) -> Preview:
    """Return what a merge would do, and what prevents it.

    Raises:
        ProblemError: unit.unknown, school.merged, school.retired, school.same.
    """

    def job(connection: Connection) -> Preview:
        gone, other = _both(connection, services.season, unit, into)
        drafts = [row for code in (unit, into) for row in _drafts(connection, services, code)]
        return Preview(
            gone=gone,
            into=other,
            counts=school_merge.counts(connection, services.season, unit, into),
            obstacles=tuple(_obstacles(connection, services, gone, other)),
            drafts=len(drafts),
        )

    return services.database.read(job)


def merge(services: Services, unit: str, into: str, *, who: str, confirmed: bool = False) -> Counts:
    """Merge a school into another. It cannot be undone: phones go on as the other school's at once.

    Args:
        services: The server's services.
        unit: The school that ceases; its code is given to none again.
        into: The school that has its people from now on.
        who: The account that does it, for the audit trail.
        confirmed: Whether the preview was shown and confirmed.

    Returns:
        What went over; done before, nothing.

    Raises:
        ProblemError: unit.unknown, school.merged, school.retired, school.same,
            school.merge_unconfirmed, school.summary_sealed, school.batches_open,
            school.other_season, summary.composing and the others of summary_work.BUSY,
            season.closed.
    """
    now = services.settings.now_text()

    def job(connection: Connection) -> Counts:
        row = units.unit(connection, services.season, unit)
        if row is not None and row.merged_into == into:
            return Counts()  # pressed twice
        gone, other = _both(connection, services.season, unit, into)
        if not confirmed:
            raise ProblemError("school.merge_unconfirmed", school=gone.name, into=other.name)
        for problem in _obstacles(connection, services, gone, other):
            raise problem
        found = school_merge.counts(connection, services.season, unit, into)
        why = f"{gone.name}并入{other.name}"
        for code in (unit, into):
            _discard_drafts(connection, services, code, why, who, now)
        school_merge.merge(connection, services.season, gone, other, at=now, who=who)
        detail = f"{why} · {found.people} 人 · {found.teachers} 位老师 · {found.phones} 部手机"
        audit.note(
            connection, at=now, who=who, action="school.merge", ref=unit, unit=into, detail=detail
        )
        return found

    return services.change(job)


def _obstacles(
    connection: Connection, services: Services, gone: UnitRow, into: UnitRow
) -> list[ProblemError]:
    found = list[ProblemError]()
    season = seasons.get(connection, services.season)
    for row in (gone, into):
        rows = summaries.listed(connection, services.season, row.code)
        if summaries.standing(rows).reports:
            found.append(ProblemError("school.summary_sealed", school=row.name))
        document = document_of(season, row.code)
        claim = work_claims.find(connection, document)
        if claim is not None and summary_work.is_held(services, claim):
            found.append(ProblemError(summary_work.BUSY[claim.work]))
    counted = school_merge.counts(connection, services.season, gone.code, into.code)
    if counted.batches:
        found.append(ProblemError("school.batches_open", school=gone.name, count=counted.batches))
    others = school_merge.people_elsewhere(connection, services.season, gone.code)
    if others:
        names = "、".join(others)
        found.append(ProblemError("school.other_season", school=gone.name, seasons=names))
    return found


def _both(connection: Connection, season: str, unit: str, into: str) -> tuple[UnitRow, UnitRow]:
    gone, other = (units.at_work(connection, season, code) for code in (unit, into))
    if unit == into:
        raise ProblemError("school.same", school=gone.name)
    return gone, other


def _drafts(connection: Connection, services: Services, unit: str) -> list[summaries.SummaryRow]:
    rows = summaries.listed(connection, services.season, unit)
    return [row for row in rows if row.state in UNSEALED]


def _discard_drafts(
    connection: Connection, services: Services, unit: str, why: str, who: str, now: str
) -> None:
    """Discard what is not sealed: it does not say who is at the school from now on."""
    for row in _drafts(connection, services, unit):
        summaries.move(connection, row.id, "discard", comment=why)
        audit.note(
            connection,
            at=now,
            who=who,
            action="summary.discard",
            ref=row.data_hash,
            unit=unit,
            detail=why,
        )


def _set_retired(connection: Connection, season: str, unit: str, at: str) -> None:
    u = t.unit.c
    same = (u.season == season) & (u.code == unit)
    connection.execute(t.unit.update().where(same).values(retired_at=at))


def _name(text: str) -> str:
    name = spelling.school(text)
    if not name:
        raise ProblemError("school.name_missing")
    if len(name) > MOST_NAME:
        raise ProblemError("school.name_long", limit=MOST_NAME)
    return name
