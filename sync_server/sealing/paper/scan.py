"""Read an uploaded scan of the stamped pages: which page is which, of which version, with red ink.

PDF, JPEG and PNG are read; the bytes are kept as they came, and each page gets a display copy. The
QR on a page decides; red ink is a finding for the liaison and refuses nothing, because some
scanners give grey pages (docs/seal.md#reading-the-scan).
Imported in short-lived workers only: an upload may be anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from PIL import Image

from shared.paper import PageMark, parse_page_mark, same_data
from shared.problems import ProblemError
from sync_server.paperwork.typeset import StampArea
from sync_server.sealing.paper import pictures, red_ink
from sync_server.sealing.record import Finding, Findings

MOST_PAGES = 200


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """The printed document a scan must be of; kept as expected.json.

    `stamp_areas` (the member `rooms`) are where its pages must bear ink.
    """

    document: str
    version: int
    data_hash: str
    pages: int
    stamp_areas: tuple[StampArea, ...] = msgspec.field(name="rooms")

    @property
    def ink_pages(self) -> tuple[int, ...]:
        """The printed pages that must bear ink, each once, in order."""
        return tuple(sorted({area.page for area in self.stamp_areas}))


class ScanPage(msgspec.Struct, frozen=True, kw_only=True):
    """One scanned page of the document.

    `file` counts the uploaded files from 0, pages count from 1; `red_bp` is the red ink in basis
    points, None where it cannot be told; `jpeg` is the display copy.
    """

    file: int
    uploaded_as: str
    page_in_file: int
    page: int
    red_bp: int | None
    jpeg: bytes


class ScanFileBytes(msgspec.Struct, frozen=True, kw_only=True):
    """An uploaded file as it came."""

    uploaded_as: str
    data: bytes
    media_type: str


class ScanResult(msgspec.Struct, frozen=True, kw_only=True):
    """The scanned pages.

    `problems` and `missing_pages` prevent the seal; `findings` are shown to the liaison and kept in
    the seal.
    """

    files: tuple[ScanFileBytes, ...]
    pages: tuple[ScanPage, ...]
    missing_pages: tuple[int, ...]
    findings: tuple[Finding, ...]
    problems: tuple[Finding, ...]

    @property
    def complete(self) -> bool:
        """Whether the scan can be sealed."""
        return not self.problems and not self.missing_pages


def read_scan(files: Sequence[tuple[str, bytes]], expected: Expected) -> ScanResult:
    """Match uploaded files with the printed document; pages of other documents are refused by name.

    Args:
        files: (name, bytes) of each upload.
        expected: the printed document.

    Returns:
        The pages with everything found wrong or odd.
    """
    problems, findings = Findings(), Findings()
    kept: list[ScanFileBytes] = []
    pages: list[ScanPage] = []
    read = 0
    for number, (name, data) in enumerate(files):
        media_type = pictures.media_type(data)
        kept.append(ScanFileBytes(uploaded_as=name, data=data, media_type=media_type))
        try:
            for page_in_file, image in enumerate(pictures.pages_of(name, data), 1):
                read += 1
                if read > MOST_PAGES:
                    raise ProblemError("scan.too_many_pages", limit=MOST_PAGES)
                pages += _read_page(
                    image, (number, name, page_in_file), expected, problems, findings
                )
        except ProblemError as error:
            problems.note(
                error.code, file=name, **{k: v for k, v in error.values.items() if k != "file"}
            )
            if error.code == "scan.too_many_pages":
                break
    seen = [page.page for page in pages]
    for number in sorted({page for page in seen if seen.count(page) > 1}):
        findings.note("scan.page_twice", page=number)
    missing = tuple(page for page in expected.ink_pages if page not in seen)
    for number in missing:
        problems.note("scan.page_missing", page=number)
    return ScanResult(
        files=tuple(kept),
        pages=tuple(pages),
        missing_pages=missing,
        findings=tuple(findings.items),
        problems=tuple(problems.items),
    )


def _read_page(
    image: Image.Image,
    where: tuple[int, str, int],
    expected: Expected,
    problems: Findings,
    findings: Findings,
) -> Iterable[ScanPage]:
    """Yield the page of ours an image shows; nothing, with a problem noted, when it shows none."""
    number, name, page_in_file = where
    mark, corners = _mark(image)
    if mark is None:
        problems.note("scan.no_qr", file=name, page=page_in_file)
        return
    if refusal := _refusal(mark, expected):
        code, values = refusal
        problems.note(code, file=name, page=page_in_file, **values)
        return
    stamp_areas = [area for area in expected.stamp_areas if area.page == mark.page]
    red_bp = None
    if stamp_areas:
        if red_ink.is_grey(image):
            findings.note("scan.grey", file=name, page=mark.page)
        else:
            red_bp = min(red_ink.red_share_bp(image, corners, area) for area in stamp_areas)
            if red_bp < red_ink.STAMPED_BP:
                findings.note("scan.no_red_ink", file=name, page=mark.page)
    yield ScanPage(
        file=number,
        uploaded_as=name,
        page_in_file=page_in_file,
        page=mark.page,
        red_bp=red_bp,
        jpeg=pictures.display_copy(image),
    )


def _refusal(mark: PageMark, expected: Expected) -> tuple[str, dict[str, Any]] | None:
    """Return why a page is not of this print: another document, another version, other data."""
    if mark.doc != expected.document:
        return "scan.other_document", {"found": mark.doc}
    if mark.version != expected.version:
        return "scan.older_version", {"found": mark.version, "version": expected.version}
    if not same_data(mark, expected.data_hash) or mark.pages != expected.pages:
        return "scan.other_data", {}
    return None


def _mark(image: Image.Image) -> tuple[PageMark | None, red_ink.Corners]:
    """Return the first QR that is one of our page marks, with its corners in pixels."""
    for text, corners in pictures.codes(image):
        try:
            return parse_page_mark(text), corners
        except ProblemError:
            continue
    return None, ()
