"""Normalise column headers, so that different spellings of one header are equal.

`应还本金(元)` with or without a line end, `应还本金（元）` and `*应还本金` are one header. `(万元)`
is kept, so such a column is not taken for yuan.
"""

from __future__ import annotations

import re
import unicodedata

from shared import spelling

HEADER_ROWS = 20
"""The header row is searched among this many first rows."""

_BLANKS = re.compile(r"[\s\u200b-\u200d\u2060\ufeff]+")
_ASIDE = re.compile(r"[(\[【〔{](?:单位:?)?(?:人民币)?(?:元|人民币|必填|选填|可选|人)[)\]】〕}]")
_MARKS = re.compile(r"[*:。.'‘’`]+")
_ACCOUNT = re.compile(
    r"(?:支付宝|还款|扣款|银行|代扣).{0,4}(?:[账帐][号户]|卡号)|^(?:[账帐][号户]|卡号|银行卡|支付宝)$"
)


def normalise(header: str) -> str:
    """Return the form in which headers are compared.

    Half-width, lower case, without blanks, line ends, (元) and marks.
    """
    bare = _BLANKS.sub("", unicodedata.normalize("NFKC", spelling.clean(header)))
    return _MARKS.sub("", _ASIDE.sub("", bare)).lower()


def shown(header: str) -> str:
    """Return a header as it is quoted to people: as in the file, on one line."""
    return _BLANKS.sub("", spelling.clean(header))


def is_account(header: str) -> bool:
    """Return whether a header names an account or card, which is never read.

    Source: docs/sources.md#account-numbers-not-read.
    """
    return len(header) < 30 and _ACCOUNT.search(normalise(header)) is not None


def letter(column: int) -> str:
    """Return the spreadsheet's name of a column, index from 0: 0 -> A, 26 -> AA."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def column_index(letters: str) -> int | None:
    """Return the index from 0 of a column's name (`F`, `aa`), None for what is no such name."""
    if not re.fullmatch(r"[A-Za-z]{1,3}", letters):
        return None
    index = 0
    for one in letters.upper():
        index = index * 26 + ord(one) - ord("A") + 1
    return index - 1
