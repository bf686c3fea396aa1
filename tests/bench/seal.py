"""B6: the sealed PDF of a school of 200 people, from its summary to the verified file, in processor time.

Ours: render with the scan, sign, verify, as the office's worker does it: in a process where nothing is warm.
First limit: the first compile of the printed pages by typst in such a process, one pass, nothing attached.
Second limit: `libraries`, the same folders set by typst once each, then signed and checked by pyHanko; nothing of ours.
peers.py measures weasyprint and pyHanko at the same texts. Imports are not measured, as they are not of the peers.
"""

from __future__ import annotations

import importlib
import itertools
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from tests.bench.frame import ROUNDS, in_a_fork

PEOPLE = 200
IMPORTED = ("typst", "xlsxwriter", "segno.writers", "pyhanko.pdf_utils.metadata.xmp_xml")
SECRET = "for-a-bench-only"
NOW = datetime(2026, 11, 23, tzinfo=UTC)


class School:
    """A school ready to be sealed; everything that sets type runs in forks, so that this process stays cold."""

    def __init__(self, folder: Path) -> None:
        for name in IMPORTED:  # before the forks: importing is not what is measured
            importlib.import_module(name)

        from sync_server.sealing import certificates
        from sync_server.sealing.making.compose import compose
        from tests.support import seal_samples

        self.folder = folder
        self.summary = compose(seal_samples.inputs(PEOPLE))
        self.code = self.summary.unit.code
        certificates.create_root(folder, "基准根", SECRET, NOW)
        certificates.issue_county(folder, "基准县", SECRET, NOW)
        certificates.issue_unit(folder, self.code, self.summary.unit.name, SECRET, NOW)
        self.signer = certificates.signer_of(folder, self.code, SECRET)
        self.printed, self.scan = self._printed()
        in_a_fork(self._keep_folders)

    def _printed(self) -> tuple[Any, Any]:
        """Print and scan in a fork."""
        import pickle

        from shared.assets import FONTS
        from sync_server.sealing.paper.scan import read_scan
        from sync_server.sealing.seal import print_summary
        from tests.support import seal_samples

        made = self.folder / "printed.pickle"

        def work() -> None:
            printed = print_summary(self.summary, FONTS)
            scan = read_scan(seal_samples.stamped_scans(printed), printed.expected)
            made.write_bytes(pickle.dumps((printed, scan)))

        in_a_fork(work)
        printed, scan = pickle.loads(made.read_bytes())  # noqa: S301 - our own fork wrote it
        return printed, scan

    def seal(self) -> None:
        """Ours."""
        from shared.assets import FONTS
        from sync_server.sealing.seal import seal

        sealed = seal(
            self.summary,
            self.scan,
            None,
            self.signer,
            fonts_dir=FONTS,
            trust_root_pem=(self.folder / "root.pem").read_bytes(),
            now=NOW,
            printed_pdf=self.printed.rendered.pdf,
        )
        (self.folder / "sealed.pdf").write_bytes(sealed.pdf)

    def _keep_folders(self) -> None:
        """Keep what each document of a seal is set from; in a fork."""
        from sync_server.paperwork import typeset

        numbers = itertools.count()

        @contextmanager
        def kept(_: str) -> Iterator[Path]:
            folder = self.folder / f"set-{next(numbers)}"
            folder.mkdir()
            yield folder

        with patch.object(typeset, "temporary", SimpleNamespace(folder_for=kept)):
            self.seal()

    def libraries(self) -> None:
        """What the libraries alone take for a seal: print again, print with its record, label, sign, check."""
        import io

        import typst
        from asn1crypto import pem, x509
        from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
        from pyhanko.pdf_utils.reader import PdfFileReader
        from pyhanko.sign import signers
        from pyhanko.sign.fields import SigSeedSubFilter
        from pyhanko.sign.validation import validate_pdf_signature
        from pyhanko_certvalidator import ValidationContext

        from shared.assets import FONTS
        from sync_server.sealing.making.sign import simple_signer

        fonts = typst.Fonts(
            include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)]
        )
        made = []
        for root in sorted(self.folder.glob("set-*")):
            compiler = typst.Compiler(
                input=str(root / "main.typ"), root=str(root), font_paths=fonts
            )
            made.append(compiler.compile(format="pdf", pdf_standards="a-3a"))
        meta = signers.PdfSignatureMetadata(
            field_name="SystemSignature", subfilter=SigSeedSubFilter.PADES, md_algorithm="sha256"
        )
        signer = simple_signer(self.signer)
        out = signers.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(made[1])), meta, signer=signer)
        root_der = pem.unarmor((self.folder / "root.pem").read_bytes())[2]
        context = ValidationContext(
            trust_roots=[x509.Certificate.load(root_der)], allow_fetching=False, moment=NOW
        )
        validate_pdf_signature(PdfFileReader(out).embedded_signatures[0], context)

    def first_compile(self) -> None:
        """The limit: one pass over the printed pages."""
        from shared.assets import FONTS
        from sync_server.paperwork import typeset
        from sync_server.sealing.making import render
        from sync_server.sealing.making.school_view import school_view

        digest = self.printed.rendered.data_hash
        job = typeset.Job(
            template="summary.typ",
            view=school_view(self.summary, digest),
            meta=render._meta(self.summary, (), None),
            created_at=datetime.fromisoformat(self.summary.cut_off),
        )
        typeset.typeset(job, FONTS)


def values() -> dict[str, list[float]]:
    """The ratios, round by round, and the processor seconds of a seal."""
    found: dict[str, list[float]] = {"seal": [], "libraries": [], "s": []}
    with tempfile.TemporaryDirectory(prefix="doorstep-bench-") as folder:
        school = School(Path(folder))
        for number in range(ROUNDS + 1):
            bare_s, ours_s = in_a_fork(school.first_compile), in_a_fork(school.seal)
            libraries_s = in_a_fork(school.libraries)
            if number:
                found["seal"].append(ours_s / bare_s)
                found["libraries"].append(ours_s / libraries_s)
                found["s"].append(ours_s)
    return found
