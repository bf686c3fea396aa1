"""Seal a summary: render it again with its scan attached, sign it, and verify the result.

Takes what `compose` and `render` made, the scan's result and, where there is one, the hash of the
evidence file; returns the three files of a seal. Nothing is written here: the caller stores bytes.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import msgspec

from shared.digest import sha256_hex
from shared.problems import ProblemError
from sync_server import temporary
from sync_server.paperwork.faces import KeptFaces
from sync_server.paperwork.typeset import Attachment
from sync_server.sealing import bulletin, record
from sync_server.sealing import documents as document
from sync_server.sealing.certificates import Signer
from sync_server.sealing.checking import pdf_objects, verify
from sync_server.sealing.documents import Document
from sync_server.sealing.elsewhere import UNVERIFIED
from sync_server.sealing.making import render, sign
from sync_server.sealing.making.label import label_pdf
from sync_server.sealing.making.render import Rendered, ScanPicture
from sync_server.sealing.making.sign import Identity
from sync_server.sealing.making.workbook import summary_xlsx
from sync_server.sealing.paper.scan import Expected, ScanResult
from sync_server.sealing.record import (
    AttachedFile,
    EvidenceFile,
    ScanFile,
    ScannedPage,
    SealRecord,
    SignerRef,
)

EXTENSIONS = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png"}
ELSEWHERE_WORDS = {
    "elsewhere_pdf": "电子公章文件原件",
    "elsewhere_ofd": f"电子公章文件原件（{UNVERIFIED}）",
}
REASON = "上门走访情况汇总封存"
REASONS = {bulletin.KIND: "通报封存"}
"""The signature's reason of the kinds that are no summary."""


