"""Recognise a file by its first bytes, not by its name: offices rename web pages to .xls."""

from __future__ import annotations

import re
from pathlib import Path

from shared.problems import ProblemError, Where
from sync_server.intake import ole, package

MOST_FILE_BYTES = 50 * 2**20
_MEGABYTE = 2**20
_MARKUP = re.compile(r"\s*(?:<(?:!|\?xml|[a-z])|MIME-Version:)", re.IGNORECASE)
_BINARY = (
    b"Rar!",
    b"7z\xbc\xaf",
    b"\x1f\x8b",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"BZh",
    b"\xfd7zXZ",
    b"\x7fELF",
    b"MZ\x90",
)


def read_bytes(path: Path) -> bytes:
    """Return the whole file.

    Args:
        path: the file.

    Raises:
        ProblemError: intake.file_missing, intake.empty, intake.too_large.
    """
    where = Where(file=path.name)
    try:
        if path.stat().st_size > MOST_FILE_BYTES:
            raise ProblemError(
                "intake.too_large", where, limit=f"{MOST_FILE_BYTES // _MEGABYTE} MB"
            )
        data = path.read_bytes()
    except OSError as error:
        raise ProblemError("intake.file_missing", where, file=path.name) from error
    if not data.strip(b"\0\t\r\n \xef\xbb\xbf\xff\xfe"):
        raise ProblemError("intake.empty", where)
    return data


def kind_of(data: bytes, where: Where) -> str:
    """Return `xlsx`, `xls` or `csv`.

    Args:
        data: the file's bytes.
        where: the file, for the problem.

    Raises:
        ProblemError: intake.pdf, intake.not_a_table.
    """
    if data.startswith(package.MAGIC):
        return "xlsx"
    if data.startswith(ole.MAGIC):
        return "xls"
    if data.lstrip()[:5] == b"%PDF-":
        raise ProblemError("intake.pdf", where)
    if data.startswith(_BINARY):
        raise ProblemError("intake.not_a_table", where)
    return "csv"


def refuse_markup(text: str, where: Where) -> None:
    """Refuse a web page saved as .xls, which is text and would pass as .csv.

    Args:
        text: the file's text.
        where: the file, for the problem.

    Raises:
        ProblemError: intake.html.
    """
    if _MARKUP.match(text[:200].lstrip("\ufeff")):
        raise ProblemError("intake.html", where)
