"""Filed scans of slips for delivery records from paper: those offered, and those without a record.

A scan shows the slip; that the notice was delivered is what the teacher's record says. So nobody's
record is made of a scan alone: a person types it, with the scan in sight.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from shared.records.kind import RecordKind
from shared.records.notice_delivery import KIND as DELIVERY
from shared.season import Season
from sync_server.store import progress, school_totals, slip_stacks
from sync_server.store.database import Connection
from sync_server.store.progress import CaseStanding
from sync_server.store.slip_stacks import FiledSlip

UNRECORDED = ("none", "undelivered")
"""What the records say at best of a person whose signed slip calls for a delivery record."""


class Proposed(msgspec.Struct, frozen=True, kw_only=True):
    """A person with a filed, signed slip and no record of its delivery."""

    line: CaseStanding
    slip: FiledSlip


def offered(connection: Connection, kind: RecordKind, case_id: str) -> list[FiledSlip]:
    """Return the filed scans that a form of this kind offers: a slip belongs to a delivery."""
    if kind.name != DELIVERY.name:
        return []
    return slip_stacks.filed_of(connection, [case_id]).get(case_id, [])


def count_unrecorded(connection: Connection, season: Season, unit: str) -> int:
    """Count a school's signed slips that wait for their delivery record.

    Who has a slip and, by what is kept, no record: only their standings are read.
    """
    filed = slip_stacks.people_with_slips(connection, season.id, unit)
    recorded = school_totals.recorded(connection, season, unit, UNRECORDED)
    ids = sorted(filed - recorded)
    found = progress.case_standings(connection, season, unit=unit, ids=ids) if ids else []
    return len(proposed_of(found, slip_stacks.filed_of(connection, ids)))


def proposed(connection: Connection, season: Season, unit: str) -> list[Proposed]:
    """Return whose signed slip of a school waits for its delivery record, as the pile lies."""
    found = progress.case_standings(connection, season, unit=unit)
    ids = [line.case.id for line in found if unrecorded(line)]
    return proposed_of(found, slip_stacks.filed_of(connection, ids))


def proposed_of(
    found: Sequence[CaseStanding], filed: Mapping[str, Sequence[FiledSlip]]
) -> list[Proposed]:
    """Return the same of what was read already. Pure."""
    waiting = [
        Proposed(line=line, slip=slip)
        for line in found
        if unrecorded(line)
        for slip in filed.get(line.case.id, ())[:1]
        if slip.ink == "signed"
    ]
    return sorted(waiting, key=lambda one: (one.slip.at, one.slip.place))


def unrecorded(line: CaseStanding) -> bool:
    """Return whether no record says that the notice reached this person.

    A returned one does, once it is corrected: a second record beside it would pass the return by.
    """
    standing = line.standing
    return standing.delivery_record in UNRECORDED and not standing.delivery_returned
