"""The steps of a batch of slips: each begins by asking the database whether it may be taken."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from shared.problems import ProblemError
from sync_server.office.slip_entries import Found
from sync_server.services import Services
from sync_server.store import audit, slip_batches, units
from sync_server.store.database import Connection
from sync_server.store.slip_batches import DRAFT, Batch, Coded, State


def step(
    services: Services,
    batch_id: str,
    was: State,
    state: State,
    action: str,
    who: str,
    check: Callable[[Connection, Batch], None] | None = None,
    values: dict[str, Any] | None = None,
) -> Batch:
    """Bring a batch from one state to another; pressed twice, it is one step.

    Args:
        services: The server's services.
        batch_id: The batch.
        was: The state it must be in.
        state: The state it gets.
        action: The action's name in the audit trail.
        who: Who does it.
        check: What else must hold; it raises a ProblemError.
        values: Further columns.

    Raises:
        ProblemError: slip_batch.unknown, slip_batch.state, slip_batch.changed, those of `check`.
    """
    season, at = services.season, services.settings.now_text()

    def job(connection: Connection) -> Batch:
        batch = get_batch(connection, season, batch_id)
        if batch.state == state:
            return batch  # the same button pressed twice
        check_state(batch, (was,))
        if check is not None:
            check(connection, batch)
        if not slip_batches.move(connection, batch_id, was, state, **(values or {})):
            raise ProblemError("slip_batch.changed")
        note(connection, at, who, action, batch)
        return get_batch(connection, season, batch_id)

    return services.change(job)


def note(connection: Connection, at: str, who: str, action: str, batch: Batch) -> None:
    """Write a step into the audit trail."""
    detail = str(batch.number)
    audit.note(
        connection, at=at, who=who, action=action, ref=batch.id, unit=batch.unit, detail=detail
    )


def get_batch(connection: Connection, season: str, batch_id: str) -> Batch:
    """Return a batch of the season. Raises: ProblemError slip_batch.unknown."""
    batch = slip_batches.find(connection, season, batch_id)
    if batch is None:
        raise ProblemError("slip_batch.unknown")
    return batch


def check_state(batch: Batch, states: Sequence[State]) -> None:
    """Refuse a batch in another state. Raises: ProblemError slip_batch.state."""
    if batch.state not in states:
        raise ProblemError("slip_batch.state", number=batch.number)


def begin(connection: Connection, season: str, batch_id: str, states: Sequence[State]) -> Batch:
    """Begin a change of a batch's lines, which nobody else may do at the same time."""
    batch = get_batch(connection, season, batch_id)
    if not slip_batches.touch(connection, batch_id, states):
        raise ProblemError("slip_batch.state", number=batch.number)
    return batch


def take_in(
    connection: Connection, season: str, batch: Batch, people: Sequence[Coded], *, on_sheet: bool
) -> int:
    """Add people to a batch; a sheet that is still being prepared loses them."""
    listed = slip_batches.in_open(connection, season)
    ids = [one.case_id for one in people]
    elsewhere = dict[str, list[str]]()
    for case_id in ids:
        other = listed.get(case_id)
        if other is not None and other.batch != batch.id:
            elsewhere.setdefault(other.batch, []).append(case_id)
    for other_id, gone in elsewhere.items():
        slip_batches.touch(connection, other_id, (DRAFT,))
        slip_batches.remove_lines(connection, other_id, gone)
    return slip_batches.add_lines(connection, batch.id, ids, on_sheet=on_sheet)


def check_unit(connection: Connection, season: str, unit: str) -> None:
    """Refuse a school that the season does not have. Raises: ProblemError unit.unknown."""
    if units.unit(connection, season, unit) is None:
        raise ProblemError("unit.unknown", unit=unit)


def batch_of(connection: Connection, season: str, found: Found, fit: Found) -> Batch:
    """Return the one open batch that has everybody chosen already, or say why nobody is taken."""
    listed = slip_batches.in_open(connection, season)
    there = {listed[one.case_id].batch for one in found.people if one.case_id in listed}
    everybody = all(one.case_id in listed for one in found.people)
    if len(there) != 1 or not everybody or found.refused:
        raise fit.refused[0].problem if fit.refused else ProblemError("slip_batch.nothing_left")
    return get_batch(connection, season, there.pop())
