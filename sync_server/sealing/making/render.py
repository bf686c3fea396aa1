"""Render a summary as PDF/A-3: pages to print and stamp, data attached. Not signed here.

Takes summary.json as bytes; the paper names their sha256 in a QR on every page and the file carries
the bytes, so paper and file name each other. The sealed file is the same document rendered again
with the scan's pages behind it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from shared.digest import sha256_hex
from shared.paper import page_mark
from sync_server.paperwork import qr_codes, typeset
from sync_server.paperwork.faces import KeptFaces
from sync_server.paperwork.typeset import Attachment, Job, SignatureLine, StampArea
from sync_server.sealing import documents as document
from sync_server.sealing.bulletin import Bulletin
from sync_server.sealing.documents import Document
from sync_server.sealing.elsewhere import Elsewhere
from sync_server.sealing.making.bulletin_view import bulletin_title, bulletin_view
from sync_server.sealing.making.county_view import county_view
from sync_server.sealing.making.elsewhere_view import elsewhere_view
from sync_server.sealing.making.school_view import school_view, title_of
from sync_server.sealing.summary import SchoolSummary

JSON_NAME, XLSX_NAME, SEAL_NAME = "summary.json", "summary.xlsx", "seal.json"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class ScanPicture(msgspec.Struct, frozen=True, kw_only=True):
    """A display copy of one scanned page, JPEG, with its caption; the original is attached."""

    jpeg: bytes
    words: str


class Rendered(msgspec.Struct, frozen=True, kw_only=True):
    """A rendered summary.

    `pages` counts the printed pages; scan pages follow them. `stamp_areas` and
    `signature_lines`: where ink belongs. `data_hash`: sha256 of summary.json, hex.
    """

    pdf: bytes
    pages: int
    stamp_areas: tuple[StampArea, ...]
    signature_lines: tuple[SignatureLine, ...]
    data_hash: str


def render_summary(
    summary_json: bytes,
    xlsx: bytes,
    fonts_dir: Path,
    *,
    scan_pages: Sequence[ScanPicture] = (),
    seal_json: bytes | None = None,
    originals: Sequence[Attachment] = (),
    faces: KeptFaces | None = None,
    elsewhere: Elsewhere | None = None,
    printed_pages: int = 0,
) -> Rendered:
    """Render a summary of any level; equal arguments give equal bytes.

    Args:
        summary_json: the canonical bytes of the summary.
        xlsx: its workbook, to be attached.
        fonts_dir: the folder with the paper fonts.
        scan_pages: pictures of the stamped pages, to follow the printed ones.
        seal_json: the seal's record, to be attached; None for a print.
        originals: the scan files as uploaded, to be attached.
        faces: the county's own faces.
        elsewhere: what the seal stands on in place of a scan; a page says so.
        printed_pages: how many pages were printed of it before, where that is known: it saves time.

    Returns:
        The PDF, its number of printed pages, its stamp areas and signature lines.
    """
    summary = document.decode(summary_json)
    digest = sha256_hex(summary_json)
    if isinstance(summary, SchoolSummary):
        template, view = "summary.typ", school_view(summary, digest)
    elif isinstance(summary, Bulletin):
        template, view = "bulletin.typ", bulletin_view(summary, digest)
    else:
        template, view = "county.typ", county_view(summary, digest)
    job = Job(
        template=template,
        view=view,
        meta=_meta(summary, scan_pages, elsewhere),
        attachments=_attachments(summary_json, xlsx, seal_json, originals),
        pictures=tuple((f"scan-{i}.jpg", scan.jpeg) for i, scan in enumerate(scan_pages)),
        created_at=datetime.fromisoformat(summary.cut_off),
    )

    def finish(pages: int) -> tuple[dict[str, Any], list[tuple[str, bytes]]]:
        return _finished(pages, summary, digest)

    pdf, layout = typeset.typeset(job, fonts_dir, finish, faces=faces, pages=printed_pages)
    return Rendered(
        pdf=pdf,
        pages=layout.pages,
        stamp_areas=layout.stamp_areas,
        signature_lines=layout.signature_lines,
        data_hash=digest,
    )


def _meta(
    summary: Document, scans: Sequence[ScanPicture], elsewhere: Elsewhere | None
) -> dict[str, Any]:
    unit = summary.unit.name
    return {
        "title": bulletin_title(summary) if isinstance(summary, Bulletin) else title_of(summary),
        "author": unit,
        "demo": summary.demo,
        "foot": [_which(summary), unit, ""],
        "qr": [],
        "pages": 1,
        "scans": [{"file": f"scan-{i}.jpg", "words": scan.words} for i, scan in enumerate(scans)],
        "scans_are": "电子公章文件的页" if elsewhere else "签章扫描件",
        "elsewhere": elsewhere_view(elsewhere) if elsewhere else None,
    }


def _which(summary: Document) -> str:
    """Return which document a page is of: a bulletin's version is its number."""
    if isinstance(summary, Bulletin):
        return f"{summary.document} · 第{summary.number}号"
    return f"{summary.document} · 第{summary.version}版"


def _finished(
    pages: int, summary: Document, digest: str
) -> tuple[dict[str, Any], list[tuple[str, bytes]]]:
    """Return what the first pass lacked: page numbers and QR codes."""
    marks = [
        page_mark(summary.document, summary.version, number, pages, digest)
        for number in range(1, pages + 1)
    ]
    changes = {
        "pages": pages,
        "qr": [f"qr-{number}.svg" for number in range(1, pages + 1)],
        "foot": [
            _which(summary),
            summary.unit.name,
            marks[0].rpartition(":")[2],
        ],
    }
    return changes, [(f"qr-{number}.svg", _page_code(mark)) for number, mark in enumerate(marks, 1)]


@lru_cache(maxsize=256)
def _page_code(mark: str) -> bytes:
    """Return the QR code of a page; a seal sets each page twice."""
    return qr_codes.svg(mark)


def _attachments(
    summary_json: bytes, xlsx: bytes, seal_json: bytes | None, originals: Sequence[Attachment]
) -> tuple[Attachment, ...]:
    """List the attached files in a fixed order.

    The relationship says what each is to the pages. Source: ISO 19005-3.
    """
    attached = [
        Attachment(
            name=JSON_NAME,
            data=summary_json,
            media_type="application/json",
            relationship="source",
            description="汇总数据",
        ),
        Attachment(
            name=XLSX_NAME,
            data=xlsx,
            media_type=XLSX_TYPE,
            relationship="alternative",
            description="汇总表",
        ),
    ]
    if seal_json is not None:
        attached.append(
            Attachment(
                name=SEAL_NAME,
                data=seal_json,
                media_type="application/json",
                relationship="supplement",
                description="封存记录",
            )
        )
    return (*attached, *originals)
