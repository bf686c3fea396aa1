"""Compare what a sealed file holds with its own record, after its signature was read.

verify.py passes in the files a PDF carries, the digest of each page and the signer's code, and gets
the verdict. Data may be of any structure: a check that fails on it notes that file as unreadable
and the others continue. No signature library is used here.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from shared.digest import sha256_hex
from sync_server.disk_errors import raise_if_system
from sync_server.sealing import certificates
from sync_server.sealing import record as seal_record
from sync_server.sealing.checking import checks, elsewhere_checks, evidence_checks
from sync_server.sealing.checking import children as children_checks
from sync_server.sealing.checking.checks import JSON_NAME, SEAL_NAME, XLSX_NAME
from sync_server.sealing.checking.standing import NOBODY, Known, SignedBy, judge
from sync_server.sealing.documents import Document
from sync_server.sealing.record import Finding, Findings, SealRecord, Verdict
from sync_server.sealing.summary import SCHEMA, SchoolSummary

BROKEN = ("verify.changed", "verify.unreadable", "verify.unsigned")
"""When one of these was noted, a missing attachment adds nothing."""


class PdfContents(msgspec.Struct, frozen=True, kw_only=True):
    """What was read from the PDF.

    Attachments by name, page digests in order, and whose signature it is.
    """

    files: dict[str, bytes] = {}
    pages: list[str] = []
    signed: SignedBy = NOBODY


class Contents(msgspec.Struct, frozen=True, kw_only=True):
    """The two records, as far as they could be read.

    summary.json as struct and as parsed JSON (`tree`), and seal.json (`record`); `notes` on what is
    no problem.
    """

    summary: Document | None = None
    tree: dict[str, Any] = {}
    record: SealRecord | None = None
    checked: list[str] = []
    notes: tuple[Finding, ...] = ()


EMPTY = Contents()


class VerifiedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A verified file's contents, for the roll-up; empty where they could not be read."""

    verdict: Verdict
    summary: Document | None
    record: SealRecord | None
    attachments: dict[str, bytes]


def contents(path: Path, pdf: PdfContents, found: Findings) -> Contents:
    """Read summary.json and seal.json and check everything else against them.

    Args:
        path: the sealed PDF.
        pdf: what was read from it.
        found: collects the problems.

    Returns:
        The two records.
    """
    record = _record(pdf.files, found)
    tree = _tree(pdf.files, found)
    if record is None or not tree:
        if not found.items:
            found.note("verify.unreadable", file=path.name)
        return Contents(tree=tree, record=record)
    files = pdf.files
    _guarded(found, SEAL_NAME, checks.attachments, files, record, found)
    _guarded(found, SEAL_NAME, checks.headings, tree, sha256_hex(files[JSON_NAME]), record, found)
    notes = Findings()
    if record.elsewhere or record.schema != seal_record.SCHEMA:
        _guarded(found, SEAL_NAME, elsewhere_checks.check, files, record, found, notes)
    else:
        _guarded(found, SEAL_NAME, checks.scan, files, record, found)
        _guarded(found, SEAL_NAME, checks.ink, record, found, notes)
    _guarded(found, path.name, checks.pages, pdf.pages, record, found, path.name)
    summary = checks.parsed_summary(tree, found)
    if summary is not None:
        _numbers_and_tables(path, files, summary, tree, found)
        _guarded(found, JSON_NAME, checks.recipient, summary, tree, found, notes)
        _guarded(found, JSON_NAME, checks.from_paper, summary, notes)
    code, above = pdf.signed.code, summary is not None and not isinstance(summary, SchoolSummary)
    wrong = code != record.unit.code or (above and not certificates.is_countys(code))
    if wrong and (code or not found.has(*BROKEN)):
        found.note("verify.wrong_signer", file=path.name, found=code, unit=record.unit.name)
    return Contents(
        summary=summary,
        tree=tree,
        record=record,
        checked=["signature", "attachments", "totals", "elsewhere" if record.elsewhere else "scan"],
        notes=tuple(notes.items),
    )


def _numbers_and_tables(
    path: Path, files: dict[str, bytes], summary: Document, tree: dict[str, Any], found: Findings
) -> None:
    _guarded(found, JSON_NAME, checks.numbers, summary, tree, found)
    _guarded(
        found, XLSX_NAME, checks.workbook, files.get(XLSX_NAME, b""), summary, found, XLSX_NAME
    )
    _guarded(found, path.with_suffix(".xlsx").name, _companion, path, files, summary, found)


