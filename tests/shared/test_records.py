"""Records and their bytes: equal meaning gives equal bytes, and what a later version adds lives on in them."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.digest import canonical
from shared.records.base import Body, Paper, Position, decode, digest, encode, plain
from shared.records.contact_attempt import ContactAttempt
from shared.records.correction import Correction
from shared.records.notice_delivery import NoticeDelivery
from shared.records.registry import KINDS, kind_of, read
from shared.records.statement import Statement
from shared.records.visit import Visit
from tests.support.factory import fact, raw

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
PLACES = st.none() | st.builds(
    Position,
    latitude_deg=st.floats(-90, 90),
    longitude_deg=st.floats(-180, 180),
    accuracy_m=st.none() | st.floats(0, 1e6),
)
BODIES: st.SearchStrategy[Body] = st.one_of(
    st.builds(
        NoticeDelivery,
        outcome=WORDS,
        servers=st.lists(WORDS, max_size=2).map(tuple),
        position=PLACES,
    ),
    st.builds(ContactAttempt, outcome=WORDS, note=WORDS),
    st.builds(
        Visit,
        met=WORDS,
        outcome=WORDS,
        visitors=st.lists(WORDS, max_size=3).map(tuple),
        position=PLACES,
    ),
    st.builds(Statement, reason=WORDS, narrative=WORDS, consent=st.booleans()),
    st.builds(
        Correction,
        corrects=WORDS,
        reason=WORDS,
        body=st.none() | st.dictionaries(WORDS, WORDS, max_size=2),
    ),
)


@given(BODIES)
def test_a_fact_reads_back_as_it_was_written(body: Body) -> None:
    made = fact("a", body, photos=["f" * 64])
    assert decode(encode(made)) == made
    assert read(decode(encode(made))) == body


class OldFact(msgspec.Struct, frozen=True, kw_only=True):
    """The envelope as phones of 0.1 read it."""

    id: str
    season: str
    kind: str
    case: str
    captured_at: str
    happened_at: str
    body: dict[str, Any]
    photos: tuple[str, ...] = ()


PAPERS = st.builds(Paper, keyed_by=WORDS, visited_by=WORDS, scan=st.just("") | st.just("f" * 64))


@given(BODIES)
def test_a_phones_record_has_the_bytes_of_every_earlier_version(body: Body) -> None:
    made = fact("a", body, photos=["f" * 64])
    members = {name: getattr(made, name) for name in OldFact.__struct_fields__}
    assert encode(made) == canonical(msgspec.to_builtins(OldFact(**members)))


@given(BODIES, PAPERS)
def test_a_record_from_paper_reads_back_and_a_phone_of_0_1_reads_the_rest(
    body: Body, paper: Paper
) -> None:
    made = msgspec.structs.replace(fact("a", body), paper=paper)
    data = encode(made)
    assert decode(data) == made
    assert json.loads(data)["paper"] == msgspec.to_builtins(paper)
    old = msgspec.json.decode(data, type=OldFact)
    assert all(getattr(old, name) == getattr(made, name) for name in OldFact.__struct_fields__)


@given(BODIES)
def test_the_bytes_of_a_fact_are_canonical(body: Body) -> None:
    data = encode(fact("a", body))
    assert data == canonical(json.loads(data))


@given(BODIES)
def test_defaults_are_left_out_and_come_back(body: Body) -> None:
    written = plain(body)
    assert msgspec.convert(written, type(body)) == body
    for field in msgspec.structs.fields(type(body)):
        if not field.required and getattr(body, field.name) == field.default:
            assert field.name not in written


def test_a_visit_without_extras_encodes_only_what_it_needs() -> None:
    assert plain(Visit(met="self", outcome="promised")) == {"met": "self", "outcome": "promised"}


def test_fields_of_a_later_version_survive_in_the_bytes() -> None:
    sent = {
        **msgspec.to_builtins(fact("a", Visit(met="self", outcome="promised"))),
        "weather": "雪",
    }
    sent["body"]["mood"] = 5
    data = canonical(sent)
    found = decode(data)
    assert found.body["mood"] == 5
    assert isinstance(read(found), Visit)
    assert digest(data) != digest(encode(found))  # which is why bytes are kept, never made anew


def test_a_kind_of_a_later_version_is_carried_and_not_read() -> None:
    made = raw("a", "drone_visit", {"height_m": 30})
    assert decode(encode(made)) == made
    assert read(made) is None


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_knows_its_name(kind: str) -> None:
    shape = KINDS[kind].body
    given_ = {
        f.name: False if f.type is bool else "x"
        for f in msgspec.structs.fields(shape)
        if f.required
    }
    assert kind_of(msgspec.convert(given_, shape)).name == kind


@pytest.mark.parametrize("body", [{}, {"met": "self"}, {"met": 1, "outcome": "x"}])
def test_a_known_kind_without_what_it_needs_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        read(raw("a", "visit", body))


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"id":1}', "签收单".encode()])
def test_what_is_no_fact_is_refused(data: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode(data)
