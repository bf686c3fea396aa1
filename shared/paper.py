"""The QR codes on our paper: which page of which version over which data, and whose slip.

Every payload stays within the alphanumeric mode of QR (`0-9A-Z $%*+-./:`), so a small code still
reads at 100 dpi (docs/sources.md#page-qr).
"""

from __future__ import annotations

import base64
import re

import msgspec

from shared.ids import parse_case_code
from shared.problems import ProblemError

HASH_BYTES = 20
"""How many bytes of the data hash stand on paper: the first 160 bits, 32 characters of base32.

docs/seal.md#the-paper describes the code it is part of.
"""

_PAGE = re.compile(
    r"DS1:([0-9A-Z.\-]{1,64}):([1-9][0-9]{0,5}):([1-9][0-9]{0,4})/([1-9][0-9]{0,4}):([A-Z2-7]{32})"
)
_SLIP = re.compile(r"DS1N:([0-9A-Z]{1,32})(?::([0-9]{4}))?")
_SHEET = re.compile(r"DS1R:([0-9A-Z]{1,32}):([1-9][0-9]?)")
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")


class PageMark(msgspec.Struct, frozen=True):
    """One page of a printed document.

    Attributes:
        page: Counts from 1.
        hash32: base32 of the data hash's first 160 bits.

    """

    doc: str
    version: int
    page: int
    pages: int
    hash32: str


def page_mark(doc: str, version: int, page: int, pages: int, data_sha256_hex: str) -> str:
    """Return the QR text of a page: `DS1:<doc>:<version>:<page>/<pages>:<hash32>`.

    Args:
        doc: 1 to 64 of `0-9A-Z.-` (upper case: the alphanumeric mode has no other).
        version: The document's version, from 1.
        page: The page, from 1.
        pages: How many pages there are.
        data_sha256_hex: sha256 of the data, 64 hex digits.

    Raises:
        ValueError: For a document id, number or hash that could not be read back.

    """
    text = f"DS1:{doc}:{version}:{page}/{pages}:{_hash32(data_sha256_hex)}"
    if not _PAGE.fullmatch(text) or page > pages:
        raise ValueError(f"no page mark: {text!r}")
    return text


def parse_page_mark(text: str) -> PageMark:
    """Read a page's QR text.

    Raises:
        ProblemError: scan.qr_foreign when it is not one of our pages.

    """
    match = _PAGE.fullmatch(text.strip())
    if match is None or int(match[3]) > int(match[4]):
        raise ProblemError("scan.qr_foreign")
    return PageMark(match[1], int(match[2]), int(match[3]), int(match[4]), match[5])


def same_data(mark: PageMark, data_sha256_hex: str) -> bool:
    """Return whether a page was printed from the data with this sha256 (64 hex digits).

    Raises:
        ValueError: When that is not a hash.

    """
    return mark.hash32 == _hash32(data_sha256_hex)


class SlipMark(msgspec.Struct, frozen=True):
    """Whose slip it is.

    Attributes:
        code: The bare case code.
        season: The season it was printed in; "" on slips of 0.1, which name none.

    """

    code: str
    season: str = ""


def slip_mark(case_code: str, season: str = "") -> str:
    """Return the QR text of a slip: `DS1N:<case code>:<season>`.

    Codes begin anew with every season, so that only the season keeps a slip of last year from
    naming somebody else. Without one it is the text of 0.1.

    Args:
        case_code: The case's code.
        season: The season, four digits; "" for none.

    Raises:
        ProblemError: case.code_invalid.
        ValueError: For a season that could not be read back.

    """
    text = f"DS1N:{parse_case_code(case_code)}" + (f":{season}" if season else "")
    if not _SLIP.fullmatch(text):
        raise ValueError(f"no slip mark: {text!r}")
    return text


def sheet_mark(case_code: str, place: int) -> str:
    """Return the QR text of a sheet to fill in: `DS1R:<case code>:<number of the kind>`.

    Another one than a slip's: a sheet among the slips is never filed as a slip.

    Raises:
        ProblemError: case.code_invalid.

    """
    return f"DS1R:{parse_case_code(case_code)}:{place}"


def parse_sheet_mark(text: str) -> tuple[str, int] | None:
    """Return the bare case code and the kind's number of a sheet's QR; None for another text."""
    match = _SHEET.fullmatch(text.strip())
    return (match[1], int(match[2])) if match else None


def parse_slip(text: str) -> SlipMark:
    """Read a slip's QR text.

    Raises:
        ProblemError: slip.qr_foreign when it is not one of our slips.

    """
    match = _SLIP.fullmatch(text.strip())
    if match is None:
        raise ProblemError("slip.qr_foreign")
    try:
        return SlipMark(parse_case_code(match[1]), match[2] or "")
    except ProblemError as error:
        raise ProblemError("slip.qr_foreign") from error


def parse_slip_mark(text: str) -> str:
    """Return the bare case code a slip's QR names.

    Raises:
        ProblemError: slip.qr_foreign when it is not one of our slips.

    """
    return parse_slip(text).code


def _hash32(data_sha256_hex: str) -> str:
    if not _SHA256.fullmatch(data_sha256_hex):
        raise ValueError(f"no sha256 in hex: {data_sha256_hex!r}")
    return base64.b32encode(bytes.fromhex(data_sha256_hex)[:HASH_BYTES]).decode()
