"""Canonical bytes and the chain: equal meaning gives equal bytes, any change shows."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import wire
from shared.digest import GENESIS, canonical, link, scope_digest, sha256_hex
from tests.support.links import chain

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
HASHES = st.lists(st.binary(max_size=4).map(sha256_hex), min_size=1, max_size=12, unique=True)
SCOPE = st.lists(
    st.tuples(st.text("abc0123", min_size=1), st.integers(0, 9)), max_size=8, unique=True
)


def _shuffled(value: Any) -> Any:
    """The same value with the keys of every object in the opposite order."""
    if isinstance(value, dict):
        return {key: _shuffled(value[key]) for key in reversed(list(value))}
    return [_shuffled(each) for each in value] if isinstance(value, list) else value


@given(JSON)
def test_the_order_of_keys_does_not_change_the_bytes(value: Any) -> None:
    assert canonical(_shuffled(value)) == canonical(value)


@given(JSON)
def test_canonical_bytes_read_back_and_are_their_own_canonical_form(value: Any) -> None:
    data = canonical(value)
    assert json.loads(data) == value
    assert canonical(json.loads(data)) == data


def test_canonical_bytes_are_plain_utf8_without_white_space() -> None:
    assert (
        canonical({"乙": [1, True, None], "a": "王㛃𬱖"})
        == '{"a":"王㛃𬱖","乙":[1,true,null]}'.encode()
    )


@pytest.mark.parametrize("value", [float("nan"), float("inf"), [-float("inf")]])
def test_what_json_cannot_express_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        canonical(value)


def test_bytes_have_no_json_form() -> None:
    with pytest.raises(TypeError):
        canonical({"a": b"1"})


def test_sha256_of_the_standard_example() -> None:
    # FIPS 180-4 example "abc"
    assert sha256_hex(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_a_link_is_the_hash_of_the_link_before_and_the_fact() -> None:
    fact = sha256_hex(b"a fact")
    assert bytes(32) == GENESIS
    assert (
        link(GENESIS, fact)
        == hashlib.sha256(bytes(32) + hashlib.sha256(b"a fact").digest()).digest()
    )


@given(HASHES, st.integers(0, 11), st.integers(0, 255))
def test_one_changed_bit_changes_the_chain(hashes: list[str], place: int, bit: int) -> None:
    place %= len(hashes)
    changed = f"{int(hashes[place], 16) ^ 1 << bit:064x}"
    assert chain([*hashes[:place], changed, *hashes[place + 1 :]]) != chain(hashes)


@given(HASHES, st.data())
def test_another_order_changes_the_chain(hashes: list[str], data: st.DataObject) -> None:
    other = data.draw(st.permutations(hashes))
    assert (chain(other) == chain(hashes)) == (other == hashes)


@given(HASHES, st.integers(0, 11))
def test_a_dropped_or_doubled_fact_changes_the_chain(hashes: list[str], place: int) -> None:
    place %= len(hashes)
    assert chain(hashes[:place] + hashes[place + 1 :]) != chain(hashes)
    assert chain(hashes[: place + 1] + hashes[place:]) != chain(hashes)


@given(SCOPE, st.data())
def test_a_scope_is_the_same_in_any_order(
    scope: list[tuple[str, int]], data: st.DataObject
) -> None:
    assert scope_digest(data.draw(st.permutations(scope))) == scope_digest(scope)


@given(SCOPE, st.integers(0, 7))
def test_a_missing_case_or_an_older_version_shows(scope: list[tuple[str, int]], place: int) -> None:
    if scope:
        place %= len(scope)
        case, version = scope[place]
        rest = scope[:place] + scope[place + 1 :]
        assert scope_digest(rest) != scope_digest(scope)
        assert scope_digest([*rest, (case, version + 10)]) != scope_digest(scope)


def test_the_digest_of_a_scope_is_over_lines_of_id_and_version_in_order() -> None:
    assert scope_digest([("b", 2), ("a", 10)]) == sha256_hex(b"a:10\nb:2")


@given(
    st.lists(st.tuples(TEXT, TEXT, st.integers(-(2**63), 2**63 - 1)), max_size=3),
    st.tuples(TEXT, TEXT, TEXT),
)
def test_a_receipts_bytes_are_canonical(
    items: list[tuple[str, str, int]], words: tuple[str, str, str]
) -> None:
    lines = [wire.ReceiptLine(sha256=sha, id=fact, seq=seq) for sha, fact, seq in items]
    device, epoch, at = words
    body = wire.ReceiptBody(device=device, epoch=epoch, received_at=at, items=lines)
    made = msgspec.json.encode(body, order="sorted")
    assert made == canonical(msgspec.to_builtins(body))
