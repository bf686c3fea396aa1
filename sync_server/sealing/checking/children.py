"""Check a county's seal against its schools' own files.

Each row's file must be there, verify, and agree with the row.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sync_server.sealing.bulletin import Bulletin
from sync_server.sealing.documents import Document
from sync_server.sealing.making import totals
from sync_server.sealing.record import Findings
from sync_server.sealing.summary import CountyRow, CountySummary

Open = Callable[..., Any]
"""The type of `verify.open_sealed`, passed in so that this module needs no signature library."""


def check(
    folder: Path,
    trust_root_pem: bytes,
    summary: Document,
    found: Findings,
    open_sealed: Open,
) -> None:
    """Check every row of a rolled-up summary, and the rows of its children from the same folder.

    Args:
        folder: the folder with the sealed PDFs.
        trust_root_pem: the pinned root certificate.
        summary: the summary; a school's and a bulletin have no children and pass.
        found: collects the problems.
        open_sealed: `verify.open_sealed`.
    """
    if not isinstance(summary, CountySummary):
        return
    files = {_sha256(path): path for path in sorted(folder.rglob("*.pdf"))}
    others: dict[str, str] | None = None
    for row in summary.rows:
        path = files.get(row.file_sha256)
        if path is not None:
            _child(path, row, folder, trust_root_pem, found, open_sealed)
            continue
        if others is None:
            others = _documents(files, trust_root_pem, found, open_sealed)
        there = others.get(row.document, "")
        code = "verify.child_changed" if there else "verify.child_missing"
        found.note(code, file=there, row=row.row, unit=row.name)


def _child(
    path: Path,
    row: CountyRow,
    folder: Path,
    trust_root_pem: bytes,
    found: Findings,
    open_sealed: Open,
) -> None:
    below = open_sealed(path, trust_root_pem, None, None, folder)
    for problem in below.verdict.problems:
        found.items.append(problem)
    if below.summary is None:
        return
    if isinstance(below.summary, Bulletin):
        found.note("verify.child_sums", file=path.name, row=row.row, unit=row.name)
        return
    same = (
        below.verdict.data_hash == row.data_hash
        and below.verdict.unit_code == row.code
        and below.verdict.version == row.version
        and below.verdict.stands_on == (row.stands_on or "")
        and row.totals in (below.summary.totals, totals.to_add(below.summary))
    )
    if not same:
        found.note("verify.child_sums", file=path.name, row=row.row, unit=row.name)


def _documents(
    files: Mapping[str, Path], trust_root_pem: bytes, found: Findings, open_sealed: Open
) -> dict[str, str]:
    """Map each file's own document number to its name; unreadable files are noted.

    This tells a changed file from a missing one.
    """
    documents = {}
    for path in files.values():
        document = open_sealed(path, trust_root_pem).verdict.document
        if document:
            documents[document] = path.name
        else:
            found.note("verify.unreadable", file=path.name)
    return documents


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