class Printed(msgspec.Struct, frozen=True, kw_only=True):
    """A rendered summary ready to print, and what its scan must show (`expected`)."""

    summary_json: bytes
    xlsx: bytes
    rendered: Rendered
    expected: Expected


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A document that is complete except for its signature."""

    pdf: bytes
    xlsx: bytes
    data_hash: str
    seal_json: bytes
    unit_name: str
    reason: str = REASON


class SealedFiles(msgspec.Struct, frozen=True, kw_only=True):
    """The files of one seal.

    `pdf` goes to the county and `xlsx` lies beside it; `seal_json` is attached to the PDF too.
    `sha256` (hex) is that of `pdf`, `data_hash` that of summary.json.
    """

    pdf: bytes
    xlsx: bytes
    seal_json: bytes
    sha256: str
    data_hash: str


def print_summary(summary: Document, fonts_dir: Path, faces: KeptFaces | None = None) -> Printed:
    """Render the pages to print, sign and stamp; equal summaries give equal bytes.

    Args:
        summary: a composed summary of any level, or a bulletin.
        fonts_dir: the folder with the paper fonts and their `charset.txt`.
        faces: the county's own faces.

    Returns:
        summary.json, the workbook, the PDF, and what a scan of it must show.
    """
    data = document.encode(summary)
    table = summary_xlsx(summary)
    rendered = render.render_summary(data, table, fonts_dir, faces=faces)
    return Printed(
        summary_json=data, xlsx=table, rendered=rendered, expected=expected_of(summary, rendered)
    )


def expected_of(summary: Document, rendered: Rendered) -> Expected:
    """Return what a scan of this print must show."""
    return Expected(
        document=summary.document,
        version=summary.version,
        data_hash=rendered.data_hash,
        pages=rendered.pages,
        stamp_areas=rendered.stamp_areas,
        signature_lines=rendered.signature_lines,
    )


def seal(
    summary: Document,
    scan: ScanResult,
    evidence: EvidenceFile | None,
    signer: Signer,
    *,
    fonts_dir: Path,
    trust_root_pem: bytes,
    now: datetime,
    printed_pdf: bytes,
    faces: KeptFaces | None = None,
) -> SealedFiles:
    """Seal a summary together with the scan of its stamped pages.

    Args:
        summary: the summary that was printed and stamped.
        scan: the stamped pages as `read_scan` matched them.
        evidence: hash and size of the evidence file, None for a summary without one.
        signer: certificate and key of the unit that the summary names.
        fonts_dir: the folder with the paper fonts.
        trust_root_pem: the county's root certificate; the finished seal is verified against it.
        now: the moment of sealing by the real clock, timezone-aware.
        printed_pdf: the pages as they were printed to be stamped.
        faces: the county's own faces that they were printed with.

    Returns:
        The sealed PDF, its workbook and its record.

    Raises:
        ProblemError: seal.scan_refused, seal.wrong_signer, seal.self_check,
            scan.sealed_pages_differ, fonts.kept_gone, fonts.kept_changed, certs.*.
    """
    if not scan.complete:
        raise ProblemError("seal.scan_refused", reason=";".join(p.message for p in scan.problems))
    who = sign.identity(signer)
    if who.code != summary.unit.code:
        raise ProblemError("seal.wrong_signer", found=who.code, unit=summary.unit.name)
    drafted = draft(summary, printed_pdf, scan, evidence, who, fonts_dir, now, faces)
    pdf = sign_draft(drafted, signer, fonts_dir, now)
    _self_check(pdf, trust_root_pem)
    return SealedFiles(
        pdf=pdf,
        xlsx=drafted.xlsx,
        seal_json=drafted.seal_json,
        sha256=sha256_hex(pdf),
        data_hash=drafted.data_hash,
    )


def draft(
    summary: Document,
    printed_pdf: bytes,
    scan: ScanResult,
    evidence: EvidenceFile | None,
    who: Identity,
    fonts_dir: Path,
    now: datetime,
    faces: KeptFaces | None = None,
) -> Draft:
    """Render the document again with the scan behind it and seal.json inside, without a signature.

    Args:
        summary: the summary that was printed and stamped.
        printed_pdf: its pages as they were printed.
        scan: the stamped pages.
        evidence: hash and size of the evidence file, None without one.
        who: the signer as its certificate names it.
        fonts_dir: the folder with the paper fonts.
        now: the moment of sealing, timezone-aware.
        faces: the county's own faces that it was printed with.

    Returns:
        The unsigned PDF and its seal.json.

    Raises:
        ProblemError: scan.sealed_pages_differ when the pages are not those that were printed: the
            program or its fonts changed since.
    """
    data, xlsx = document.encode(summary), summary_xlsx(summary)
    files, originals = _scan_files(scan)
    pictures = [ScanPicture(jpeg=p.jpeg, words=f"第 {p.page} 页") for p in scan.pages]
    printed = pdf_objects.page_digests(printed_pdf)

    def render_again(seal_json: bytes | None) -> Rendered:
        return render.render_summary(
            data,
            xlsx,
            fonts_dir,
            scan_pages=pictures,
            seal_json=seal_json,
            originals=originals,
            faces=faces,
            elsewhere=scan.elsewhere,
            printed_pages=len(printed),
        )

    again = render_again(None)
    digests = pdf_objects.page_digests(again.pdf)
    if digests[: again.pages] != printed:
        raise ProblemError("scan.sealed_pages_differ")
    attached = [(render.JSON_NAME, data), (render.XLSX_NAME, xlsx)]
    attached += [(item.name, item.data) for item in originals]
    seal_json = record.encode(
        SealRecord(
            schema=record.ELSEWHERE_SCHEMA if scan.elsewhere else record.SCHEMA,
            kind=summary.kind,
            document=summary.document,
            version=summary.version,
            unit=summary.unit,
            season=summary.season.id,
            cut_off=summary.cut_off,
            data_hash=again.data_hash,
            printed_pages=again.pages,
            ink_pages=expected_of(summary, again).ink_pages,
            pages=tuple(digests),
            attachments=tuple(
                AttachedFile(name=n, sha256=sha256_hex(d), size_bytes=len(d)) for n, d in attached
            ),
            scan=files,
            evidence=evidence,
            exceptions=tuple(msgspec.to_builtins(e) for e in summary.exceptions),
            findings=tuple(msgspec.to_builtins(f) for f in scan.findings),
            confirmed=scan.confirmed or msgspec.UNSET,
            elsewhere=scan.elsewhere or msgspec.UNSET,
            signer=SignerRef(
                code=who.code, name=who.name, certificate_sha256=who.certificate_sha256
            ),
            previous_seal=summary.previous_seal,
            sealed_at=now.isoformat(timespec="seconds"),
        )
    )
    return Draft(
        pdf=render_again(seal_json).pdf,
        xlsx=xlsx,
        data_hash=again.data_hash,
        seal_json=seal_json,
        unit_name=summary.unit.name,
        reason=REASONS.get(summary.kind, REASON),
    )


def sign_draft(drafted: Draft, signer: Signer, fonts_dir: Path, now: datetime) -> bytes:
    """Put the system signature on a draft.

    Args:
        drafted: the unsigned document.
        signer: certificate and key of the unit.
        fonts_dir: the folder with the paper fonts, for the visible label.
        now: the moment of signing, timezone-aware.

    Returns:
        The signed PDF; it begins with the bytes of the draft.

    Raises:
        ProblemError: seal.wrong_signer, certs.*.
    """
    label = label_pdf(drafted.unit_name, now, fonts_dir)
    return sign.sign_pdf(drafted.pdf, signer, label_pdf=label, reason=drafted.reason, now=now)


def _scan_files(scan: ScanResult) -> tuple[tuple[ScanFile, ...], list[Attachment]]:
    """Make the record and the attachment of each uploaded scan file.

    A file sealed elsewhere is no scan: it is recorded in `elsewhere`, and attached as it came.
    """
    if scan.elsewhere is not None:
        kept = zip(scan.files, scan.elsewhere.files, strict=True)
        return (), [
            Attachment(
                name=one.name,
                data=item.data,
                media_type=one.media_type,
                relationship="supplement",
                description=ELSEWHERE_WORDS[scan.elsewhere.kind],
            )
            for item, one in kept
        ]
    records, originals = [], []
    for number, item in enumerate(scan.files):
        pages = [page for page in scan.pages if page.file == number]
        name = f"scan-{number + 1}.{EXTENSIONS[item.media_type]}"
        records.append(
            ScanFile(
                name=name,
                uploaded_as=item.uploaded_as,
                sha256=item.sha256,
                size_bytes=len(item.data),
                pages=tuple(
                    ScannedPage(
                        page_in_file=p.page_in_file,
                        page=p.page,
                        red_bp=p.red_bp,
                        ink=p.ink or msgspec.UNSET,
                    )
                    for p in pages
                ),
            )
        )
        originals.append(
            Attachment(
                name=name,
                data=item.data,
                media_type=item.media_type,
                relationship="supplement",
                description="签章页扫描件原件",
            )
        )
    return tuple(records), originals


def _self_check(pdf: bytes, trust_root_pem: bytes) -> None:
    """Verify a new seal, so that none is handed out that would fail."""
    with temporary.folder_for("self-check") as folder:
        path = folder / "summary.pdf"
        path.write_bytes(pdf)
        verdict = verify.verify(path, trust_root_pem)
    if not verdict.ok:
        raise ProblemError(
            "seal.self_check", reason=json.dumps(verdict.as_json(), ensure_ascii=False)
        )
