"""Check what a seal stands on in place of a scan: the files attached, signatures read again."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from shared.digest import sha256_hex
from shared.problems import ProblemError
from sync_server.paperwork import words
from sync_server.sealing import elsewhere, elsewhere_report
from sync_server.sealing.checking import foreign_signatures, page_looks
from sync_server.sealing.elsewhere import Elsewhere, ElsewhereFile
from sync_server.sealing.record import ELSEWHERE_SCHEMA, Findings, SealRecord

SEAL_NAME = "seal.json"


def check(
    attached: Mapping[str, bytes], record: SealRecord, found: Findings, notes: Findings
) -> None:
    """Check the files sealed elsewhere, and note what they prove and what they do not.

    Args:
        attached: the attachments by name.
        record: seal.json.
        found: collects the problems.
        notes: collects what a reader should know.
    """
    stands_on = record.elsewhere
    if not stands_on or not stands_on.files or record.schema != ELSEWHERE_SCHEMA or record.scan:
        found.note("verify.scan_missing", file=SEAL_NAME)
        return
    if stands_on.kind != elsewhere.kind_of(stands_on.files):
        found.note("verify.attachment_changed", file=SEAL_NAME)
    notes.note(
        "verify.elsewhere",
        file=SEAL_NAME,
        by=stands_on.declared.by,
        at=words.moment(stands_on.declared.at),
    )
    recorded = {item.name: item.sha256 for item in record.attachments}
    for file in stands_on.files:
        data = attached.get(file.name)
        if data is None or recorded.get(file.name) != file.sha256:
            if not any(one.file == file.name for one in found.items):
                found.note("verify.elsewhere_missing", file=file.name)
        elif (sha256_hex(data), len(data)) == (file.sha256, file.size_bytes):
            now = file if file.is_ofd else _read_again(file, data, record, found)
            elsewhere_report.report(now, file.name, notes)
    _pages(stands_on, record, found)


def _read_again(
    file: ElsewhereFile, data: bytes, record: SealRecord, found: Findings
) -> ElsewhereFile:
    """Read a PDF's signatures and pages as they are now."""
    try:
        signed = foreign_signatures.read(file.name, data)
    except ProblemError as error:
        values = {k: v for k, v in error.values.items() if k != "file"}
        found.note(error.code, file=file.name, **values)
        return file
    elsewhere_report.judge(file.name, signed.signatures, found)
    count = record.printed_pages
    if file.bound == "same_pages" and not (
        list(signed.pages[:count]) == list(record.pages[:count])
        and page_looks.are_same(page_looks.first_revision(data), data, count)
    ):
        found.note("verify.elsewhere_pages", file=file.name)
    return msgspec.structs.replace(file, signatures=signed.signatures)


def _pages(stands_on: Elsewhere, record: SealRecord, found: Findings) -> None:
    """Check that PDFs show every page that must bear a seal; nobody draws those of an OFD."""
    if stands_on.kind == "elsewhere_ofd":
        return
    shown = {page.page for file in stands_on.files for page in file.pages}
    for page in record.ink_pages:
        if page not in shown:
            found.note("verify.elsewhere_page", file=SEAL_NAME, page=page)
