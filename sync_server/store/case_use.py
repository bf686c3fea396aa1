"""What was built on a case: a teacher, records, a printed notice, a place in a summary.

A case code that stands on paper stays the person's code for the whole season
(docs/decisions/0020-a-code-on-paper-stays.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import msgspec
from sqlalchemy import Connection, RowMapping, bindparam, func, select, update

from shared.cases import Case
from sync_server.store import slip_batches, slip_stacks
from sync_server.store import tables as t
from sync_server.store.parts import parts

Bound = Literal["", "printed", "sealed"]
"""Why a case stays as it is: its notice was printed, or a summary names it; "" when it need not."""
_PRINTED = (
    update(t.case_file)
    .where(t.case_file.c.id == bindparam("case"))
    .values(notice_printed_at=bindparam("now"))
)


class InSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a school's summary in which a person stands. `at`: sealed, else composed."""

    unit: str
    version: int
    state: str
    at: str

    @property
    def printed(self) -> bool:
        """Whether it was printed; one that is only composed is made anew."""
        return self.state != "composed"


class BuiltOn(msgspec.Struct, frozen=True, kw_only=True):
    """What there is of a person at a school.

    Attributes:
        printed_at: When a notice was printed for the last time, "" if never.
        summaries: The versions of summaries in which the person stands.
        records: How many records phones made.
        assigned: Whether a teacher has the person.
        has_slip: Whether a scan of a slip, or a batch of slips, names the person.
    """

    printed_at: str = ""
    summaries: tuple[InSummary, ...] = ()
    records: int = 0
    assigned: bool = False
    has_slip: bool = False

    @property
    def on_paper(self) -> bool:
        """Whether a paper names the person by the code."""
        return bool(self.printed_at) or any(s.printed for s in self.summaries)

    @property
    def keeps_code(self) -> bool:
        """Whether somebody has the code in hand, or will: a composed summary may be printed."""
        return bool(self.printed_at or self.summaries or self.records or self.has_slip)


def built_on(connection: Connection, season: str, case_ids: Sequence[str]) -> dict[str, BuiltOn]:
    """Return what was built on these cases; those on which nothing was built are left out."""
    records, c = dict[str, int](), t.case_file.c
    rows = list[tuple[str, str, str, str]]()
    for part in parts(case_ids):
        counted = select(t.fact.c.case_id, func.count()).where(t.fact.c.case_id.in_(part))
        for row in connection.execute(counted.group_by(t.fact.c.case_id)):
            records[row[0]] = int(row[1])
        query = select(c.id, c.code, c.notice_printed_at, c.assignee)
        found = connection.execute(query.where(c.season == season, c.id.in_(part)))
        rows += [(r.id, r.code, r.notice_printed_at, r.assignee) for r in found]
    codes = _in_summaries(connection, season) if rows else {}
    slips = slips_of(connection, season, case_ids)
    built = {
        case_id: BuiltOn(
            printed_at=printed_at,
            summaries=tuple(codes.get(code, ())) if code else (),
            records=records.get(case_id, 0),
            assigned=bool(assignee),
            has_slip=case_id in slips,
        )
        for case_id, code, printed_at, assignee in rows
    }
    return {case_id: found for case_id, found in built.items() if found != BuiltOn()}


def slips_of(connection: Connection, season: str, case_ids: Sequence[str]) -> set[str]:
    """Return of which of these people there is a slip: scanned, or in a batch for the centre."""
    scanned = {page.case_id for page in slip_stacks.of_cases(connection, case_ids)}
    return scanned | slip_batches.named(connection, season, case_ids)


class _Row(msgspec.Struct):
    case: str = ""


class _Rows(msgspec.Struct):
    rows: tuple[_Row, ...] = ()


def _in_summaries(connection: Connection, season: str) -> dict[str, list[InSummary]]:
    """Return the versions in which each code stands."""
    c, found = t.summary.c, dict[str, list[InSummary]]()
    query = select(t.summary).where(c.season == season, c.unit != "").order_by(c.unit, c.version)
    for row in connection.execute(query).mappings():
        at = row["sealed_at"] or row["composed_at"]
        version = InSummary(unit=row["unit"], version=row["version"], state=row["state"], at=at)
        for code in _codes(row["data"]):
            found.setdefault(code, []).append(version)
    return found


class SealedWith(NamedTuple):
    """A sealed version of a school in which a person stands."""

    version: int
    folder: str


def sealed_with(connection: Connection, season: str, code: str) -> list[SealedWith]:
    """Return the sealed versions of schools that have a case by its code, the newest first."""
    c = t.summary.c
    query = select(c.version, c.folder, c.data).where(
        c.season == season, c.unit != "", c.sha256 != ""
    )
    return [
        SealedWith(version=row.version, folder=row.folder)
        for row in connection.execute(query.order_by(c.version.desc()))
        if code in _codes(row.data)
    ]


def _codes(data: bytes) -> list[str]:
    return [row.case for row in msgspec.json.decode(data, type=_Rows).rows if row.case]


def mark_printed(connection: Connection, case_ids: Sequence[str], now: str) -> None:
    """Keep whose notices were printed, and when last."""
    if case_ids:
        connection.execute(_PRINTED, [{"case": c, "now": now} for c in case_ids])


class CaseUse:
    """Reads what was built on the cases of a season; the summaries are read once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._summaries: dict[str, dict[str, list[InSummary]]] = {}

    def bound(self, row: RowMapping) -> Bound:
        """Return why a case stays in its school; "" when nothing on paper names it."""
        season = row["season"]
        if season not in self._summaries:
            self._summaries[season] = _in_summaries(self._connection, season)
        named = self._summaries[season].get(row["code"], [])
        if any(summary.printed for summary in named):
            return "sealed"
        return "printed" if row["notice_printed_at"] else ""

    def used(self, row: RowMapping) -> bool:
        """Return whether a case has a record, a printed notice, a slip, or stands in a summary."""
        fact = select(t.fact.c.id).where(t.fact.c.case_id == row["id"]).limit(1)
        if self.bound(row) or slips_of(self._connection, row["season"], [row["id"]]):
            return True
        return self._connection.execute(fact).first() is not None


class MovedAway(msgspec.Struct, frozen=True, kw_only=True):
    """A person who stood in a sealed summary and is at another school now."""

    code: str
    case: Case
    school: str


def moved_away(connection: Connection, season: str, unit: str, sealed: bytes) -> list[MovedAway]:
    """Return who stands in a sealed summary of a school and has moved to another since.

    Args:
        connection: A read transaction.
        season: The season.
        unit: The school of the summary.
        sealed: The bytes of its summary.json.
    """
    c, found = t.case_file.c, list[MovedAway]()
    joined = t.case_file.join(
        t.unit, (t.unit.c.season == c.season) & (t.unit.c.code == c.unit), isouter=True
    )
    for part in parts(_codes(sealed)):
        query = select(c.code, c.body, t.unit.c.name).select_from(joined)
        query = query.where(c.season == season, c.code.in_(part), c.unit != unit)
        found += [
            MovedAway(
                code=r.code, case=msgspec.json.decode(r.body, type=Case), school=r.name or "待归校"
            )
            for r in connection.execute(query.order_by(c.code))
        ]
    return found
