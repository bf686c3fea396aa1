"""Read files that were sealed electronically elsewhere: is each one our print, sealed and whole.

PDF and OFD are told by their content. The bytes are kept as they came, for a signature holds only
over them. Imported in short-lived workers only: an upload may be anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec.structs import replace
from PIL import Image

from shared.digest import sha256_hex
from shared.paper import page_mark
from shared.problems import ProblemError
from sync_server.sealing import elsewhere, elsewhere_report
from sync_server.sealing.checking import foreign_signatures, page_looks, pdf_objects
from sync_server.sealing.checking.foreign_signatures import SignedPdf
from sync_server.sealing.elsewhere import (
    OFD_TYPE,
    PDF_TYPE,
    Bound,
    Declared,
    Elsewhere,
    ElsewhereFile,
    ElsewherePage,
)
from sync_server.sealing.paper import ofd, page_content, pictures, scan
from sync_server.sealing.paper.ink_areas import JudgedPage
from sync_server.sealing.paper.scan import Expected, ScanFileBytes, ScanPage, ScanResult
from sync_server.sealing.record import Findings

EXTENSIONS = {PDF_TYPE: "pdf", OFD_TYPE: "ofd"}


def read_elsewhere(
    files: Sequence[tuple[str, bytes]], expected: Expected, printed: bytes, declared: Declared
) -> ScanResult:
    """Match files sealed elsewhere with the printed document.

    Args:
        files: (name, bytes) of each upload.
        expected: The printed document.
        printed: Its PDF, as it was handed out to be sealed.
        declared: Who said that they are this version.

    Returns:
        The pages they show, with everything found wrong or worth saying.
    """
    reader = _Reader(expected, printed)
    for name, data in files:
        try:
            reader.take(name, data)
        except ProblemError as error:
            values = {k: v for k, v in error.values.items() if k != "file"}
            reader.problems.note(error.code, file=name, **values)
            if error.code == "scan.too_many_pages":
                break
    return reader.result(declared)


class _Reader:
    """Takes one file after another; what is wrong with one is noted."""

    def __init__(self, expected: Expected, printed: bytes) -> None:
        self._expected, self._printed = expected, printed
        self.problems, self._findings = Findings(), Findings()
        self._kept: list[ScanFileBytes] = []
        self._files: list[ElsewhereFile] = []
        self._pages: list[ScanPage] = []
        self._looked_at = 0

    def take(self, name: str, data: bytes) -> None:
        """Read one file. Raises ProblemError where nothing can be said of it."""
        is_pdf = pictures.media_type(data) == PDF_TYPE
        if not is_pdf and not ofd.is_zip(data):
            raise ProblemError("elsewhere.no_pdf_or_ofd", file=name)
        kind, number = PDF_TYPE if is_pdf else OFD_TYPE, len(self._kept)
        self._kept.append(
            ScanFileBytes(uploaded_as=name, data=data, media_type=kind, sha256=sha256_hex(data))
        )
        made = ElsewhereFile(
            name=f"elsewhere-{number + 1}.{EXTENSIONS[kind]}",
            uploaded_as=name,
            sha256=sha256_hex(data),
            size_bytes=len(data),
            media_type=kind,
            bound="declared",
        )
        self._files.append(self._pdf(number, made, data) if is_pdf else self._ofd(made, data))
        elsewhere_report.report(self._files[-1], name, self._findings)

    def result(self, declared: Declared) -> ScanResult:
        """Return everything that was found."""
        kind = elsewhere.kind_of(self._files)
        missing: tuple[int, ...] = ()
        if kind == "elsewhere_pdf":  # nobody here draws the pages of an OFD
            seen = {page.page for page in self._pages}
            missing = tuple(page for page in self._expected.ink_pages if page not in seen)
            for number in missing if not self.problems.items else ():
                self.problems.note("elsewhere.page_missing", page=number)
        return ScanResult(
            files=tuple(self._kept),
            pages=tuple(self._pages),
            missing_pages=missing,
            findings=tuple(self._findings.items),
            problems=tuple(self.problems.items),
            areas=(),
            elsewhere=Elsewhere(kind=kind, declared=declared, files=tuple(self._files)),
        )

    def _pdf(self, number: int, made: ElsewhereFile, data: bytes) -> ElsewhereFile:
        name = made.uploaded_as
        signed = foreign_signatures.read(name, data)
        elsewhere_report.judge(name, signed.signatures, self.problems)
        if self.problems.items:  # no page of it is worth drawing
            return replace(made, bound="codes", signatures=signed.signatures)
        bound: Bound = "same_pages" if self._is_same(signed, data) else "codes"
        shown: list[ElsewherePage] = []
        for page_in_file, image in enumerate(pictures.pages_of(name, data, with_seals=True), 1):
            self._looked_at += 1
            if self._looked_at > scan.MOST_PAGES:
                raise ProblemError("scan.too_many_pages", limit=scan.MOST_PAGES)
            known = bound == "same_pages" and page_in_file <= self._expected.pages
            numbers = [page_in_file] if known else list(self._numbers(name, page_in_file, image))
            for page in numbers:
                shown.append(ElsewherePage(page_in_file=page_in_file, page=page))
                self._pages.append(
                    ScanPage(
                        file=number,
                        uploaded_as=name,
                        page_in_file=page_in_file,
                        page=page,
                        judged=JudgedPage(),
                        jpeg=pictures.display_copy(image),
                    )
                )
        if not self.problems.items:  # another version of ours carries other data
            self._check_attached(name, signed)
        return replace(made, bound=bound, pages=tuple(shown), signatures=signed.signatures)

    def _check_attached(self, name: str, signed: SignedPdf) -> None:
        """Refuse attached files that the print had not: nobody looks at them."""
        ours = foreign_signatures.read(name, self._printed).attached if signed.attached else {}
        if any(ours.get(inside) != content for inside, content in signed.attached.items()):
            self.problems.note("elsewhere.attachments", file=name)

    def _is_same(self, signed: SignedPdf, data: bytes) -> bool:
        """Return whether a file begins with our print and still shows its pages, uncovered."""
        count = self._expected.pages
        return (
            data.startswith(self._printed)
            and list(signed.pages[:count]) == pdf_objects.page_digests(self._printed)[:count]
            and page_looks.are_same(self._printed, data, count)
        )

    def _numbers(self, name: str, page_in_file: int, image: Image.Image) -> Iterator[int]:
        """Yield the printed pages that a page of a file shows, by its codes."""
        marks = scan.marks_on(image)
        if not marks and not page_content.is_blank(image):
            self._findings.note("elsewhere.other_page", file=name, page=page_in_file)
        for mark, _ in marks:
            if refusal := scan.refusal_of(mark, self._expected):
                code, values = refusal
                self.problems.note(code, file=name, page=page_in_file, **values)
            else:
                yield mark.page

    def _ofd(self, made: ElsewhereFile, data: bytes) -> ElsewhereFile:
        name, expected = made.uploaded_as, self._expected
        found = ofd.read(name, data)
        if not found.seals:
            self.problems.note("elsewhere.ofd_unsealed", file=name)
        others = set(re.findall(rf"{re.escape(expected.document)}.?第([0-9]+)版", found.text))
        if others and str(expected.version) not in others:
            self.problems.note(
                "scan.older_version",
                file=name,
                page=1,
                found=sorted(others)[0],
                version=expected.version,
            )
        mark = page_mark(expected.document, expected.version, 1, 1, expected.data_hash)
        named = mark.rpartition(":")[2] in found.text
        return replace(made, bound="codes" if named else "declared")
