"""How many signed slips each school has handed in, which are late, and which are missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from shared.ids import show_case_code
from sync_server.office import slip_evidence
from sync_server.office.slip_evidence import NOTHING, SlipCounts, SlipEvidence
from sync_server.paperwork.table_book import Sheet, table_book
from sync_server.services import Services
from sync_server.store import audit, progress, seasons, slip_batches, units
from sync_server.store.database import Connection
from sync_server.store.progress import CaseStanding
from sync_server.store.scope import Of, as_scope, of_schools
from sync_server.store.slip_batches import BROUGHT, RECEIVED, Batch, Line
from sync_server.store.units import UnitRow

LEFT_HEADER = (
    "学校",
    "编号",
    "姓名",
    "村",
    "老师",
    "送达记录",
    "纸质签收单",
    "照片",
    "交接单上缺的批次",
    "还款",
)
"""The columns of the list of those whose slip the centre does not have."""


class SchoolSlips(msgspec.Struct, frozen=True, kw_only=True):
    """The slips of a school.

    Attributes:
        counts: Its people by each of the three things.
        ready: Slips that the school has and no batch names.
        to_bring: Those, and the slips in batches that the school still prepares.
        missing: People whom a received sheet names, and whose slip has not come since.
        batches: Its batches, by number.
    """

    counts: SlipCounts
    ready: int = 0
    to_bring: int = 0
    missing: int = 0
    batches: tuple[Batch, ...] = ()

    @property
    def handed_in(self) -> int:
        """How many slips the centre has."""
        return self.counts.papers.get("handed_in", 0)

    @property
    def last(self) -> Batch | None:
        """The batch that the centre received last."""
        done = [batch for batch in self.batches if batch.state == RECEIVED]
        return max(done, key=lambda batch: (batch.received_at, batch.number), default=None)

    @property
    def at_desk(self) -> int:
        """How many batches wait at the centre to be counted."""
        return sum(batch.state == BROUGHT for batch in self.batches)


def by_school(
    connection: Connection,
    season: str,
    found: Sequence[CaseStanding],
    evidence: Mapping[str, SlipEvidence],
) -> dict[str, SchoolSlips]:
    """Return the slips of the schools of these people, by school code."""
    schools = of_schools({line.case.school for line in found})
    batches = slip_batches.listed(connection, season, schools)
    lines = slip_batches.lines(connection, [batch.id for batch in batches])
    missing = missing_of(batches, lines)
    listed = slip_batches.in_open(connection, season)
    at_desk = {case_id for case_id, one in listed.items() if one.state == BROUGHT}
    people, of_school = dict[str, list[CaseStanding]](), dict[str, list[Batch]]()
    for line in found:
        people.setdefault(line.case.school, []).append(line)
    for batch in batches:
        of_school.setdefault(batch.unit, []).append(batch)
    return {
        unit: SchoolSlips(
            counts=slip_evidence.count(here, evidence),
            ready=sum(_at_school(line, evidence) and line.case.id not in listed for line in here),
            to_bring=sum(
                _at_school(line, evidence) and line.case.id not in at_desk for line in here
            ),
            missing=sum(line.case.id in missing for line in here),
            batches=tuple(of_school.get(unit, ())),
        )
        for unit, here in people.items()
    }


def _at_school(line: CaseStanding, evidence: Mapping[str, SlipEvidence]) -> bool:
    return evidence.get(line.case.id, NOTHING).paper == "at_school"


def missing_of(batches: Sequence[Batch], lines: Sequence[Line]) -> dict[str, int]:
    """Return whose slip a received sheet names and no batch brought, with the sheet's number."""
    received = {batch.id: batch.number for batch in batches if batch.state == RECEIVED}
    brought = {line.case_id for line in lines if line.batch in received and line.ticked}
    return {
        line.case_id: received[line.batch]
        for line in lines
        if line.batch in received and line.on_sheet and line.case_id not in brought
    }


def schools(services: Services, of: Of) -> list[tuple[UnitRow, SchoolSlips]]:
    """Return the slips of every school with people: of one, or of those somebody sees."""
    season_id = services.season

    def job(connection: Connection) -> list[tuple[UnitRow, SchoolSlips]]:
        season = seasons.get(connection, season_id)
        found = progress.case_standings(connection, season, scope=as_scope(of))
        evidence = slip_evidence.evidence_of(connection, season_id, found)
        slips = by_school(connection, season_id, found, evidence)
        rows = units.units(connection, season_id)
        return [(row, slips[row.code]) for row in rows if row.code in slips]

    return services.database.read(job)


def left_book(services: Services, of: Of, *, who: str) -> bytes:
    """Write those whose paper slip the centre does not have as .xlsx: of a school or a scope.

    Who was missing from a sheet stands first; the names are whole.
    """
    season_id, at = services.season, services.settings.now_text()

    def job(connection: Connection) -> bytes:
        season = seasons.get(connection, season_id)
        found = progress.case_standings(connection, season, scope=as_scope(of))
        evidence = slip_evidence.evidence_of(connection, season_id, found)
        batches = slip_batches.listed(connection, season_id, of)
        lines = slip_batches.lines(connection, [batch.id for batch in batches])
        missing = missing_of(batches, lines)
        schools = {row.code: row.name for row in units.units(connection, season_id)}
        teachers = units.staff_names(connection, season_id)
        left = [line for line in found if evidence[line.case.id].paper != "handed_in"]
        left.sort(key=lambda line: (line.case.school, line.case.id not in missing, line.case.code))
        rows = [
            (
                schools.get(line.case.school, ""),
                show_case_code(line.case.code),
                line.case.borrower.name,
                line.case.village,
                teachers.get(line.case.assignee, ""),
                *slip_evidence.words(evidence[line.case.id]),
                str(missing[line.case.id]) if line.case.id in missing else "",
                "已还清" if line.standing.repaid.paid else "",
            )
            for line in left
        ]
        return table_book([Sheet("未交签收单", LEFT_HEADER, rows)])

    data = services.database.read(job)
    services.database.write(
        lambda c: audit.note(
            c,
            at=at,
            who=who,
            action="list.download",
            ref="slips",
            unit=of if isinstance(of, str) else "",
        )
    )
    return data