def evidence(
    path: Path, key: ec.EllipticCurvePrivateKey | None, records: Contents, found: Findings
) -> None:
    """Check the evidence behind a school's summary.

    Args:
        path: evidence.bin.
        key: the county's evidence key; without it only the hash is checked.
        records: the sealed file's records.
        found: collects the problems.
    """
    records.checked.append("evidence" if key else "evidence_hash")
    _guarded(
        found, path.name, evidence_checks.check, path, key, records.tree, records.record, found
    )


def standing(
    path: Path, sha256: str, pdf: PdfContents, known: Known, trust_root_pem: bytes, found: Findings
) -> None:
    """Judge whether the signer's certificate was withdrawn, and read the receipts.

    Args:
        path: the sealed PDF.
        sha256: its sha256, hex.
        pdf: what was read from it.
        known: what lies beside it.
        trust_root_pem: the pinned root certificate.
        found: collects the problems.
    """
    _guarded(found, path.name, judge, pdf.signed, path.name, sha256, known, trust_root_pem, found)


def children(
    folder: Path, trust_root_pem: bytes, records: Contents, found: Findings, open_sealed: Any
) -> None:
    """Check the sealed files that a rolled-up summary was made from.

    Args:
        folder: the folder with the sealed PDFs.
        trust_root_pem: the pinned root certificate.
        records: the sealed file's records.
        found: collects the problems.
        open_sealed: `verify.open_sealed`.
    """
    records.checked.append("children")
    _guarded(
        found,
        folder.name,
        children_checks.check,
        folder,
        trust_root_pem,
        records.summary,
        found,
        open_sealed,
    )


def verified_file(
    found: Findings, data: bytes, pdf: PdfContents, records: Contents
) -> VerifiedFile:
    """Make the verdict over everything found.

    Args:
        found: the problems.
        data: the bytes of the sealed PDF, empty when it could not be read.
        pdf: what was read from it.
        records: its records.

    Returns:
        The verdict and the file's contents.
    """
    record = records.record
    verdict = Verdict(
        ok=not found.items,
        document=record.document if record else "",
        version=record.version if record else 0,
        data_hash=record.data_hash if record else "",
        problems=tuple(found.items),
        notes=(*records.notes, *found.remarks),
        kind=record.kind if record else "",
        unit_code=record.unit.code if record else "",
        unit_name=record.unit.name if record else "",
        sealed_at=record.sealed_at if record else "",
        file_sha256=sha256_hex(data) if data else "",
        checked=tuple(records.checked),
        stands_on=record.elsewhere.kind if record and record.elsewhere else "",
    )
    return VerifiedFile(
        verdict=verdict, summary=records.summary, record=record, attachments=pdf.files
    )


def _record(files: dict[str, bytes], found: Findings) -> SealRecord | None:
    data = files.get(SEAL_NAME)
    if data is None:
        if not found.has(*BROKEN[:2]):
            found.note("verify.no_seal", file=SEAL_NAME)
        return None
    try:
        schema = json.loads(data)["schema"]
        if schema in (seal_record.SCHEMA, seal_record.ELSEWHERE_SCHEMA):
            return msgspec.json.decode(data, type=SealRecord)
        found.note("verify.schema_unknown", file=SEAL_NAME, schema=schema)
    except Exception as error:  # any JSON, or none
        raise_if_system(error)
        found.note("verify.attachment_changed", file=SEAL_NAME)
    return None


def _tree(files: dict[str, bytes], found: Findings) -> dict[str, Any]:
    """Return summary.json as parsed, {} unless its schema is ours."""
    data = files.get(JSON_NAME)
    if data is None:
        if not found.has(*BROKEN):
            found.note("verify.attachment_missing", file=JSON_NAME)
        return {}
    try:
        tree = dict(json.loads(data))
        if tree["schema"] == SCHEMA:
            return tree
        found.note("verify.schema_unknown", file=JSON_NAME, schema=tree["schema"])
    except Exception as error:  # any JSON, or none
        raise_if_system(error)
        found.note("verify.attachment_changed", file=JSON_NAME)
    return {}


def _companion(path: Path, files: dict[str, bytes], summary: Document, found: Findings) -> None:
    """Check that the workbook beside the PDF, where there is one, is the attached one."""
    beside = path.with_suffix(".xlsx")
    if beside.is_file() and beside.read_bytes() != files.get(XLSX_NAME):
        found.note("verify.attachment_changed", file=beside.name)
        checks.workbook(beside.read_bytes(), summary, found, beside.name)


def _guarded(found: Findings, file: str, check: Callable[..., None], *args: Any) -> None:
    """Run a check; data it cannot read are noted as a problem themselves."""
    try:
        check(*args)
    except Exception as error:
        raise_if_system(error)
        found.note("verify.unreadable", file=file)
