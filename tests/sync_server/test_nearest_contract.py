"""The contract numbers that somebody may have meant."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sync_server.office.importing.nearest_contract import nearest


def test_the_nearest_numbers_are_all_that_are_equally_near() -> None:
    known = dict.fromkeys(("A1000001", "A1000002", "B7777777"))
    assert nearest("A1000003", known).numbers == ("A1000001", "A1000002")
    assert nearest("A100001", known).numbers == ("A1000001",)
    assert nearest("C5555555", known).numbers == ()


@given(
    number=st.text("0123456789", min_size=8, max_size=20),
    others=st.sets(st.text("0123456789", min_size=8, max_size=20), max_size=5),
    places=st.lists(st.integers(0, 100), min_size=1, max_size=2),
    how=st.lists(st.sampled_from(["drop", "add", "change"]), min_size=2, max_size=2),
)
def test_a_number_with_one_or_two_slips_finds_its_own_or_a_nearer_one(
    number: str, others: set[str], places: list[int], how: list[str]
) -> None:
    slipped = number
    for place, kind in zip(places, how, strict=False):
        at = place % len(slipped)
        rest = slipped[at:] if kind == "add" else slipped[at + 1 :]
        slipped = slipped[:at] + ("" if kind == "drop" else "X") + rest
    found = nearest(slipped, dict.fromkeys([number, *others]))
    assert found.numbers
    assert found.edits <= len(places)
    assert number in found.numbers or found.edits < len(places)
