"""Check a sealed summary's attachments, numbers, table, pages and scan. Pure.

Each check notes what is wrong and continues. Data come from a file that may be anything, so callers
guard against every exception; nothing here trusts a type it did not check. No signature library is
used.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from shared.digest import sha256_hex
from sync_server.sealing import bulletin
from sync_server.sealing.bulletin import Bulletin
from sync_server.sealing.documents import Document, of_tree
from sync_server.sealing.ink import area_words
from sync_server.sealing.making import totals
from sync_server.sealing.making.compose import COMPOSER
from sync_server.sealing.making.recipients import overfull, with_withheld_reasons
from sync_server.sealing.making.workbook import Table, summary_xlsx, tables_of
from sync_server.sealing.record import Findings, SealRecord
from sync_server.sealing.report_to import figures_digest
from sync_server.sealing.summary import (
    CountyRow,
    CountySummary,
    Heading,
    Row,
    SchoolSummary,
    StatementRow,
)

JSON_NAME, XLSX_NAME, SEAL_NAME = "summary.json", "summary.xlsx", "seal.json"
COLUMN_WORDS = {
    "total_fen": "合计",
    "unpaid_fen": "未还",
    "row": "序号",
    "statement": "情况说明序号",
}
"""The headings of the columns that `numbers` checks."""


def attachments(attached: Mapping[str, bytes], record: SealRecord, found: Findings) -> None:
    """Check that every attachment is the one the seal recorded, and that there is no other.

    Args:
        attached: the attachments by name.
        record: seal.json.
        found: collects the problems.
    """
    recorded = {item.name: item for item in record.attachments}
    for name, item in recorded.items():
        if name not in attached:
            # one that did not decode was noted already
            if not any(one.file == name for one in found.items):
                found.note("verify.attachment_missing", file=name)
        elif sha256_hex(attached[name]) != item.sha256 or len(attached[name]) != item.size_bytes:
            found.note("verify.attachment_changed", file=name)
    for name in attached:
        if name not in recorded and name != SEAL_NAME:
            found.note("verify.attachment_unknown", file=name)


def headings(tree: Any, data_hash: str, record: SealRecord, found: Findings) -> None:
    """Check that seal and summary agree on document, version, unit, cut-off and data.

    Args:
        tree: summary.json as parsed.
        data_hash: its sha256, hex.
        record: seal.json.
        found: collects the problems.
    """
    heading = msgspec.convert(tree, Heading)
    pairs = (
        (record.data_hash, data_hash),
        (record.document, heading.document),
        (record.version, heading.version),
        (record.unit.code, heading.unit.code),
        (record.unit.name, heading.unit.name),
        (record.cut_off, heading.cut_off),
        (record.previous_seal, heading.previous_seal),
        (record.kind, heading.kind),
    )
    if any(left != right for left, right in pairs):
        found.note("verify.attachment_changed", file=SEAL_NAME)
    if record.signer.code != record.unit.code:
        found.note(
            "verify.wrong_signer", file=SEAL_NAME, found=record.signer.code, unit=record.unit.code
        )


def scan(attached: Mapping[str, bytes], record: SealRecord, found: Findings) -> None:
    """Check that every page that must bear ink is shown in an attached scan file.

    Args:
        attached: the attachments by name.
        record: seal.json.
        found: collects the problems.
    """
    recorded = {item.name: item.sha256 for item in record.attachments}
    present = set()
    for item in record.scan:
        named = any(one.file == item.name for one in found.items)
        if not named and (item.name not in attached or recorded.get(item.name) != item.sha256):
            found.note("verify.scan_missing", file=item.name)
        present |= {page.page for page in item.pages}
    for page in record.ink_pages:
        if page not in present:
            found.note("verify.scan_missing", file=SEAL_NAME, page=page)
    if not record.ink_pages or not record.scan:
        found.note("verify.scan_missing", file=SEAL_NAME)


def ink(record: SealRecord, found: Findings, notes: Findings) -> None:
    """Judge again what was measured on the scan: every area bears ink, or a person confirmed it.

    Seals of 1.0 and before measured only how much is red, for which no limit was set then.

    Args:
        record: seal.json.
        found: collects the problems.
        notes: collects the confirmations.
    """
    confirmed = record.confirmed or ()
    scans = {item.sha256: item for item in record.scan}
    areas: dict[tuple[int, str], bool] = {}
    for item in record.scan:
        for page in item.pages:
            for one in page.ink or ():
                key = page.page, one.area
                seen = one.enough or any(c.answers(*key, item.sha256) for c in confirmed)
                areas[key] = areas.get(key, False) or seen
    for (number, area), enough in areas.items():
        if not enough:
            found.note("verify.no_ink", file=SEAL_NAME, page=number, area=area_words(area))
    for one_of in confirmed:
        if one_of.scan_sha256 in scans:
            notes.note(
                "verify.confirmed",
                file=SEAL_NAME,
                page=one_of.page,
                area=area_words(one_of.area),
                by=one_of.by,
                at=one_of.at,
                reason=one_of.reason,
            )


def pages(digests: Sequence[str], record: SealRecord, found: Findings, file: str) -> None:
    """Check that every page's content is what the seal recorded.

    Args:
        digests: sha256 of each page in order, hex.
        record: seal.json.
        found: collects the problems.
        file: the name of the PDF, for the problems.
    """
    for number, (now, then) in enumerate(zip(digests, record.pages, strict=False), 1):
        if now != then:
            found.note("verify.page_changed", file=file, page=number)
    if len(digests) != len(record.pages):
        found.note("verify.page_changed", file=file, page=min(len(digests), len(record.pages)) + 1)


def parsed_summary(tree: Any, found: Findings) -> Document | None:
    """Convert parsed JSON to a summary.

    Args:
        tree: summary.json as parsed.
        found: collects what is wrong.

    Returns:
        The summary; None when it has another structure.
    """
    try:
        return of_tree(tree)
    except msgspec.ValidationError as error:
        if path := _in_totals(str(error)):
            found.note("verify.totals_wrong", file=JSON_NAME, column=path)
        else:
            found.note("verify.unreadable", file=JSON_NAME)
        found.note("verify.unreadable", file=XLSX_NAME)  # with nothing to compare its cells with
        return None


def _in_totals(message: str) -> str:
    """Return the path below `totals` that msgspec names as missing or wrong, "" elsewhere."""
    where = re.search(r" - at `\$\.totals\.?([^`]*)`$", message)
    if where is None:
        return ""
    missing = re.match(r"Object missing required field `([^`]*)`", message)
    return ".".join(part for part in (where[1], missing[1] if missing else "") if part)


def numbers(summary: Document, tree: Mapping[str, Any], found: Findings) -> None:
    """Check that rows add up in themselves and to the totals, to the fen.

    Args:
        summary: the summary.
        tree: its JSON as parsed.
        found: collects the problems.
    """
    if isinstance(summary, Bulletin):
        _bulletin(summary, tree, found)
        return
    sums: dict[str, Any] = msgspec.to_builtins(totals.of_summary(summary))
    if summary.composer < totals.APART_SINCE:
        del sums["deliveries"]
    if isinstance(summary, SchoolSummary):
        for number, row in enumerate(summary.rows, 1):
            _school_row(number, row, summary.statements, found)
        stated = tree["totals"]
    else:
        for number, line in enumerate(summary.rows, 1):
            _county_row(number, line, found)
        stated = tree["totals"]
    for path in differing(sums, stated):
        found.note("verify.totals_wrong", file=JSON_NAME, column=path)


def _bulletin(document: Bulletin, tree: Mapping[str, Any], found: Findings) -> None:
    """Check that the schools stand in order of code, with right rates, and add up."""
    codes = [row.code for row in document.rows]
    for number, row in enumerate(document.rows, 1):
        if row.row != number or codes != sorted(set(codes)):
            found.note("verify.row_wrong", file=JSON_NAME, row=number, column=COLUMN_WORDS["row"])
        if bulletin.added([row.counts]) != row.counts:
            found.note("verify.row_wrong", file=JSON_NAME, row=number, column="比率")
    sums = msgspec.to_builtins(bulletin.added(row.counts for row in document.rows))
    for path in differing(sums, tree["totals"]):
        found.note("verify.totals_wrong", file=JSON_NAME, column=path)


def _school_row(number: int, row: Row, statements: Sequence[StatementRow], found: Findings) -> None:
    statement = row.statement
    right_row = statement == 0 or statements[statement - 1].row == number
    pairs = {
        "row": (row.row, number),
        "total_fen": (row.total_fen, row.principal_fen + row.interest_fen),
        "unpaid_fen": (row.unpaid_fen, row.total_fen - row.repaid_fen),
        "statement": (statement, statement if right_row else -1),
    }
    for key, (stated, right) in pairs.items():
        if stated != right:
            found.note("verify.row_wrong", file=JSON_NAME, row=number, column=COLUMN_WORDS[key])


def _county_row(number: int, row: CountyRow, found: Findings) -> None:
    if row.row != number:
        found.note("verify.row_wrong", file=JSON_NAME, row=number, column=COLUMN_WORDS["row"])
    if totals.with_rates(row.totals) != row.totals:
        found.note("verify.row_wrong", file=JSON_NAME, row=number, column="比率")


def differing(left: Mapping[str, Any], right: Mapping[str, Any], above: str = "") -> list[str]:
    """Return the paths at which two trees of numbers differ, missing keys included.

    Args:
        left: one tree.
        right: the other.
        above: the path of both trees, with a dot at its end.

    Returns:
        Paths such as `unpaid.special.fen`, sorted.
    """
    paths = []
    for key in sorted({*left, *right}):
        one, other = left.get(key), right.get(key)
        path = f"{above}{key}"
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            paths += differing(one, other, f"{path}.")
        elif one != other or type(one) is not type(other):
            paths.append(path)
    return paths


def workbook(data: bytes, summary: Document, found: Findings, file: str) -> None:
    """Check that the workbook's table is the summary's, cell by cell; equal bytes need no reading.

    Args:
        data: the .xlsx file.
        summary: the summary.
        found: collects the problems.
        file: the name of the workbook, for the problems.
    """
    if summary.composer != (bulletin.COMPOSER if isinstance(summary, Bulletin) else COMPOSER):
        found.remark("verify.other_composer", file=file, composer=summary.composer)
        return
    if data == summary_xlsx(summary):
        return
    from python_calamine import CalamineWorkbook

    tables = tables_of(summary)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        sheets = [book.get_sheet_by_index(n).to_python() for n in range(len(tables))]
    except BaseException as error:
        # calamine raises its own errors and panics for broken files: all mean the same here
        if not isinstance(error, Exception) and type(error).__module__ != "pyo3_runtime":
            raise
        found.note("verify.attachment_changed", file=file)
        return
    for table, read in zip(tables, sheets, strict=True):
        _table(read, table, found, file)


def _table(read: Sequence[Sequence[Any]], table: Table, found: Findings, file: str) -> None:
    """Compare a sheet with what it must hold, titles, headings and the row of sums included."""
    wanted, columns = table.cells, table.columns
    for y in range(max(len(read), len(wanted))):
        line = read[y] if y < len(read) else []
        right = wanted[y] if y < len(wanted) else []
        for x in range(max(len(line), len(right))):
            kind = columns[x].kind if x < len(columns) else "text"
            title = columns[x].title if x < len(columns) else str(x + 1)
            if (
                x >= len(line)
                or x >= len(right)
                or _read(line[x], kind if isinstance(right[x], int) else "text") != right[x]
            ):
                found.note("verify.xlsx_differs", file=file, row=y + 1, column=title)


def recipient(summary: Document, tree: Mapping[str, Any], found: Findings, notes: Findings) -> None:
    """Check a report for a recipient: its figures' code, and that it holds no more than it may.

    Args:
        summary: the summary; one without a recipient passes.
        tree: its JSON as parsed.
        found: collects the problems.
        notes: collects whom it is for.
    """
    if not isinstance(summary, CountySummary) or not summary.recipient:
        return
    digest, name = figures_digest(dict(tree)), summary.recipient.name
    if summary.figures != digest:
        found.note("verify.totals_wrong", file=JSON_NAME, column="figures")
    for number in overfull(summary):
        found.note("verify.recipient_more", file=JSON_NAME, row=number, name=name)
    for number in with_withheld_reasons(summary):
        found.note("verify.recipient_reason", file=JSON_NAME, row=number, name=name)
    notes.note("verify.recipient", name=name, digest=digest[:16])


def from_paper(summary: Document, notes: Findings) -> None:
    """Note how many of a school's records were typed in from paper, and what their key proves.

    Args:
        summary: the summary; with the evidence it is composed again, this number included.
        notes: collects the note.
    """
    if isinstance(summary, SchoolSummary) and summary.paper_records:
        notes.note("verify.from_paper", count=summary.paper_records)


def _read(cell: Any, kind: str) -> str | int:
    """Return a cell as it was written: fen of a yuan amount, a whole number, or text."""
    if kind == "fen" and isinstance(cell, int | float):
        return round(cell * 100)
    if kind == "int" and isinstance(cell, int | float) and cell == int(cell):
        return int(cell)
    return str(cell)
