"""At the centre's desk: tick the slips that lie on the table, sign for them, correct a receipt.

Late slips are marked, never refused; slips that no sheet names are added.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import msgspec

from shared.ids import show_case_code
from shared.problems import ProblemError
from shared.season import china_day, near_season, slips_late_after
from sync_server.office import slip_entries
from sync_server.office import slip_steps as steps
from sync_server.office.slip_entries import Entry, Refused
from sync_server.services import Services
from sync_server.store import audit, seasons, slip_batches
from sync_server.store.database import Connection
from sync_server.store.slip_batches import BROUGHT, DRAFT, OPEN, RECEIVED, Batch

LONGEST_NAME = 40
"""Most characters of the name of whoever brings slips: it stands on one line of the receipt."""
LONGEST_REASON = 200
"""Most characters of the reason why a batch is opened again: two lines of the receipt."""


class Ticked(msgspec.Struct, frozen=True, kw_only=True):
    """What came of entries at the desk.

    Attributes:
        batch: The batch.
        fresh: The codes that were ticked now.
        again: The codes that were ticked already.
        back: How many ticks were taken back.
        refused: What could not be taken, and why.
    """

    batch: Batch
    fresh: tuple[str, ...] = ()
    again: tuple[str, ...] = ()
    back: int = 0
    refused: tuple[Refused, ...] = ()


def tick(services: Services, batch_id: str, text: str, *, who: str) -> Ticked:
    """Tick what lies on the table, by line numbers, codes or scanned QR codes.

    A slip that no line names is added; an entry that begins with a minus takes a tick back.

    Raises:
        ProblemError: slip_batch.unknown, slip_batch.state, slip_batch.too_many,
            console.nothing_chosen.
    """
    typed = slip_entries.entries(text)
    if not typed:
        raise ProblemError("console.nothing_chosen")
    return services.change(lambda c: _tick(services, c, batch_id, typed, who))


def _tick(
    services: Services, connection: Connection, batch_id: str, typed: Sequence[Entry], who: str
) -> Ticked:
    season, at = services.season, services.settings.now_text()
    batch = _at_desk(connection, season, batch_id, at, who)
    lines = slip_batches.lines(connection, [batch_id])
    wanted = [entry.text for entry in typed if not entry.back]
    unwanted = [entry.text for entry in typed if entry.back]
    found = slip_entries.resolve(connection, season, lines, wanted)
    fit = slip_entries.takeable(connection, season, batch.unit, found, batch, at_centre=True)
    back = slip_entries.resolve(connection, season, lines, unwanted)
    steps.take_in(connection, season, batch, fit.people, on_sheet=False)
    ids = [one.case_id for one in fit.people]
    fresh = set(slip_batches.tick(connection, batch_id, ids, at=at, by=who))
    gone = slip_batches.untick(connection, batch_id, [one.case_id for one in back.people])
    if fresh or gone:
        detail = f"+{len(fresh)} -{gone}"
        audit.note(
            connection,
            at=at,
            who=who,
            action="slips.tick",
            ref=batch_id,
            unit=batch.unit,
            detail=detail,
        )
    return Ticked(
        batch=steps.get_batch(connection, season, batch_id),
        fresh=tuple(show_case_code(one.code) for one in fit.people if one.case_id in fresh),
        again=tuple(show_case_code(one.code) for one in fit.people if one.case_id not in fresh),
        back=gone,
        refused=(*fit.refused, *back.refused),
    )


def tick_all(services: Services, batch_id: str, *, who: str, on: bool = True) -> int:
    """Tick every line of the sheet, or take every tick back; how many changed.

    Raises:
        ProblemError: slip_batch.unknown, slip_batch.state.
    """
    season, at = services.season, services.settings.now_text()

    def job(connection: Connection) -> int:
        batch = _at_desk(connection, season, batch_id, at, who)
        ids = [line.case_id for line in slip_batches.lines(connection, [batch_id])]
        if on:
            changed = len(slip_batches.tick(connection, batch_id, ids, at=at, by=who))
        else:
            changed = slip_batches.untick(connection, batch_id, ids)
        if changed:
            detail = f"{'+' if on else '-'}{changed}"
            audit.note(
                connection,
                at=at,
                who=who,
                action="slips.tick",
                ref=batch_id,
                unit=batch.unit,
                detail=detail,
            )
        return changed

    return services.change(job)


def walk_in(services: Services, unit: str, codes: str, *, who: str) -> Ticked:
    """Take slips that came without a sheet: they become the school's next batch, all ticked.

    Codes typed once more (a double click) are the batch that they are in.

    Raises:
        ProblemError: unit.unknown, console.nothing_chosen, slip_batch.too_many, and what refuses
            every one of the codes.
    """
    typed = [entry.text for entry in slip_entries.entries(codes)]
    if not typed:
        raise ProblemError("console.nothing_chosen")
    season, at = services.season, services.settings.now_text()

    def job(connection: Connection) -> Ticked:
        steps.check_unit(connection, season, unit)
        found = slip_entries.resolve(connection, season, (), typed)
        fit = slip_entries.takeable(connection, season, unit, found, None, at_centre=True)
        if not fit.people:
            return Ticked(batch=steps.batch_of(connection, season, found, fit))
        made = slip_batches.add(
            connection,
            season=season,
            unit=unit,
            state=BROUGHT,
            without_sheet=True,
            created_at=at,
            created_by=who,
            brought_at=at,
        )
        audit.note(connection, at=at, who=who, action="slips.walk_in", ref=made.id, unit=unit)
        done = _tick(services, connection, made.id, [Entry(one.code) for one in fit.people], who)
        return msgspec.structs.replace(done, refused=(*fit.refused, *done.refused))

    return services.change(job)


def receive(
    services: Services, batch_id: str, *, given_by: str, day: date | None, version: int, who: str
) -> Batch:
    """Sign for the ticked slips of a batch; those brought after the season's day are marked late.

    Args:
        services: The server's services.
        batch_id: The batch.
        given_by: The name of whoever brought them.
        day: The day on which they were brought; None for today.
        version: The version of the batch that the page showed.
        who: Who receives them, as printed on the receipt.

    Raises:
        ProblemError: slip_batch.unknown, slip_batch.state, slip_batch.changed (somebody ticked
            since), slip_batch.nothing_ticked, slip_batch.giver_missing, slip_batch.day_invalid.
    """
    season_id, at = services.season, services.settings.now_text()
    today = china_day(services.settings.now())

    def job(connection: Connection) -> Batch:
        batch = steps.get_batch(connection, season_id, batch_id)
        if batch.state == RECEIVED and batch.version == version + 1:
            return batch  # the same button pressed twice
        season, brought = seasons.get(connection, season_id), day or today
        if not given_by.strip():
            raise ProblemError("slip_batch.giver_missing")
        if brought > today or not near_season(season, brought):
            raise ProblemError("slip_batch.day_invalid", day=brought.isoformat())
        if not any(line.ticked for line in slip_batches.lines(connection, [batch_id])):
            raise ProblemError("slip_batch.nothing_ticked")
        until = slips_late_after(season)
        values = {
            "received_on": brought.isoformat(),
            "received_at": at,
            "received_by": who,
            "given_by": given_by.strip(),
            "late": until is not None and brought > until,
            "receipts": batch.receipts + 1,
        }
        steps.check_state(batch, (BROUGHT,))
        if not slip_batches.move(
            connection, batch_id, BROUGHT, RECEIVED, version=version, **values
        ):
            raise ProblemError("slip_batch.changed")
        steps.note(connection, at, who, "slips.receive", batch)
        return steps.get_batch(connection, season_id, batch_id)

    return services.change(job)


def reopen(services: Services, batch_id: str, reason: str, *, who: str) -> Batch:
    """Open a received batch again, to correct its ticks; the receipt given out is void.

    Raises:
        ProblemError: slip_batch.unknown, slip_batch.state, slip_batch.reason_missing.
    """
    if not reason.strip():
        raise ProblemError("slip_batch.reason_missing")
    values = {"reason": reason.strip()}
    return steps.step(services, batch_id, RECEIVED, BROUGHT, "slips.reopen", who, None, values)


def _at_desk(connection: Connection, season: str, batch_id: str, at: str, who: str) -> Batch:
    """Begin to tick; a batch that the school did not close is closed by that."""
    batch = steps.begin(connection, season, batch_id, OPEN)
    if batch.state == DRAFT:
        slip_batches.move(connection, batch_id, DRAFT, BROUGHT, brought_at=at, brought_by=who)
        steps.note(connection, at, who, "slips.bring", batch)
    return batch
