"""Prepare a batch of signed slips for the centre: put slips in, take some out, take it there.

A batch is prepared by the school (draft), taken to the centre (brought) and counted there
(received, slip_desk.py); docs/states.md#a-batch-of-slips draws it.
"""

from __future__ import annotations

from collections.abc import Sequence

from shared.problems import ProblemError
from sync_server.office import slip_entries, slip_evidence
from sync_server.office import slip_steps as steps
from sync_server.office.slip_entries import Found, Refused
from sync_server.services import Services
from sync_server.store import audit, progress, seasons, slip_batches
from sync_server.store.database import Connection
from sync_server.store.progress import CaseStanding
from sync_server.store.slip_batches import BROUGHT, DISCARDED, DRAFT, Batch


def ready(connection: Connection, season_id: str, unit: str) -> list[CaseStanding]:
    """Return whose paper slip a school has and no batch names yet, in order of code."""
    season = seasons.get(connection, season_id)
    found = progress.case_standings(connection, season, unit=unit)
    evidence = slip_evidence.evidence_of(connection, season_id, found)
    listed = slip_batches.in_open(connection, season_id)
    return [
        line
        for line in found
        if evidence[line.case.id].paper == "at_school" and line.case.id not in listed
    ]


def prepare(
    services: Services, unit: str, case_ids: Sequence[str], codes: str, *, who: str
) -> tuple[Batch, tuple[Refused, ...]]:
    """Make a school's next batch of the people chosen, and those whose codes were typed.

    Chosen once more (a double click), they are the batch that they are in.

    Raises:
        ProblemError: unit.unknown, case.unknown (of another school), slip_batch.nothing_left,
            slip_batch.too_many, and what refuses every one of the codes.
    """
    season, at = services.season, services.settings.now_text()
    typed = [entry.text for entry in slip_entries.entries(codes)]

    def job(connection: Connection) -> tuple[Batch, tuple[Refused, ...]]:
        steps.check_unit(connection, season, unit)
        found = _chosen(connection, season, unit, case_ids, typed)
        fit = slip_entries.takeable(connection, season, unit, found, None, at_centre=False)
        listed = slip_batches.in_open(connection, season)
        fresh = [one.case_id for one in fit.people if one.case_id not in listed]
        if not fresh:
            return steps.batch_of(connection, season, found, fit), ()
        made = slip_batches.add(
            connection, season=season, unit=unit, state=DRAFT, created_at=at, created_by=who
        )
        slip_batches.add_lines(connection, made.id, fresh, on_sheet=True)
        detail = f"{made.number}: {len(fresh)}"
        audit.note(
            connection,
            at=at,
            who=who,
            action="slips.prepare",
            ref=made.id,
            unit=unit,
            detail=detail,
        )
        return steps.get_batch(connection, season, made.id), fit.refused

    return services.change(job)


def _chosen(
    connection: Connection, season: str, unit: str, case_ids: Sequence[str], typed: Sequence[str]
) -> Found:
    """Return the people ticked on the page, in order of code, and then those typed."""
    ticked = slip_batches.by_id(connection, season, case_ids)
    if any(case_id not in ticked or ticked[case_id].unit != unit for case_id in case_ids):
        raise ProblemError("case.unknown")
    ordered = sorted(ticked.values(), key=lambda one: one.code)
    found = slip_entries.resolve(connection, season, (), typed)
    people = {one.case_id: one for one in (*ordered, *found.people)}
    return Found(people=tuple(people.values()), refused=found.refused)


def change_draft(
    services: Services, batch_id: str, *, add: str = "", remove: Sequence[str] = (), who: str
) -> tuple[Refused, ...]:
    """Put slips into a batch that is being prepared, by code, or take some out.

    Raises:
        ProblemError: slip_batch.unknown, slip_batch.state, slip_batch.too_many.
    """
    season, at = services.season, services.settings.now_text()
    typed = [entry.text for entry in slip_entries.entries(add)]

    def job(connection: Connection) -> tuple[Refused, ...]:
        batch = steps.begin(connection, season, batch_id, (DRAFT,))
        gone = slip_batches.remove_lines(connection, batch_id, remove)
        found = slip_entries.resolve(connection, season, (), typed)
        fit = slip_entries.takeable(connection, season, batch.unit, found, batch, at_centre=False)
        added = steps.take_in(connection, season, batch, fit.people, on_sheet=True)
        if gone or added:
            audit.note(
                connection,
                at=at,
                who=who,
                action="slips.change",
                ref=batch_id,
                unit=batch.unit,
                detail=f"+{added} -{gone}",
            )
        return fit.refused

    return services.change(job)


def bring(services: Services, batch_id: str, *, who: str) -> Batch:
    """Close a batch that is taken to the centre: its sheet stays as it is printed.

    Raises:
        ProblemError: slip_batch.unknown, slip_batch.state, slip_batch.empty.
    """

    def check(connection: Connection, batch: Batch) -> None:
        if not slip_batches.lines(connection, [batch.id]):
            raise ProblemError("slip_batch.empty", number=batch.number)

    at = services.settings.now_text()
    values = {"brought_at": at, "brought_by": who}
    return steps.step(services, batch_id, DRAFT, BROUGHT, "slips.bring", who, check, values)


def take_back(services: Services, batch_id: str, *, who: str) -> Batch:
    """Go on preparing a batch of which the centre has ticked nothing yet.

    Raises:
        ProblemError: slip_batch.unknown, slip_batch.state, slip_batch.begun.
    """

    def check(connection: Connection, batch: Batch) -> None:
        if batch.receipts or any(x.ticked for x in slip_batches.lines(connection, [batch.id])):
            raise ProblemError("slip_batch.begun", number=batch.number)

    values = {"brought_at": "", "brought_by": ""}
    return steps.step(services, batch_id, BROUGHT, DRAFT, "slips.take_back", who, check, values)


def discard(services: Services, batch_id: str, *, who: str) -> Batch:
    """Drop a batch that is being prepared; its number is not given again.

    Raises:
        ProblemError: slip_batch.unknown, slip_batch.state.
    """
    return steps.step(services, batch_id, DRAFT, DISCARDED, "slips.discard", who)
