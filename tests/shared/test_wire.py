"""The shapes that cross the wire: one text for one value, nothing lost, newer peers understood."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import wire
from shared.lifecycle import Review
from sync_server.sample.season import season_2019
from tests.support.factory import case

SCOPE = wire.Scope(
    season="2019", school="QH01", school_name="青槐县第一中学", staff="s1", staff_name="郑老师"
)
STATE = wire.CaseState(
    case=case(),
    version=7,
    reviews=(Review(fact="f", verdict="returned", comment="看不清"),),
    contact={"phone": "1"},
)
RECEIPT = wire.Receipt(bytes="AA", sig="AA")
SAMPLES: list[msgspec.Struct] = [
    wire.EnrolRequest(code="12345678", public_key="AA", device_name="郑老师的手机"),
    wire.EnrolReply(
        device="d", token="t", state="pending", scope=SCOPE, server_key="AA", epoch="e"
    ),
    wire.EnrolReply(
        device="d",
        token="t",
        state="pending",
        scope=SCOPE,
        server_key="AA",
        epoch="e",
        chain=wire.ChainPlace(n=3, link="AA"),
    ),
    wire.RenewRequest(public_key="AA", proof="AA", consent="AA"),
    wire.HeldRequest(hashes=["f" * 64]),
    wire.HeldReply(held=[wire.ReceiptLine(sha256="f" * 64, id="a", seq=1)], receipt=RECEIPT),
    wire.PushRequest(facts=[wire.PushedFact(bytes="AA", n=1, link="AA", sig="AA")]),
    wire.PushReply(
        outcomes=[wire.Outcome(outcome=wire.GAP, expect=3), wire.Outcome(outcome="created", seq=0)]
    ),
    wire.PushReply(
        outcomes=[wire.Outcome(outcome="rejected", problem={"code": "x"}, tray=True)],
        receipt=RECEIPT,
    ),
    wire.ReceiptBody(
        device="d",
        epoch="e",
        received_at="t",
        items=[wire.ReceiptLine(sha256="f" * 64, id="a", seq=1)],
    ),
    wire.ChangesPage(
        changes=[
            wire.Change(seq=1, kind="case", ref="c1", case=STATE),
            wire.Change(seq=2, kind="gone", ref="c2"),
            wire.Change(
                seq=3,
                kind="briefing",
                briefing=wire.Briefing(
                    season=season_2019(), unit=wire.Unit(code="QH01", name="青槐县第一中学")
                ),
            ),
        ],
        next="3",
        more=False,
        epoch="e",
        scope_count=1,
        scope_digest="f" * 64,
    ),
    wire.MissingRequest(hashes=["f" * 64]),
    wire.MissingReply(missing=[], receipt=RECEIPT),
]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda s: type(s).__name__)
def test_every_shape_reads_back_as_it_was_written(sample: msgspec.Struct) -> None:
    assert msgspec.json.decode(msgspec.json.encode(sample), type=type(sample)) == sample


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda s: type(s).__name__)
def test_a_field_of_a_newer_peer_is_ignored(sample: msgspec.Struct) -> None:
    sent = {**msgspec.to_builtins(sample), "added_in_2.0": {"x": 1}}
    assert msgspec.json.decode(msgspec.json.encode(sent), type=type(sample)) == sample


def test_an_outcome_of_a_newer_peer_is_read_verbatim() -> None:
    assert msgspec.json.decode(b'{"outcome":"postponed"}', type=wire.Outcome).outcome == "postponed"


def test_a_sequence_of_zero_is_written_and_an_absent_one_is_not() -> None:
    assert (
        msgspec.json.encode(wire.Outcome(outcome="created", seq=0))
        == b'{"outcome":"created","seq":0}'
    )
    assert msgspec.json.encode(wire.Outcome(outcome="created")) == b'{"outcome":"created"}'


@given(st.binary())
def test_bytes_survive_as_text_without_padding(data: bytes) -> None:
    text = wire.b64(data)
    assert wire.unb64(text) == data
    assert not set(text) & set("+/=")


@pytest.mark.parametrize("text", ["AA==", "A", "A A", "+/+/", "AB", "照片", "AA\n", "AA=", "="])
def test_text_that_is_not_exactly_ours_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        wire.unb64(text)


@given(st.text(alphabet="ABCDZaz019-_+/= ", max_size=12))
def test_no_two_texts_stand_for_the_same_bytes(text: str) -> None:
    try:
        data = wire.unb64(text)
    except ValueError:
        return
    assert wire.b64(data) == text


def test_the_bounds_are_those_of_the_protocol() -> None:
    assert (wire.MAX_FACTS, wire.MAX_PUSH_BYTES, wire.MAX_HASHES) == (500, 1024 * 1024, 500)
