"""The areas of a scan that must bear ink, with what the program saw and who confirmed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from sync_server.sealing.ink import CONFIRMABLE, Confirmation
from sync_server.sealing.record import Findings

CODES = (*CONFIRMABLE, "scan.own_file")
"""The problems of an area; all others are about whole pages and files."""


class JudgedArea(msgspec.Struct, frozen=True, kw_only=True):
    """An area of the document on the best of its scanned pages.

    `code` is the problem, "" where the ink is there; `confirmed` who saw it on the original;
    `jpeg` the area as the program saw it.
    """

    page: int
    area: str
    code: str
    scan_sha256: str
    jpeg: bytes
    confirmed: Confirmation | None = None

    @property
    def open(self) -> bool:
        """Whether it prevents the seal."""
        return bool(self.code) and self.confirmed is None

    @property
    def confirmable(self) -> bool:
        """Whether a person with the original in hand may confirm it."""
        return self.open and self.code in CONFIRMABLE

    def with_any_of(self, confirmations: Iterable[Confirmation]) -> JudgedArea:
        """Return the area with the confirmation that answers its problem, if there is one."""
        found = (
            one
            for one in confirmations
            if self.code in CONFIRMABLE and one.answers(self.page, self.area, self.scan_sha256)
        )
        return msgspec.structs.replace(self, confirmed=next(found, None))


def note_areas(areas: Sequence[JudgedArea], problems: Findings, findings: Findings) -> None:
    """Note what is open as a problem and what was confirmed as a finding.

    Args:
        areas: the areas of a document.
        problems: collects what prevents the seal.
        findings: collects what the liaison should know.
    """
    for area in areas:
        ref = area.area.partition(":")[2]
        of = f"({ref})" if ref else ""
        if area.open:
            problems.note(area.code, page=area.page, of=of)
        elif area.confirmed is not None:
            findings.note(
                "scan.confirmed",
                page=area.page,
                of=of,
                by=area.confirmed.by,
                reason=area.confirmed.reason,
            )
