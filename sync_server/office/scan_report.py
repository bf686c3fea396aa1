"""What a scan showed, as it is kept beside the scan."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from sync_server.sealing import judged_area
from sync_server.sealing.elsewhere import Elsewhere
from sync_server.sealing.ink import Confirmation
from sync_server.sealing.judged_area import JudgedArea, note_areas
from sync_server.sealing.record import Finding, Findings

REPORT = "report.json"


class ScanReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a scan showed.

    Attributes:
        pages: The pages found.
        missing: The pages not found.
        findings: Remarks for the liaison.
        problems: What prevents the seal.
        areas: Where the pages must bear ink, with what was seen there.
        elsewhere: What was read of files that were sealed electronically and are no scan.
    """

    pages: tuple[int, ...]
    missing: tuple[int, ...]
    findings: tuple[Finding, ...]
    problems: tuple[Finding, ...]
    areas: tuple[JudgedArea, ...] = ()
    elsewhere: Elsewhere | None = None

    @property
    def complete(self) -> bool:
        """Return whether every page is there and nothing prevents the seal."""
        return not self.problems and not self.missing

    def with_confirmed(self, confirmations: Sequence[Confirmation]) -> ScanReport:
        """Return the report without the problems that a person has confirmed."""
        areas = tuple(area.with_any_of(confirmations) for area in self.areas)
        problems, findings = Findings(), Findings()
        problems.items += [p for p in self.problems if p.code not in judged_area.CODES]
        findings.items += [f for f in self.findings if f.code != "scan.confirmed"]
        note_areas(areas, problems, findings)
        return msgspec.structs.replace(
            self,
            areas=areas,
            problems=tuple(problems.items),
            findings=tuple(findings.items),
        )
