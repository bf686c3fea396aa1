"""One read of what there is of every person's slip, for the pages that show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from sync_server.office import slip_evidence, slip_progress
from sync_server.office.slip_evidence import SlipEvidence
from sync_server.office.slip_progress import SchoolSlips
from sync_server.services import Services
from sync_server.store import behind, progress, seasons, slip_batches
from sync_server.store.database import Connection
from sync_server.store.progress import CaseStanding
from sync_server.store.scope import Of, as_scope


class BatchLines(NamedTuple):
    """How many slips of a batch are on its sheet, ticked, missing and added at the desk."""

    on_sheet: int = 0
    ticked: int = 0
    missing: int = 0
    extra: int = 0


class Slips(msgspec.Struct, frozen=True, kw_only=True):
    """The slips of some people.

    Attributes:
        found: The people.
        evidence: The three things of each, by case id.
        by_school: The slips of their schools, by school code.
        lines: How many slips are in each batch, by its id.
        missing: Whose slip did not come with its sheet, and the number of the sheet's batch.
    """

    found: Sequence[CaseStanding] = ()
    evidence: Mapping[str, SlipEvidence] = {}
    by_school: Mapping[str, SchoolSlips] = {}
    lines: Mapping[str, BatchLines] = {}
    missing: Mapping[str, int] = {}

    def of(self, unit: str) -> SchoolSlips:
        """Return the slips of a school, which may have nobody."""
        return self.by_school.get(unit) or SchoolSlips(counts=slip_evidence.count([], {}))


async def load_slips(services: Services, of: Of) -> Slips:
    """Read the slips of everybody of a school, or of those somebody sees, with their batches."""
    season = services.season

    def job(connection: Connection) -> Slips:
        behind.check_judged(connection, seasons.get(connection, season), of)
        found = progress.case_standings(
            connection, seasons.get(connection, season), scope=as_scope(of)
        )
        evidence = slip_evidence.evidence_of(connection, season, found)
        batches = slip_batches.listed(connection, season, of)
        lines = slip_batches.lines(connection, [batch.id for batch in batches])
        return Slips(
            found=found,
            evidence=evidence,
            by_school=slip_progress.by_school(connection, season, found, evidence),
            lines={batch.id: count_lines(lines, batch.id) for batch in batches},
            missing=slip_progress.missing_of(batches, lines),
        )

    return await services.read(job)


def count_lines(lines: Sequence[slip_batches.Line], batch_id: str) -> BatchLines:
    """Count the slips of a batch. Pure."""
    here = [line for line in lines if line.batch == batch_id]
    return BatchLines(
        on_sheet=sum(line.on_sheet for line in here),
        ticked=sum(line.ticked for line in here),
        missing=sum(line.on_sheet and not line.ticked for line in here),
        extra=sum(not line.on_sheet for line in here),
    )
