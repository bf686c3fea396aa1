"""Which pages of a file changed: what a flush has to write. Pure."""

from __future__ import annotations

PAGE_BYTES = 4096
"""Bytes of a page: SQLite's own page size, so that a changed row is a few pages.

Source: https://sqlite.org/pragma.html#pragma_page_size (4096 by default since 3.12).
"""


def changed_pages(before: bytes, after: bytes) -> dict[int, bytes]:
    """The pages of `after`, by number from 0, that `before` lacks or has otherwise."""
    found = {}
    for at in range(0, len(after), PAGE_BYTES):
        page = after[at : at + PAGE_BYTES]
        if before[at : at + PAGE_BYTES] != page:
            found[at // PAGE_BYTES] = page
    return found


def page_count(size_bytes: int) -> int:
    """How many pages a file of this size has."""
    return -(-size_bytes // PAGE_BYTES)
