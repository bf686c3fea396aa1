"""Lists to schools: given out, seen, confirmed and signed for, by version.

A version is kept the first time that the centre gives a list out or the school looks at it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from shared.problems import ProblemError
from sync_server.services import Services
from sync_server.store import audit, school_lists
from sync_server.store.database import Connection
from sync_server.store.school_lists import ListRow, ListStanding, Step
from sync_server.store.scope import of_schools

ACTIONS: dict[Step, str] = {
    "given": "list.give",
    "seen": "list.see",
    "confirmed": "list.confirm",
    "receipt": "list.receipt",
}
"""The actions in the audit trail."""


def standing(services: Services, unit: str) -> ListStanding | None:
    """Return where a school's list is; None where nobody is due."""
    found = services.database.read(lambda c: school_lists.standings(c, services.season, unit))
    return found.get(unit)


def look(services: Services, unit: str, *, who: str) -> None:
    """Note that a school looked at its list; a repeat changes nothing."""
    found = standing(services, unit)
    if found is not None and not found.is_seen:
        with suppress("list.changed"):  # the page shows the new list the next time
            note_taken(services, {unit: found.now.digest}, at_school=True, who=who)


def note_taken(services: Services, taken: Mapping[str, str], *, at_school: bool, who: str) -> None:
    """Note that files of these schools' lists were made: at the school, it has seen its list.

    A season that is closed still gives its lists out, and notes nothing of them any more.

    Args:
        services: The server's services.
        taken: The digest of the list in each file, by school; "" where nobody was on it.
        at_school: Whether the school itself took it.
        who: The account.

    Raises:
        ProblemError: list.changed where a list is another by now than in its file: nothing is
            noted, and the file is to be made anew.
    """
    step: Step = "seen" if at_school else "given"
    with suppress("season.closed", "season.retention_over"):
        services.change(lambda c: _noted(c, services, taken, step, who))


@contextmanager
def suppress(*codes: str) -> Iterator[None]:
    """Pass over problems of these codes, such as that a season takes no changes."""
    try:
        yield
    except ProblemError as problem:
        if problem.code not in codes:
            raise


def confirm(services: Services, unit: str, digest: str, *, who: str) -> ListRow:
    """Note that a school has seen its list and confirms it.

    Args:
        services: The server's services.
        unit: The school.
        digest: The version that its page showed.
        who: The account.

    Raises:
        ProblemError: list.changed where the list is another by now; season.closed and the like.
    """

    def job(connection: Connection) -> ListRow:
        now = school_lists.current(connection, services.season, unit).get(unit)
        if now is None or now.digest != digest:
            raise ProblemError("list.changed")
        _noted(connection, services, {unit: digest}, "seen", who)
        return _noted(connection, services, {unit: digest}, "confirmed", who)[unit]

    return services.change(job)


def note_receipt(
    services: Services, unit: str, version: int, *, who: str, back: bool = True
) -> bool:
    """Note that the signed receipt of a version came back to the centre, or take that back.

    Returns:
        False where it was so before.

    Raises:
        ProblemError: list.version_unknown; season.closed and the like.
    """

    def job(connection: Connection) -> bool:
        rows = school_lists.versions(connection, services.season, unit)
        row = next((row for row in rows if row.version == version), None)
        if row is None:
            raise ProblemError("list.version_unknown", version=version)
        if back:
            return _mark(connection, services, row, "receipt", who)
        undone = school_lists.unmark(connection, row, "receipt")
        if undone:
            _audit(connection, services, row, "list.receipt_undo", who)
        return undone

    return services.change(job)


def _noted(
    connection: Connection, services: Services, taken: Mapping[str, str], step: Step, who: str
) -> dict[str, ListRow]:
    current = school_lists.current(connection, services.season, of_schools(taken))
    made = {}
    for unit, digest in taken.items():
        now = current.get(unit)
        if (now.digest if now else "") != digest:
            raise ProblemError("list.changed")
        if now is None:
            continue
        row = school_lists.put(connection, services.season, unit, now)
        _mark(connection, services, row, step, who)
        made[unit] = row
    return made


def _mark(connection: Connection, services: Services, row: ListRow, step: Step, who: str) -> bool:
    fresh = school_lists.mark(connection, row, step, at=services.settings.now_text(), who=who)
    if fresh:
        _audit(connection, services, row, ACTIONS[step], who)
    return fresh


def _audit(connection: Connection, services: Services, row: ListRow, action: str, who: str) -> None:
    at = services.settings.now_text()
    audit.note(
        connection,
        at=at,
        who=who,
        action=action,
        unit=row.unit,
        ref=row.digest[:12],
        detail=str(row.version),
    )
