"""The pages of the web app's database: what a flush writes, put over what was stored, is the file of now."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from mobile.ports.browser.pages import PAGE_BYTES, changed_pages, page_count
from mobile.store.database import open_database, writing

SIZES = st.integers(0, 5 * PAGE_BYTES + 3)


def pages_of(data: bytes) -> dict[int, bytes]:
    return changed_pages(b"", data)


def written_over(stored: dict[int, bytes], changed: dict[int, bytes], size_bytes: int) -> bytes:
    """What mobile/ports/browser/page_store.py reads after such a write."""
    pages = {n: page for n, page in (stored | changed).items() if n < page_count(size_bytes)}
    return b"".join(pages[n] for n in sorted(pages))


@given(SIZES, SIZES, st.lists(st.integers(0, 5 * PAGE_BYTES), max_size=6))
def test_changed_pages_over_the_stored_ones_are_the_file(
    before_bytes: int, after_bytes: int, places: list[int]
) -> None:
    before = bytes(n % 251 for n in range(before_bytes))
    after = bytearray(before[:after_bytes].ljust(after_bytes, b"n"))
    for place in places:
        if place < after_bytes:
            after[place] ^= 255
    changed = changed_pages(before, bytes(after))
    assert written_over(pages_of(before), changed, after_bytes) == after
    assert (
        len(changed) <= len(set(places)) + 1 + max(0, after_bytes - before_bytes) // PAGE_BYTES + 1
    )


def test_a_file_that_did_not_change_has_no_changed_page() -> None:
    data = bytes(3 * PAGE_BYTES + 7)
    assert changed_pages(data, data) == {}


def test_one_row_more_is_a_few_pages_of_a_large_database(tmp_path: Path) -> None:
    path = tmp_path / "phone.db"
    db = open_database(path, journal_mode="TRUNCATE")
    rows = [{"id": f"k{n:05d}", "body": bytes(600)} for n in range(4000)]
    with writing(db):
        db.table("meta").insert_all(rows)
    before = path.read_bytes()
    with writing(db):
        db.table("meta").insert({"id": "k01000x", "body": bytes(600)})
    after = path.read_bytes()
    db.close()
    changed = changed_pages(before, after)
    assert len(after) > 2_000_000
    assert sum(map(len, changed.values())) < 40_000
    assert path.with_name("phone.db-journal").stat().st_size == 0
    assert written_over(pages_of(before), changed, len(after)) == after
