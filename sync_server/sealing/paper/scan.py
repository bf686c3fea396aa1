"""Read an uploaded scan of the stamped pages: which page is which, of which version, with what ink.

PDF, JPEG and PNG are read; the bytes are kept as they came, and each page gets a display copy. The
QR on a page decides which page it is; a page without its stamp or signature prevents the seal,
unless a person confirmed what the program missed (docs/seal.md#reading-the-scan).
Imported in short-lived workers only: an upload may be anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from PIL import Image

from shared.digest import sha256_hex
from shared.paper import PageMark, parse_page_mark, same_data
from shared.problems import ProblemError
from sync_server.paperwork.typeset import SignatureLine, StampArea
from sync_server.sealing.elsewhere import Elsewhere
from sync_server.sealing.ink import AreaInk, Confirmation
from sync_server.sealing.judged_area import JudgedArea, note_areas
from sync_server.sealing.paper import ink_areas, page_content, pictures
from sync_server.sealing.paper.ink_areas import JudgedPage
from sync_server.sealing.paper.upright_page import (
    A4_MM,
    PAGE_QR,
    PX_PER_MM,
    Box,
    Corners,
    cut_out,
    page_to_picture,
    upright,
)
from sync_server.sealing.record import Finding, Findings

MOST_PAGES = 200
MOST_WIDE = 1.5
"""A picture that is wider or higher than so many pages may show a second one."""
SHOWN_PX_PER_MM = 6
"""The scale of the display copy of one page of a picture that shows several."""


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """The printed document a scan must be of; kept as expected.json.

    `stamp_areas` (the member `rooms`) and `signature_lines` are where its pages must bear ink; what
    1.0 printed names no lines, and only its stamp is judged.
    """

    document: str
    version: int
    data_hash: str
    pages: int
    stamp_areas: tuple[StampArea, ...] = msgspec.field(name="rooms")
    signature_lines: tuple[SignatureLine, ...] = ()

    @property
    def ink_pages(self) -> tuple[int, ...]:
        """The printed pages that must bear ink, each once, in order."""
        return tuple(sorted({area.page for area in self.stamp_areas}))


class ScanPage(msgspec.Struct, frozen=True, kw_only=True):
    """One scanned page of the document.

    `file` counts the uploaded files from 0, pages count from 1; `judged` are its areas that must
    bear ink; `jpeg` is the display copy.
    """

    file: int
    uploaded_as: str
    page_in_file: int
    page: int
    judged: JudgedPage
    jpeg: bytes

    @property
    def ink(self) -> tuple[AreaInk, ...]:
        """What was measured in each area."""
        return tuple(one.ink for one in self.judged.areas)

    @property
    def red_bp(self) -> int | None:
        """The least red of its stamp areas in basis points, None where it cannot be measured."""
        reds = [ink.stamp.red_bp for ink in self.ink if ink.stamp is not None and not ink.grey]
        return min(reds, default=None)


class ScanFileBytes(msgspec.Struct, frozen=True, kw_only=True):
    """An uploaded file as it came; `sha256` is hex."""

    uploaded_as: str
    data: bytes
    media_type: str
    sha256: str


class ScanResult(msgspec.Struct, frozen=True, kw_only=True):
    """The scanned pages.

    `problems` and `missing_pages` prevent the seal; `findings` are shown to the liaison and kept in
    the seal. `areas`: every area that must bear ink; those open are among the problems too.
    `elsewhere`: set where the files were sealed electronically and are no scan.
    """

    files: tuple[ScanFileBytes, ...]
    pages: tuple[ScanPage, ...]
    missing_pages: tuple[int, ...]
    findings: tuple[Finding, ...]
    problems: tuple[Finding, ...]
    areas: tuple[JudgedArea, ...]
    elsewhere: Elsewhere | None = None

    @property
    def complete(self) -> bool:
        """Whether the scan can be sealed."""
        return not self.problems and not self.missing_pages

    @property
    def confirmed(self) -> tuple[Confirmation, ...]:
        """The confirmations this scan rests on."""
        return tuple(one.confirmed for one in self.areas if one.confirmed is not None)


def read_scan(
    files: Sequence[tuple[str, bytes]],
    expected: Expected,
    printed: bytes = b"",
    confirmed: Sequence[Confirmation] = (),
) -> ScanResult:
    """Match uploaded files with the printed document; pages of other documents are refused by name.

    Args:
        files: (name, bytes) of each upload.
        expected: the printed document.
        printed: its PDF, to find its printed labels on a page that was photographed at an angle;
            without it the QR's placing must do.
        confirmed: the stamps and signatures that a person saw on the original.

    Returns:
        The pages with everything found wrong or odd.
    """
    problems, findings = Findings(), Findings()
    reader = _PageReader(expected, printed, problems, findings)
    kept: list[ScanFileBytes] = []
    pages: list[ScanPage] = []
    read = 0
    for number, (name, data) in enumerate(files):
        kept.append(
            ScanFileBytes(
                uploaded_as=name,
                data=data,
                media_type=pictures.media_type(data),
                sha256=sha256_hex(data),
            )
        )
        try:
            if data.startswith(b"PK") and b"OFD.xml" in data:
                raise ProblemError("elsewhere.is_ofd", file=name)
            if data.startswith(b"%PDF-") and b"/ByteRange" in data:
                findings.note("scan.signed_elsewhere", file=name)
            drawn = pictures.drawn_pages(data)
            for page_in_file, image in enumerate(pictures.pages_of(name, data), 1):
                read += 1
                if read > MOST_PAGES:
                    raise ProblemError("scan.too_many_pages", limit=MOST_PAGES)
                where = (number, name, page_in_file)
                pages += reader.read(image, where, drawn=page_in_file in drawn)
        except ProblemError as error:
            problems.note(
                error.code, file=name, **{k: v for k, v in error.values.items() if k != "file"}
            )
            if error.code == "scan.too_many_pages":
                break
    missing = _count_pages(pages, expected, problems, findings)
    areas = _areas(pages, kept, confirmed)
    note_areas(areas, problems, findings)
    return ScanResult(
        files=tuple(kept),
        pages=tuple(pages),
        missing_pages=missing,
        findings=tuple(findings.items),
        problems=tuple(problems.items),
        areas=areas,
    )


def _count_pages(
    pages: Sequence[ScanPage], expected: Expected, problems: Findings, findings: Findings
) -> tuple[int, ...]:
    """Note pages that came twice or not at all; return the missing ones."""
    seen = [page.page for page in pages]
    for number in sorted({page for page in seen if seen.count(page) > 1}):
        findings.note("scan.page_twice", page=number)
    missing = tuple(page for page in expected.ink_pages if page not in seen)
    for number in missing:
        problems.note("scan.page_missing", page=number)
    for page in pages:
        for label in page.judged.empty_lines:
            findings.note("scan.line_empty", page=page.page, label=label)
    return missing


def _areas(
    pages: Sequence[ScanPage], files: Sequence[ScanFileBytes], confirmed: Sequence[Confirmation]
) -> tuple[JudgedArea, ...]:
    """Return each area once: of a page scanned more than once, the copy that shows the ink."""
    best: dict[tuple[int, str], JudgedArea] = {}
    for page in pages:
        for judged in page.judged.areas:
            name = judged.ink.area
            area = JudgedArea(
                page=page.page,
                area=name,
                code=judged.code,
                scan_sha256=files[page.file].sha256,
                jpeg=judged.jpeg,
            ).with_any_of(confirmed)
            before = best.get((page.page, name))
            if before is None or _rank(area) < _rank(before):
                best[page.page, name] = area
    return tuple(best.values())


def _rank(area: JudgedArea) -> tuple[bool, bool]:
    return area.open, bool(area.code)


class _PageReader:
    """Reads one page after another; what is wrong with a page is noted."""

    def __init__(
        self, expected: Expected, printed: bytes, problems: Findings, findings: Findings
    ) -> None:
        self._expected, self._printed = expected, printed
        self._problems, self._findings = problems, findings

    def read(
        self, image: Image.Image, where: tuple[int, str, int], *, drawn: bool
    ) -> list[ScanPage]:
        """Return the pages of ours an image shows, two of an A3 sheet.

        None, with a problem noted, without one; with a note where it is blank, as the back of a
        sheet that was scanned on both sides.
        """
        number, name, page_in_file = where
        marks = marks_on(image)
        if not marks:
            blank = page_content.is_blank(image)
            noted = self._findings if blank else self._problems
            noted.note("scan.blank_page" if blank else "scan.no_qr", file=name, page=page_in_file)
        found = []
        for mark, corners in marks:
            if refusal := refusal_of(mark, self._expected):
                code, values = refusal
                self._problems.note(code, file=name, page=page_in_file, **values)
                continue
            shown = image if len(marks) == 1 else _cut_page(image, corners)
            page = ScanPage(
                file=number,
                uploaded_as=name,
                page_in_file=page_in_file,
                page=mark.page,
                judged=self._judged(image, corners, mark.page, drawn=drawn),
                jpeg=pictures.display_copy(shown),
            )
            found.append(page)
        return found

    def _judged(
        self, image: Image.Image, corners: Corners, page: int, *, drawn: bool
    ) -> JudgedPage:
        stamp_areas = [area for area in self._expected.stamp_areas if area.page == page]
        if not stamp_areas:
            return JudgedPage()
        printed = self._print_of(page)
        own_file = drawn or (printed is not None and ink_areas.is_print_file(image, printed))
        return ink_areas.judge(
            upright(image, corners),
            stamp_areas,
            [line for line in self._expected.signature_lines if line.page == page],
            printed,
            own_file=own_file,
        )

    def _print_of(self, page: int) -> Image.Image | None:
        if not self._printed:
            return None
        size = (A4_MM[0] * PX_PER_MM, A4_MM[1] * PX_PER_MM)
        return pictures.print_page(self._printed, page, PX_PER_MM, size)


def refusal_of(mark: PageMark, expected: Expected) -> tuple[str, dict[str, Any]] | None:
    """Return why a page is not of this print: another document, another version, other data."""
    if mark.doc != expected.document:
        return "scan.other_document", {"found": mark.doc}
    if mark.version != expected.version:
        return "scan.older_version", {"found": mark.version, "version": expected.version}
    if not same_data(mark, expected.data_hash) or mark.pages != expected.pages:
        return "scan.other_data", {}
    return None


def marks_on(image: Image.Image) -> list[tuple[PageMark, Corners]]:
    """Return the QRs that are page marks of ours, with their corners in pixels.

    Other scales are looked at until there is one, and where the picture shows another page.
    """
    found: dict[str, tuple[PageMark, Corners]] = {}
    grey = image.convert("L")
    for codes in pictures.readings(image):
        for code in codes:
            try:
                mark = parse_page_mark(code.text)
            except ProblemError:
                continue
            placing = page_to_picture(code.corners)
            if not page_content.shows_through(grey, placing, PAGE_QR, code.text):
                found.setdefault(code.text, (mark, code.corners))
        if found and not _shows_another(image, [corners for _, corners in found.values()]):
            break
        if not found and page_content.is_blank(image):
            break
    return list(found.values())


def _shows_another(image: Image.Image, found: Sequence[Corners]) -> bool:
    """Return whether a picture shows a page beside those whose codes were read."""
    first, *_ = placings = [page_to_picture(corners) for corners in found]
    reach = page_content.reach(image, first)
    if reach.right - reach.left < MOST_WIDE * A4_MM[0] and (
        reach.bottom - reach.top < MOST_WIDE * A4_MM[1]
    ):
        return False
    edges = [complex(x, y) for x in (0, A4_MM[0]) for y in (0, A4_MM[1])]
    turn, shift = first
    pages = [
        page_content.around((other * edge + aside - shift) / turn for edge in edges)
        for other, aside in placings
    ]
    return page_content.has_other_print(image, first, PAGE_QR, pages, reach)


def _cut_page(image: Image.Image, corners: Corners) -> Image.Image:
    """Return one page of a picture that shows several."""
    page = Box(left=0, top=0, right=A4_MM[0], bottom=A4_MM[1])
    return cut_out(image, page_to_picture(corners), page, SHOWN_PX_PER_MM)
