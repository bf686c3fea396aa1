"""A school's versions side by side: what each says, and of whom they say different things. Pure.

Everything is read from the versions' own summaries, as their paper and workbooks are.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import msgspec

from sync_server.office.summaries import document
from sync_server.sealing.making.totals import delivery_of
from sync_server.sealing.summary import Row, SchoolSummary
from sync_server.store.summaries import SummaryRow


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What a version says of a person: codes as in its rows, days ISO, fen.

    `delivery` is a field of `Deliveries`, `reason` what lists print (short where it is sensitive).
    """

    name: str
    delivery: str
    delivered_on: str
    visits: int
    paid: bool
    repaid_fen: int
    group: str
    reason: str
    promise_date: str
    statement: bool
    total_fen: int


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody of whom versions say different things.

    Attributes:
        case: The case code.
        name: The name in the newest version that has one.
        said: What each version says, in their order; None where the person is not in it.
        changed: Whether each says another thing than the version before it.
    """

    case: str
    name: str
    said: tuple[Said | None, ...]
    changed: tuple[bool, ...]


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """Versions with a summary that can be read, the oldest first, and who differs."""

    rows: tuple[SummaryRow, ...]
    summaries: tuple[SchoolSummary, ...]
    people: tuple[Person, ...]

    def changes(self, at: int) -> int:
        """Return of how many people a version says another thing than the one before it."""
        return sum(person.changed[at] for person in self.people)


def compare(versions: Sequence[SummaryRow]) -> Compared:
    """Compare versions.

    Args:
        versions: In any order; one whose summary was purged, or that another version of this
            program wrote in a way that cannot be read, is left out.
    """
    found = []
    for row in sorted(versions, key=lambda one: one.version):
        summary = _read(row)
        if summary is not None:
            found.append((row, summary))
    people = [{row.case: row for row in summary.rows} for _, summary in found]
    codes = sorted({code for one in people for code in one})
    compared = [_person(code, [one.get(code) for one in people]) for code in codes]
    return Compared(
        rows=tuple(row for row, _ in found),
        summaries=tuple(summary for _, summary in found),
        people=tuple(person for person in compared if any(person.changed)),
    )


def _read(row: SummaryRow) -> SchoolSummary | None:
    try:
        found = document(row)
    except msgspec.MsgspecError:
        return None
    return found if isinstance(found, SchoolSummary) else None


def _person(code: str, rows: Sequence[Row | None]) -> Person:
    said = tuple(_said(row) if row else None for row in rows)
    changed = (False, *(one != before for before, one in itertools.pairwise(said)))
    name = next((one.name for one in reversed(said) if one), "")
    return Person(case=code, name=name, said=said, changed=changed)


def _said(row: Row) -> Said:
    return Said(
        name=row.name,
        delivery=delivery_of(row),
        delivered_on=row.delivered_on,
        visits=row.visits,
        paid=row.paid,
        repaid_fen=row.repaid_fen,
        group=row.group,
        reason=row.reason,
        promise_date=row.promise_date,
        statement=row.statement > 0,
        total_fen=row.total_fen,
    )
